/**
 * An application in words that every framework can say. A driver mounts it the way the framework's users would, and
 * serves it on a real port.
 */
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Requirement } from '../../src/core/Access.ts'
import type { Leasing, LockMode, SessionRef } from '../../src/engine/SessionRef.ts'
import type { Directed, SessionManager } from '../../src/engine/SessionManager.ts'
import type { Data } from './world.ts'

export type Sessions = SessionManager<Data, 'cas' & Leasing> & Directed
export type Ref = SessionRef<Data, 'cas' & Leasing>

export interface Incoming {
  readonly method: string
  readonly query: URLSearchParams
  /** The session of the manager that is mounted beside, if there is one. */
  readonly beside: () => Ref
  /** The error that the framework's users throw for this status. */
  readonly error: (status: number) => Error
}

export interface Answer {
  /** Default 200. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | ReadonlyArray<string>>>
  readonly body?: string
  /** Written piece by piece; `write` resolves when the piece was handed on. */
  readonly stream?: (write: (text: string) => Promise<void>) => Promise<void>
  /** An absolute URL. The response is the framework's own for a redirect: immutable where it has such. */
  readonly redirect?: string
}

export type Handle = (session: Ref, request: Incoming) => Answer | Promise<Answer>

export interface Route {
  readonly handle: Handle
  /** The options of this route's own mount. Default: the mount that all routes share. */
  readonly mount?: { readonly create?: boolean; readonly passive?: boolean; readonly lock?: LockMode }
  /** What `requireSubject` asks for in front of the handler. */
  readonly require?: Requirement
}

export interface Definition {
  readonly sessions: Sessions
  /** By path; every method. */
  readonly routes: Readonly<Record<string, Route>>
  /** A manager that is mounted beside the shared one, as `beside`. */
  readonly beside?: Sessions
}

export interface Served {
  readonly url: string
  readonly server: Server
  readonly close: () => Promise<void>
}

export interface Driver {
  readonly name: string
  readonly serve: (definition: Definition) => Promise<Served>
}

/** Where the second manager's session stands, for drivers. */
export const BESIDE = 'beside'

/** What a driver's `serve` ends with: listens on a free port of the loopback. */
export const listening = async (server: Server): Promise<Served> => {
  if (!server.listening) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** An error as most frameworks know it. */
export const statusError = (status: number): Error =>
  Object.assign(new Error(`status ${status}`), { status, statusCode: status })

/** The routes that need nothing special come last: those with a mount of their own stand before the shared one. */
export const byMount = ({ routes }: Definition): ReadonlyArray<readonly [string, Route]> =>
  Object.entries(routes).sort(([, a], [, b]) => Number(a.mount === undefined) - Number(b.mount === undefined))
