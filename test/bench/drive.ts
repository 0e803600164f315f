/**
 * ```ts
 * Drive   = (path, cookie, times) => Promise<Seen>
 * Prepare = (path, cookies) => (times) => Promise<Seen>
 * ```
 * Calls an application in this process, without sockets: Node listeners with real `IncomingMessage` and `ServerResponse`
 * objects on a stream that swallows the answer, fetch applications with a `Request`. Any status but 200 is an exception.
 */
import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { App } from './Subject.ts'

/** What the last answer held. `setCookie` has one text per header. */
export interface Seen {
  readonly body: string
  readonly setCookie: readonly string[]
}

/** Sends as many requests, one after another. */
export type Drive = (path: string, cookie: string | undefined, times: number) => Promise<Seen>

/** The same with the requests built beforehand; request i carries cookie i, and the cookies are used again from the first. */
export type Prepare = (path: string, cookies: readonly (string | undefined)[]) => (times: number) => Promise<Seen>

/** The headers of an ordinary client. */
export const headersOf = (cookie: string | undefined): readonly (readonly [string, string])[] => [
  ['Host', 'localhost'],
  ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36'],
  ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
  ['Accept-Encoding', 'gzip, deflate, br'],
  ['Accept-Language', 'en-GB,en;q=0.9'],
  ...(cookie === undefined ? [] : ([['Cookie', cookie]] as const)),
]

/** What a browser with an empty jar would send after this answer; undefined after an answer that set no cookie. */
export const cookieOf = (setCookie: readonly string[]): string | undefined => {
  const pairs = setCookie.map((line) => line.slice(0, line.indexOf(';')))
  // Of one name the last one stays.
  const jar = new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair]))
  return jar.size === 0 ? undefined : [...jar.values()].join('; ')
}

const setCookiesIn = (head: string): readonly string[] =>
  head
    .split('\r\n')
    .filter((line) => /^set-cookie:/i.test(line))
    .map((line) => line.slice(line.indexOf(':') + 1).trim())

const chunked = /\r\ntransfer-encoding: chunked/i

const unchunk = (text: string): string => {
  const size = Number.parseInt(text, 16)
  const start = text.indexOf('\r\n') + 2
  return size > 0 ? text.slice(start, start + size) + unchunk(text.slice(start + size + 2)) : ''
}

/** One whole answer as it stood on the wire. */
export const parseAnswer = (text: string): Seen => {
  const end = text.indexOf('\r\n\r\n')
  const [head, body] = [text.slice(0, end), text.slice(end + 4)]
  return { body: chunked.test(head) ? unchunk(body) : body, setCookie: setCookiesIn(head) }
}

/** Where the answer at the beginning of the text ends, -1 while it is not complete. */
export const answerLength = (text: string): number => {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return -1
  const head = text.slice(0, end)
  if (chunked.test(head)) {
    const last = text.indexOf('0\r\n\r\n', end)
    return last < 0 ? -1 : last + 5
  }
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  if (length === undefined) throw new Error(`An answer without a length: ${head}`)
  const total = end + 4 + Number(length)
  return text.length < total ? -1 : total
}

/** Node's parser hands the header lines over by this method, and they are read at the first use of `req.headers`. */
interface Parsed extends IncomingMessage {
  readonly _addHeaderLines: (lines: readonly string[], count: number) => void
}

const prepareListener = (listener: (req: IncomingMessage, res: ServerResponse) => void): Prepare => {
  const written: unknown[] = []
  const sink = new Duplex({
    decodeStrings: false,
    read: () => undefined,
    write: (chunk: unknown, _encoding, done) => {
      written.push(chunk)
      done()
    },
    writev: (chunks, done) => {
      for (const { chunk } of chunks as readonly { readonly chunk: unknown }[]) written.push(chunk)
      done()
    },
  }) as unknown as Socket

  const request = (path: string, lines: readonly string[]): IncomingMessage => {
    const req = new IncomingMessage(sink) as Parsed
    req.method = 'GET'
    req.url = path
    req.httpVersionMajor = 1
    req.httpVersionMinor = 1
    req.httpVersion = '1.1'
    req._addHeaderLines(lines, lines.length)
    return req
  }

  const answered = (req: IncomingMessage): Promise<ServerResponse> =>
    new Promise((resolve) => {
      const res = new ServerResponse(req)
      res.shouldKeepAlive = true
      res.assignSocket(sink)
      res.on('finish', () => {
        res.detachSocket(sink)
        res.emit('close')
        resolve(res)
      })
      listener(req, res)
      req.complete = true
      req.push(null)
    })

  return (path, cookies) => {
    const lines = cookies.map((cookie) => headersOf(cookie).flat())
    return async (times) => {
      for (let i = 0; i < times; i++) {
        written.length = 0
        const res = await answered(request(path, lines[i % lines.length]!))
        if (res.statusCode !== 200) throw new Error(`${path} answered ${res.statusCode}`)
      }
      return parseAnswer(written.join(''))
    }
  }
}

const prepareFetch =
  (fetch: (request: Request) => Response | Promise<Response>): Prepare =>
  (path, cookies) => {
    const url = `http://localhost${path}`
    const headers = cookies.map((cookie) => headersOf(cookie).map(([name, value]): [string, string] => [name, value]))
    return async (times) => {
      let last: Response | undefined
      for (let i = 0; i < times; i++) {
        last = await fetch(new Request(url, { headers: headers[i % headers.length]! }))
        if (last.status !== 200) throw new Error(`${path} answered ${last.status}`)
      }
      return { body: (await last?.text()) ?? '', setCookie: last?.headers.getSetCookie() ?? [] }
    }
  }

/** One of them serves one request at a time: what shall be in flight at once wants as many. */
export const prepare = (app: App): Prepare =>
  app._tag === 'listener' ? prepareListener(app.listener) : prepareFetch(app.fetch)

export const drive = (app: App): Drive => {
  const prepared = prepare(app)
  return (path, cookie, times) => prepared(path, [cookie])(times)
}
