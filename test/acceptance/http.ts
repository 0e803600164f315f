/** An HTTP client that shows every header, and a browser on top of it: one cookie jar, cookies taken as responses arrive. */
import { once } from 'node:events'
import { type Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { type CookieJar, cookieJar } from '../../src/testing/cookieJar.ts'

export interface Response {
  readonly status: number
  /** Lower-case names; several of one name are joined by a comma, Set-Cookie is left out. */
  readonly headers: Readonly<Record<string, string>>
  readonly setCookies: ReadonlyArray<string>
  readonly body: string
}

export interface Sending {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Called with each piece of the body as it arrives. */
  readonly onChunk?: (text: string) => void
  readonly agent?: Agent
}

const joined = (raw: ReadonlyArray<string>): Record<string, string> => {
  const headers: Record<string, string> = {}
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase()
    if (name !== 'set-cookie') headers[name] = name in headers ? `${headers[name]}, ${raw[i + 1]}` : raw[i + 1]!
  }
  return headers
}

/** One request. Redirects are not followed. */
export const send = (url: string, { method = 'GET', headers = {}, onChunk, agent }: Sending = {}): Promise<Response> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, ...(agent === undefined ? {} : { agent }) }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        body += text
        onChunk?.(text)
      })
      response.on('error', reject)
      response.on('end', () => {
        resolve({
          status: response.statusCode!,
          headers: joined(response.rawHeaders),
          setCookies: response.headers['set-cookie'] ?? [],
          body,
        })
      })
    })
    sent.on('error', reject)
    sent.end()
  })

/** The cookie pair that a Set-Cookie value sets. */
export const pairOf = (setCookie: string): string => setCookie.split(';', 1)[0]!

/** Whether a response clears a cookie. */
export const clears = (setCookie: string): boolean => /; Max-Age=0;/.test(setCookie)

export interface Browser {
  readonly jar: CookieJar
  /** Sends a request with the jar's cookies, and takes the response's when it arrives. */
  readonly send: (path: string, sending?: Sending) => Promise<Response>
  /** The same, but the jar does not see the response: it was lost on its way, or `accept` decides when it arrives. */
  readonly lose: (path: string, sending?: Sending) => Promise<Response>
  readonly accept: (response: Response) => void
  /** Another browser with the same cookies. */
  readonly copy: () => Browser
  /** The same browser, that is served by another process. */
  readonly at: (url: string) => Browser
}

/** A browser that shows pages of `url`. `now`: the fake clock, for expiring cookies. */
const browserOf = (url: string, jar: CookieJar): Browser => {
  const lose = (path: string, sending: Sending = {}): Promise<Response> => {
    const cookie = jar.header(url + path)
    return send(url + path, {
      ...sending,
      headers: { ...(cookie === undefined ? {} : { cookie }), ...sending.headers },
    })
  }
  const accept = ({ setCookies }: Response): void => {
    jar.accept(setCookies, `${url}/`)
  }
  return {
    jar,
    lose,
    accept,
    send: async (path, sending) => {
      const response = await lose(path, sending)
      accept(response)
      return response
    },
    copy: () => browserOf(url, jar.copy()),
    at: (other) => browserOf(other, jar),
  }
}

/** An empty-handed browser whose cookies expire by `clock`. */
export const newBrowser = (url: string, clock: () => number): Browser =>
  browserOf(url, cookieJar({ url: `${url}/`, clock }))

export interface Connection {
  /** Writes bytes, one per character. */
  readonly write: (text: string) => void
  /** All that arrived so far, one character per byte. */
  readonly received: () => string
  /** Resolves to all that arrived, once it matches. */
  readonly until: (pattern: RegExp) => Promise<string>
  /** Resolves to all that arrived, once the server has closed. */
  readonly closed: () => Promise<string>
  readonly abort: () => void
}

/** A bare connection, for what a well-behaved client never sends. */
export const connectTo = async (url: string): Promise<Connection> => {
  const { hostname, port } = new URL(url)
  const socket: Socket = connect(Number(port), hostname)
  socket.setEncoding('latin1')
  await once(socket, 'connect')
  let text = ''
  socket.on('data', (chunk: string) => {
    text += chunk
  })
  // A server that answers 400 and closes may reset the connection under a write: that, too, is closed.
  socket.on('error', () => undefined)
  return {
    write: (bytes) => void socket.write(bytes, 'latin1'),
    received: () => text,
    until: async (pattern) => {
      while (!pattern.test(text)) await once(socket, 'data')
      return text
    },
    closed: async () => {
      if (!socket.closed) await once(socket, 'close')
      return text
    },
    abort: () => void socket.destroy(),
  }
}

/** The text of a GET request. */
export const requestText = (path: string, headers: Readonly<Record<string, string>> = {}): string =>
  [`GET ${path} HTTP/1.1`, 'Host: localhost', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)]
    .map((line) => `${line}\r\n`)
    .join('') + '\r\n'
