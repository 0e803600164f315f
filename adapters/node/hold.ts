/**
 * ```ts
 * interface Hold { req, res, failed }      arm, used, threw, returned: on a hold
 * ```
 * Saved before sent (promise 4), for Node's response: the first call that would send headers starts the commit; it and
 * those after it wait until the commit is acknowledged, and are then replayed in order with their own arguments. The
 * response is wrapped before the handler runs; what uses no session passes through at once.
 *
 * Meanwhile the response looks as it would if the calls had been made: `headersSent` and `writableEnded` are true, setting a
 * header throws, `write` answers false and 'drain' follows.
 * When the commit fails the calls are dropped, with every header and the status; what the handler writes after the error
 * response is swallowed.
 *
 * @since 0.1.0
 */
import type { IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Outcomes } from '../../src/engine/Mount.ts'
import { chainOf, cookieNames, finishAll } from '../../src/engine/Mount.ts'
import type { Ending, Reply } from '../../src/engine/SessionRef.ts'
import { beforeHeaders, clearHeaders, errorPage, setReply } from '../headers.ts'
import { loosen } from './loosen.ts'

/** Hears what went wrong. `answerable`: nothing was sent and the response is empty, so it must answer. */
export type Failed = (req: IncomingMessage, res: ServerResponse, error: unknown, answerable: boolean) => void

type Method = 'writeHead' | 'write' | 'end' | 'flushHeaders'
type Args = ReadonlyArray<unknown>
type Methods = Record<Method, (...args: ReadonlyArray<never>) => unknown>

interface Call {
  readonly method: Method
  readonly args: Args
}

/** A response that a session may armed. */
export interface Hold {
  readonly req: IncomingMessage
  readonly res: Held
  readonly failed: Failed
  /** Whether the response was out before the session was met, and its managers do not know it yet. */
  late?: boolean
}

interface Armed {
  readonly req: IncomingMessage
  readonly original: Readonly<Methods>
  failed: Failed
  phase: 'open' | 'held' | 'released' | 'failed'
  calls: Array<Call>
  /** Whether `end` is among the calls. */
  ended: boolean
  /** What the handler threw while its calls were held. */
  thrown: { readonly error: unknown } | undefined
}

const ARMED = Symbol('coatcheck.hold')

interface Held extends ServerResponse {
  [ARMED]?: Armed
  /** Of HTTP/1 alone. Node takes headers as sent while it is not null: setters throw, `headersSent` is true. */
  _header?: string | null
}

const isHttp1 = (res: Held): boolean => Object.hasOwn(res, '_header')

const mark = (res: Held, header: string | null): void => {
  if (isHttp1(res)) res._header = header
}

const WRITABLE_ENDED: PropertyDescriptor & ThisType<Held> = {
  configurable: true,
  get() {
    const armed = this[ARMED]
    if (armed?.phase === 'held') return armed.ended
    return Reflect.get(Object.getPrototypeOf(this) as object, 'writableEnded', this) as boolean
  },
}

const apply = (res: Held, armed: Armed, { method, args }: Call): unknown =>
  Reflect.apply(armed.original[method], res, args)

const callbackOf = (args: Args): ((error: unknown) => void) | undefined =>
  args.find((arg): arg is (error: unknown) => void => typeof arg === 'function')

const refuse = (calls: ReadonlyArray<Call>, error: unknown): void => {
  for (const { args } of calls) {
    const callback = callbackOf(args)
    if (callback !== undefined) process.nextTick(callback, error)
  }
}

const pairsOf = (headers: ReadonlyArray<unknown>): ReadonlyArray<readonly [string, OutgoingHttpHeader]> =>
  (Array.isArray(headers[0])
    ? headers
    : headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1]]] : []))) as ReadonlyArray<
    readonly [string, OutgoingHttpHeader]
  >

