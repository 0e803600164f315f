/**
 * ```ts
 * Subject = { library, store, adapter, mount: (kind) => Promise<App> }
 * ```
 * One measured pair of a library (with its store) and a framework, and the one application that all subjects serve.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'

/** What a framework hands out to be called without a socket. */
export type App =
  | { readonly _tag: 'listener'; readonly listener: (req: IncomingMessage, res: ServerResponse) => void }
  | { readonly _tag: 'fetch'; readonly fetch: (request: Request) => Response | Promise<Response> }

/** `bare`: the framework and the handler alone. `empty`: one middleware that only calls the next. `session`: the library mounted. */
export type Kind = 'bare' | 'empty' | 'session'

/** Whose figures are comparable: what a user of that platform would choose between. */
export type Group = 'node' | 'koa' | 'hono' | 'fetch'

export interface Subject {
  readonly library: string
  readonly store: string
  readonly adapter: string
  readonly group: Group
  /** `data`: the cookie holds the session itself, so each change is a new cookie and an old cookie an old session. */
  readonly cookieCarries: 'reference' | 'data'
  /** False: the library has no way to give a session another identifier, so a sign-in keeps the one that came. */
  readonly rotates: boolean
  /** How many times fewer requests than of others are sent, so that a run ends: a session that costs 20 ms, not 20 µs. */
  readonly thinned: number
  /** Packages whose versions are printed. */
  readonly packages: readonly string[]
  /** A new application with a store of its own. Loads its packages only now, so that a child process holds one library. */
  readonly mount: (kind: Kind) => Promise<App>
  /** As `mount('session')`, with a store that is 1 ms away and counts the calls of its verbs. */
  readonly mountCounted?: () => Promise<{ readonly app: App; readonly calls: () => number }>
}

/** `express-session/memory/express`: names a subject on the command line of a child process. */
export const keyOf = ({ library, store, adapter }: Pick<Subject, 'library' | 'store' | 'adapter'>): string =>
  `${library}/${store}/${adapter}`

/** The session that all subjects keep: three fields. */
export interface Visit {
  user: string
  theme: string
  views: number
}

export const visit: Readonly<Visit> = { user: 'u-10427', theme: 'dark', views: 0 }

/** Whom a sign-in signs in. */
export const member = 'u-77031'

/**
 * Paths of the one application, dispatched by the handler itself so that routing costs every scenario the same.
 * `create` puts a visit into the session; `slow` reads the counter, waits, writes it; `count` answers the counter;
 * `signIn` puts the member into it, as its library recommends at a login: with another identifier or secret.
 */
export const paths = {
  untouched: '/',
  create: '/new',
  read: '/read',
  write: '/write',
  slow: '/slow',
  count: '/count',
  signIn: '/sign-in',
} as const

/** The path of a fetch handler's request, without parsing more of its address. */
export const pathOf = ({ url }: Request): string => url.slice(url.indexOf('/', 'https://'.length))

/** What `slow` does between its read and its write, as long as a call of another service: 5 ms. On every runtime. */
export const pause = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 5))

/** The body of every answer that has nothing to report, and of every bare answer. */
export const nothing = 'nothing'

/** One plain-text answer with a length, as any framework would send it. */
export const answer = (res: ServerResponse, text: string): void => {
  res.setHeader('Content-Type', 'text/plain; charset=utf-8')
  res.setHeader('Content-Length', text.length)
  res.end(text)
}
