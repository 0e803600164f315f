/**
 * ```ts
 * varyOnCookie: (vary) => string     cacheControl: (reply, present) => string | undefined     withCookie: (line) => (lines) => lines
 * ```
 * The header rules that all adapters share, and their two interpreters: for a `Headers`, and for Node's response.
 *
 * Rules (design §9): a response that sets the cookie is `Cache-Control: no-store`, whatever the application set; one that
 * read a session varies by Cookie, and is `private` unless the application set Cache-Control. One Set-Cookie of a name
 * leaves (RFC 6265bis §4.1.1); every other Set-Cookie stays.
 *
 * @since 0.1.0
 */
import type { Access } from '../src/core/Access.ts'
import { isSessionException } from '../src/core/SessionError.ts'
import type { Reply } from '../src/engine/SessionRef.ts'

/** `Vary` with Cookie in it; `*` says more and stays. */
export const varyOnCookie = (vary: string): string =>
  vary === '' ? 'Cookie' : /(^|,)\s*(\*|cookie)\s*(,|$)/i.test(vary) ? vary : `${vary}, Cookie`

/** The Cache-Control to set, given the present one ('' = none); undefined = leave it. */
export const cacheControl = (reply: Reply, present: string): string | undefined =>
  reply.setCookie !== undefined ? 'no-store' : reply.vary && present === '' ? 'private' : undefined

const nameOf = (line: string): string => line.slice(0, Math.max(0, line.search(/[=;]|$/))).trim()

/** Set-Cookie lines with this one last, in place of others of its name. */
export const withCookie =
  (line: string) =>
  (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
    const name = nameOf(line)
    return [...lines.filter((other) => nameOf(other) !== name), line]
  }

/** The Set-Cookie lines that a reply brings. */
const brought = ({ setCookie, beside }: Reply): ReadonlyArray<string> =>
  setCookie === undefined ? [] : beside === undefined ? [setCookie] : [setCookie, ...beside]

const withCookies = (lines: ReadonlyArray<string>, more: ReadonlyArray<string>): ReadonlyArray<string> =>
  more.reduce((joined, line) => withCookie(line)(joined), lines)