// As Node's writeHead: what it is given replaces what was set, and may repeat a name when it is a list.
const mergeHead = (res: Held, [status, reason, headers]: Args): void => {
  res.statusCode = status as number
  if (typeof reason === 'string' && isHttp1(res)) res.statusMessage = reason
  const given = (typeof reason === 'string' ? headers : (headers ?? reason)) as
    OutgoingHttpHeaders | ReadonlyArray<unknown> | undefined | null
  if (Array.isArray(given)) {
    const pairs = pairsOf(given)
    for (const [name] of pairs) res.removeHeader(name)
    for (const [name, value] of pairs) res.appendHeader(name, typeof value === 'number' ? String(value) : value)
  } else
    for (const [name, value] of Object.entries((given ?? {}) as OutgoingHttpHeaders))
      if (name !== '') res.setHeader(name, value as OutgoingHttpHeader)
}

const headersAreSent = (): Error =>
  Object.assign(new Error('Cannot write headers after they are sent to the client'), { code: 'ERR_HTTP_HEADERS_SENT' })

const replay = (res: Held, armed: Armed): void => {
  const calls = armed.calls
  armed.calls = []
  let refused = false
  let room = true
  for (const call of calls) {
    const answer = apply(res, armed, call)
    if (call.method !== 'write') continue
    refused = true
    room = answer !== false
  }
  // Each held write answered false. Node emits 'drain' by itself where it answered false, too.
  if (refused && room && !res.writableEnded && !res.destroyed) process.nextTick(() => res.emit('drain'))
}

const release = (res: Held, armed: Armed): void => {
  armed.phase = 'released'
  const methods: Methods = res
  const { original } = armed
  // Where somebody wrapped ours meanwhile, ours stay and pass through.
  if (methods.writeHead === INTERCEPTED.writeHead) methods.writeHead = original.writeHead
  if (methods.write === INTERCEPTED.write) methods.write = original.write
  if (methods.end === INTERCEPTED.end) methods.end = original.end
  if (methods.flushHeaders === INTERCEPTED.flushHeaders) methods.flushHeaders = original.flushHeaders
}

const fail = (res: Held, armed: Armed, error: unknown, replies: ReadonlyArray<Reply>): void => {
  armed.phase = 'failed'
  refuse(armed.calls, error)
  armed.calls = []
  if (res.headersSent) {
    res.destroy()
    return armed.failed(armed.req, res, error, false)
  }
  const { sendDate } = res
  const kept = clearHeaders(res, cookieNames(chainOf(armed.req)))
  res.sendDate = sendDate
  res.addTrailers({})
  res.statusCode = errorPage(error).status
  if (isHttp1(res)) res.statusMessage = ''
  res.setHeader('cache-control', 'no-store')
  const cookies = kept.map((setCookie): Reply => ({ setCookie, vary: false }))
  beforeHeaders(res, () => {
    for (const reply of [...cookies, ...replies]) setReply(res, reply)
  })
  armed.failed(armed.req, res, error, true)
}

const settle = (res: Held, armed: Armed, { replies, failure }: Outcomes): void => {
  mark(res, null)
  const failed = armed.thrown ?? failure
  if (failed !== undefined) return fail(res, armed, failed.error, replies)
  try {
    for (const reply of replies) setReply(res, reply)
    release(res, armed)
    replay(res, armed)
  } catch (error) {
    // What Node would have thrown at the handler: a body of a wrong type, an impossible status.
    fail(res, armed, error, replies)
  }
}

const hold = (res: Held, armed: Armed, done: Outcomes | Promise<Outcomes>): void => {
  armed.phase = 'held'
  void Promise.resolve(done).then((outcomes) => {
    settle(res, armed, outcomes)
  })
}

/** Starts the commit; false: no session was used, and there is nothing to wait for. */
const begin = (res: Held, armed: Armed, ending: Ending): boolean => {
  const done = finishAll(chainOf(armed.req), ending)
  if (done === undefined) return false
  hold(res, armed, done)
  return true
}

/**
 * The first call that would send headers. What ends at once and is stored at once, or has nothing to store, is never held;
 * a failure is answered when the call has returned.
 */
