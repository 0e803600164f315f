/** A client of one process: requests that may be left before they are answered, and what came back. */
import { Agent, get, type IncomingMessage } from 'node:http'
import type { Answer } from './judge.ts'
import { OUTCOME, type Seen, SESSION } from './wire.ts'

/** A request that hears nothing for this long hangs, ms: far beyond every limit that the site has. */
const PATIENCE = 60_000

export interface Request {
  readonly port: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** When the client leaves, ms after it sent the request. */
  readonly leaves?: number | undefined
}

export interface Client {
  /**
   * Sends it. `heard` is called once, as soon as the headers are there, as a browser takes its cookies, or when it is clear
   * that none will come; resolves when nothing more will come.
   */
  readonly ask: (request: Request, heard: (answer: Answer, setCookies: ReadonlyArray<string>) => void) => Promise<void>
  readonly close: () => void
}

const NAMED = /^__Host-id=([^.;]*)/

/** The session's id in a Cookie or a Set-Cookie header: the part of the token that is public. */
export const idIn = (header: string | undefined): string | undefined =>
  header === undefined ? undefined : NAMED.exec(header)?.[1]

const one = (value: string | ReadonlyArray<string> | undefined): string | undefined =>
  typeof value === 'string' ? value : value?.[0]

const answered = (res: IncomingMessage, setCookies: ReadonlyArray<string>): Answer => {
  const shown = one(res.headers[SESSION])
  return {
    _tag: 'Answered',
    status: res.statusCode ?? 0,
    outcome: one(res.headers[OUTCOME]),
    seen: shown === undefined ? undefined : (JSON.parse(shown) as Seen),
    cookieOf: idIn(setCookies[0]),
  }
}

export const client = (): Client => {
  const agent = new Agent({ keepAlive: true })
  return {
    ask: ({ port, path, headers, leaves }, heard) =>
      new Promise((resolve) => {
        let told = false
        let hung = false
        const tell = (answer: Answer, setCookies: ReadonlyArray<string> = []): void => {
          if (told) return
          told = true
          heard(answer, setCookies)
        }
        const req = get({ host: '127.0.0.1', port, path, agent, headers, timeout: PATIENCE })
        const leaving = leaves === undefined ? undefined : setTimeout(() => req.destroy(), leaves)
        req.on('timeout', () => {
          hung = true
          req.destroy()
        })
        req.on('response', (res) => {
          const setCookies = res.headers['set-cookie'] ?? []
          tell(answered(res, setCookies), setCookies)
          res.on('error', () => undefined)
          res.resume()
        })
        req.on('error', ({ code }: NodeJS.ErrnoException) =>
          tell({ _tag: 'Unanswered', why: code === 'ECONNREFUSED' ? 'refused' : hung ? 'hung' : 'broken' }),
        )
        req.on('close', () => {
          clearTimeout(leaving)
          tell({ _tag: 'Unanswered', why: hung ? 'hung' : 'broken' })
          resolve()
        })
      }),
    close: () => agent.destroy(),
  }
}