/** The Set-Cookie lines of these names. */
export const cookiesOf =
  (names: ReadonlyArray<string>) =>
  (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
    lines.filter((line) => names.includes(nameOf(line)))

/** The status that a thrown value is answered with: its own when it names one, else 500. */
export const thrownStatus = (thrown: unknown): number => {
  if (typeof thrown !== 'object' || thrown === null) return 500
  const { status, statusCode } = thrown as { readonly status?: unknown; readonly statusCode?: unknown }
  const named = typeof status === 'number' ? status : statusCode
  return typeof named === 'number' && Number.isInteger(named) && named >= 300 && named <= 599 ? named : 500
}

/** A short plain answer: nothing of the application's in it, and no cache keeps it. */
export interface Page {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const REASONS: Readonly<Record<number, string>> = {
  303: 'See Other',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** The page of a status. */
const page = (status: number, headers: Readonly<Record<string, string>> = {}): Page => ({
  status,
  headers: { 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8', ...headers },
  body: REASONS[status] ?? `Error ${status}`,
})

/** The page for an exception: of ours with its headers (Retry-After); of any other only its status, where that is an error's. */
export const errorPage = (thrown: unknown): Page => {
  const status = thrownStatus(thrown)
  return isSessionException(thrown) ? page(status, thrown.headers) : page(status < 400 ? 500 : status)
}

/** What `requireSubject` answers; undefined = the request may enter. 303: the visitor's POST becomes a GET of the sign-in page. */
export const refusal = (access: Access): Page | undefined => {
  switch (access._tag) {
    case 'Allowed':
      return undefined
    case 'Redirected':
      return page(303, { location: access.location })
    case 'Refused':
      return page(access.status, access.retryAfter === undefined ? {} : { 'retry-after': String(access.retryAfter) })
  }
}

const onHeaders = (headers: Headers, reply: Reply): void => {
  if (reply.setCookie !== undefined) {
    const joins = headers.has('set-cookie')
    const lines = joins ? withCookies(headers.getSetCookie(), brought(reply)) : brought(reply)
    if (joins) headers.delete('set-cookie')
    for (const line of lines) headers.append('set-cookie', line)
  }
  const control = cacheControl(reply, headers.get('cache-control') ?? '')
  if (control !== undefined) headers.set('cache-control', control)
  if (!reply.vary) return
  const present = headers.get('vary') ?? ''
  const vary = varyOnCookie(present)
  if (vary !== present) headers.set('vary', vary)
}

/** The response with what the reply says: the same object, rebuilt only when its headers are immutable and one must be added. */
export const withReply = (response: Response, reply: Reply): Response => {
  try {
    onHeaders(response.headers, reply)
    return response
  } catch {
    // A 101 can not be built by hand; its connection has no use for a cookie.
    if (response.status === 101) return response
    const rebuilt = new Response(response.body, response)
    onHeaders(rebuilt.headers, reply)
    return rebuilt
  }
}

/** Lets go of a body that will not be sent, so that its source can stop. */
export const discard = (response: Response): void => {
  response.body?.cancel().catch(() => undefined)
}

/** A page as a `Response`. */
export const pageResponse = ({ status, headers, body }: Page): Response => new Response(body, { status, headers })

/** What the rules need of Node's response, HTTP/1 or HTTP/2. */
export interface NodeResponse {
  readonly headersSent: boolean
  readonly getHeader: (name: string) => number | string | ReadonlyArray<string> | undefined
  readonly getHeaderNames: () => ReadonlyArray<string>
  readonly setHeader: (name: string, value: string | ReadonlyArray<string>) => unknown
  readonly removeHeader: (name: string) => unknown
  writeHead: (...args: ReadonlyArray<never>) => unknown
  write: (...args: ReadonlyArray<never>) => unknown
  end: (...args: ReadonlyArray<never>) => unknown
}

const textOf = (res: NodeResponse, name: string): string => {
  const value = res.getHeader(name)
  return value === undefined ? '' : typeof value === 'object' ? value.join(', ') : String(value)
}

const linesOf = (res: NodeResponse): ReadonlyArray<string> => {
  const value = res.getHeader('set-cookie')
  return value === undefined ? [] : typeof value === 'object' ? value : [String(value)]
}

/** Puts what the reply says on a response whose headers have not left. */
export const setReply = (res: NodeResponse, reply: Reply): void => {
  if (reply.setCookie !== undefined) {
    const [lines, more] = [linesOf(res), brought(reply)]
    res.setHeader('set-cookie', lines.length === 0 ? more : withCookies(lines, more))
  }
  const control = cacheControl(reply, textOf(res, 'cache-control'))
  if (control !== undefined) res.setHeader('cache-control', control)
  if (!reply.vary) return
  const present = textOf(res, 'vary')
  const vary = varyOnCookie(present)
  if (vary !== present) res.setHeader('vary', vary)
}

/** Takes every header off a response, and answers the Set-Cookie lines of the session managers, which must leave all the same. */
export const clearHeaders = (res: NodeResponse, names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const kept = cookiesOf(names)(linesOf(res))
  for (const name of res.getHeaderNames()) res.removeHeader(name)
  return kept
}

/** Runs `prepare` just before the headers leave: error handlers that clear all headers can not undo it. */
export const beforeHeaders = (res: NodeResponse, prepare: () => void): void => {
  let prepared = false
  for (const method of ['writeHead', 'write', 'end'] as const) {
    const original = res[method]
    res[method] = (...args) => {
      if (!prepared && !res.headersSent) prepare()
      prepared = true
      return Reflect.apply(original, res, args) as unknown
    }
  }
}