const open = (res: Held, armed: Armed, call: Call): void => {
  const status = call.method === 'writeHead' ? Number(call.args[0]) : res.statusCode
  const done = finishAll(chainOf(armed.req), { _tag: 'Answered', status })
  if (done === undefined) release(res, armed)
  else if (call.method !== 'end' || done instanceof Promise || done.failure !== undefined) hold(res, armed, done)
  else settle(res, armed, done)
}

const take = (res: Held, armed: Armed, { method, args }: Call): unknown => {
  if (method === 'writeHead') {
    if (armed.calls.length > 0) throw headersAreSent()
    mergeHead(res, args)
  }
  armed.calls.push({ method, args: method === 'writeHead' ? [res.statusCode] : args })
  mark(res, 'held')
  if (method === 'end') {
    armed.ended = true
    Object.defineProperty(res, 'writableEnded', WRITABLE_ENDED)
  }
  return method === 'write' ? false : method === 'flushHeaders' ? undefined : res
}

const intercepted = (method: Method) =>
  function (this: Held, ...args: Args): unknown {
    const armed = this[ARMED] as Armed
    const call = { method, args }
    if (armed.phase === 'open') open(this, armed, call)
    if (armed.phase === 'held') return take(this, armed, call)
    if (armed.phase === 'released' || !this.writableEnded) return apply(this, armed, call)
    // The error response is out, and the handler goes on writing.
    refuse([call], new Error('The response was replaced by an error response.'))
    return method === 'write' ? true : this
  }

const INTERCEPTED: Readonly<Methods> = {
  writeHead: intercepted('writeHead'),
  write: intercepted('write'),
  end: intercepted('end'),
  flushHeaders: intercepted('flushHeaders'),
}

const install = ({ req, res, failed }: Hold): Armed => {
  loosen(res, 'req')
  loosen(req, 'url')
  const methods: Methods = res
  const { writeHead, write, end, flushHeaders } = methods
  const original = { writeHead, write, end, flushHeaders }
  const phase = res.headersSent ? 'released' : 'open'
  const armed: Armed = { req, original, failed, phase, calls: [], ended: false, thrown: undefined }
  res[ARMED] = armed
  methods.writeHead = INTERCEPTED.writeHead
  methods.write = INTERCEPTED.write
  methods.end = INTERCEPTED.end
  methods.flushHeaders = INTERCEPTED.flushHeaders
  return armed
}

/**
 * From now on the response waits for the commits of all managers that its request meets. Called before the handler runs,
 * for `res.end(await …)` looks `end` up before it comes to the session.
 */
export const arm = (hold: Hold): void => {
  if (hold.res[ARMED] === undefined) install(hold)
  if (hold.res.headersSent && hold.res[ARMED]?.phase !== 'held') hold.late = true
}

/** A session is used for the first time. Where the response was out before it was met it must know that no cookie can follow. */
export const used = (hold: Hold): void => {
  if (hold.late !== true) return
  hold.late = false
  void finishAll(chainOf(hold.req), { _tag: 'Answered', status: hold.res.statusCode })
}

/** The handler threw: its error is answered in place of what it wrote, unless that is complete or has begun to leave. */
export const threw = (hold: Hold, error: unknown): void => {
  const { res } = hold
  const armed = res[ARMED] ?? install(hold)
  armed.failed = hold.failed
  switch (armed.phase) {
    case 'open':
      if (begin(res, armed, { _tag: 'Threw', status: errorPage(error).status })) armed.thrown = { error }
      else fail(res, armed, error, [])
      return
    case 'held':
      if (!armed.ended) armed.thrown = { error }
      else armed.failed(armed.req, res, error, false)
      return
    case 'released':
      if (res.writableEnded) armed.failed(armed.req, res, error, false)
      else fail(res, armed, error, [])
      return
    case 'failed':
      return
  }
}

/** The handler returned. Where the client has gone nothing may ever be written: the commit does not wait for it. */
export const returned = ({ res }: Hold): void => {
  const armed = res[ARMED]
  if (res.destroyed && armed?.phase === 'open') begin(res, armed, { _tag: 'Answered', status: res.statusCode })
}
