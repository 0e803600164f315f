/**
 * ```ts
 * hold: (req, res, failed) => void      threw: (res, error) => void      returned: (res) => void
 * ```
 * Saved before sent (promise 4), for Node's response: the first call that would send headers starts the commit; it and
 * those after it wait until the commit is acknowledged, and are then replayed in order with their own arguments.
 *
 * Meanwhile the response looks as it would if the calls had been made: `headersSent` and `writableEnded` are true, setting a
 * header throws, `write` answers false and 'drain' follows. A request that did not use its session waits for nothing.
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

/** Hears what went wrong. `answerable`: nothing was sent and the response is empty, so it must answer. */
export type Failed = (error: unknown, answerable: boolean) => void

type Method = 'writeHead' | 'write' | 'end' | 'flushHeaders'
type Args = ReadonlyArray<unknown>
type Methods = Record<Method, (...args: ReadonlyArray<never>) => unknown>

interface Call {
  readonly method: Method
  readonly args: Args
}

interface Hold {
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

const HOLD = Symbol('coatcheck.hold')

interface Held extends ServerResponse {
  [HOLD]?: Hold
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
    const hold = this[HOLD]
    if (hold?.phase === 'held') return hold.ended
    return Reflect.get(Object.getPrototypeOf(this) as object, 'writableEnded', this) as boolean
  },
}

const apply = (res: Held, hold: Hold, { method, args }: Call): unknown =>
  Reflect.apply(hold.original[method], res, args)

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

const replay = (res: Held, hold: Hold): void => {
  const calls = hold.calls
  hold.calls = []
  let refused = false
  let room = true
  for (const call of calls) {
    const answer = apply(res, hold, call)
    if (call.method !== 'write') continue
    refused = true
    room = answer !== false
  }
  // Each held write answered false. Node emits 'drain' by itself where it answered false, too.
  if (refused && room && !res.writableEnded && !res.destroyed) process.nextTick(() => res.emit('drain'))
}

const release = (res: Held, hold: Hold): void => {
  hold.phase = 'released'
  const methods: Methods = res
  // Where somebody wrapped ours meanwhile, ours stay and pass through.
  for (const method of METHODS) if (methods[method] === INTERCEPTED[method]) methods[method] = hold.original[method]
}

const fail = (res: Held, hold: Hold, error: unknown, replies: ReadonlyArray<Reply>): void => {
  hold.phase = 'failed'
  refuse(hold.calls, error)
  hold.calls = []
  if (res.headersSent) {
    res.destroy()
    return hold.failed(error, false)
  }
  const { sendDate } = res
  const kept = clearHeaders(res, cookieNames(chainOf(hold.req)))
  res.sendDate = sendDate
  res.addTrailers({})
  res.statusCode = errorPage(error).status
  if (isHttp1(res)) res.statusMessage = ''
  res.setHeader('cache-control', 'no-store')
  const cookies = kept.map((setCookie): Reply => ({ setCookie, vary: false }))
  beforeHeaders(res, () => {
    for (const reply of [...cookies, ...replies]) setReply(res, reply)
  })
  hold.failed(error, true)
}

const settle = (res: Held, hold: Hold, { replies, failure }: Outcomes): void => {
  mark(res, null)
  const failed = hold.thrown ?? failure
  if (failed !== undefined) return fail(res, hold, failed.error, replies)
  try {
    for (const reply of replies) setReply(res, reply)
    release(res, hold)
    replay(res, hold)
  } catch (error) {
    // What Node would have thrown at the handler: a body of a wrong type, an impossible status.
    fail(res, hold, error, replies)
  }
}

const begin = (res: Held, hold: Hold, ending: Ending): boolean => {
  const done = finishAll(chainOf(hold.req), ending)
  if (done === undefined) return false
  hold.phase = 'held'
  void done.then((outcomes) => {
    settle(res, hold, outcomes)
  })
  return true
}

const take = (res: Held, hold: Hold, { method, args }: Call): unknown => {
  if (method === 'writeHead') {
    if (hold.calls.length > 0) throw headersAreSent()
    mergeHead(res, args)
  }
  hold.calls.push({ method, args: method === 'writeHead' ? [res.statusCode] : args })
  mark(res, 'held')
  if (method === 'end') {
    hold.ended = true
    Object.defineProperty(res, 'writableEnded', WRITABLE_ENDED)
  }
  return method === 'write' ? false : method === 'flushHeaders' ? undefined : res
}

const intercepted = (method: Method) =>
  function (this: Held, ...args: Args): unknown {
    const hold = this[HOLD] as Hold
    const call = { method, args }
    if (hold.phase === 'open') {
      const status = method === 'writeHead' ? Number(args[0]) : this.statusCode
      if (!begin(this, hold, { _tag: 'Answered', status })) release(this, hold)
    }
    if (hold.phase === 'held') return take(this, hold, call)
    if (hold.phase === 'released' || !this.writableEnded) return apply(this, hold, call)
    // The error response is out, and the handler goes on writing.
    refuse([call], new Error('The response was replaced by an error response.'))
    return method === 'write' ? true : this
  }

const METHODS = ['writeHead', 'write', 'end', 'flushHeaders'] as const
const INTERCEPTED: Readonly<Methods> = {
  writeHead: intercepted('writeHead'),
  write: intercepted('write'),
  end: intercepted('end'),
  flushHeaders: intercepted('flushHeaders'),
}

/** Holds a response for all managers that its request has met by then. Where it is held already, `failed` replaces the one before. */
export const hold = (req: IncomingMessage, res: Held, failed: Failed): void => {
  if (res[HOLD] !== undefined) {
    res[HOLD].failed = failed
    return
  }
  const methods: Methods = res
  const { writeHead, write, end, flushHeaders } = methods
  const original = { writeHead, write, end, flushHeaders }
  res[HOLD] = { req, original, failed, phase: 'open', calls: [], ended: false, thrown: undefined }
  methods.writeHead = INTERCEPTED.writeHead
  methods.write = INTERCEPTED.write
  methods.end = INTERCEPTED.end
  methods.flushHeaders = INTERCEPTED.flushHeaders
}

/** The handler threw: its error is answered in place of what it wrote, unless that is complete or has begun to leave. */
export const threw = (res: Held, error: unknown): void => {
  const hold = res[HOLD] as Hold
  switch (hold.phase) {
    case 'open':
      if (begin(res, hold, { _tag: 'Threw', status: errorPage(error).status })) hold.thrown = { error }
      else fail(res, hold, error, [])
      return
    case 'held':
      if (!hold.ended) hold.thrown = { error }
      else hold.failed(error, false)
      return
    case 'released':
      if (res.writableEnded) hold.failed(error, false)
      else fail(res, hold, error, [])
      return
    case 'failed':
      return
  }
}

/** The handler returned. Where the client has gone nothing may ever be written: the commit does not wait for it. */
export const returned = (res: Held): void => {
  const hold = res[HOLD] as Hold
  if (res.destroyed && hold.phase === 'open') begin(res, hold, { _tag: 'Answered', status: res.statusCode })
}
