import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { type D1Binding, d1Store } from '../../../src/stores/d1.ts'
import { sqliteStore } from '../../../src/stores/sqlite.ts'
import * as t from 'io-ts'

// As @types/node 22 types it.
type SupportedValueType = null | number | bigint | string | NodeJS.ArrayBufferView
interface StatementSync {
  all(...anonymousParameters: SupportedValueType[]): Record<string, SupportedValueType>[]
  all(
    namedParameters: Record<string, SupportedValueType>,
    ...anonymous: SupportedValueType[]
  ): Record<string, SupportedValueType>[]
  get(...anonymousParameters: SupportedValueType[]): Record<string, SupportedValueType> | undefined
}
declare const nodeDatabase: {
  exec(sql: string): void
  prepare(sql: string): StatementSync
  readonly isTransaction: boolean
  close(): void
}

// As @types/better-sqlite3 types it.
interface BetterStatement<P extends unknown[], R = unknown> {
  all(...params: P): R[]
  readonly reader: boolean
}
declare const betterDatabase: {
  exec(source: string): typeof betterDatabase
  prepare<P extends unknown[] | object = unknown[], R = unknown>(
    source: string,
  ): P extends unknown[] ? BetterStatement<P, R> : BetterStatement<[P], R>
  readonly inTransaction: boolean
}

// As bun-types types it.
interface BunStatement<R, P extends unknown[]> {
  all(...params: P): R[]
}
declare const bunDatabase: {
  exec(sql: string, ...bindings: string[][]): { changes: number }
  prepare<R, P extends (string | bigint | number | boolean | null)[]>(sql: string, params?: P): BunStatement<R, P>
  readonly inTransaction: boolean
}

sqliteStore({ database: nodeDatabase })
sqliteStore({ database: betterDatabase, table: 'app_sessions' })
sqliteStore({ database: bunDatabase, busyTimeout: 1_000, poll: 50 })

// As @cloudflare/workers-types types it.
interface Result<T> {
  results: T[]
  success: true
  meta: Record<string, unknown>
}
interface D1PreparedStatement {
  bind(...values: unknown[]): D1PreparedStatement
  all<T = Record<string, unknown>>(): Promise<Result<T>>
  run<T = Record<string, unknown>>(): Promise<Result<T>>
}
interface D1DatabaseSession {
  prepare(query: string): D1PreparedStatement
  batch<T = unknown>(statements: D1PreparedStatement[]): Promise<Result<T>[]>
  getBookmark(): string | null
}
declare const env: {
  readonly DB: {
    prepare(query: string): D1PreparedStatement
    batch<T = unknown>(statements: D1PreparedStatement[]): Promise<Result<T>[]>
    exec(query: string): Promise<{ count: number; duration: number }>
    withSession(constraint?: string): D1DatabaseSession
  }
}
const d1 = d1Store({ database: env.DB })

// @ts-expect-error: what withSession gives may ask a replica
d1Store({ database: env.DB.withSession() })
// @ts-expect-error: a binding answers later
sqliteStore({ database: env.DB })
// @ts-expect-error: a connection of this process is no binding
d1Store({ database: nodeDatabase })
// @ts-expect-error: a database is needed
sqliteStore({})

const options = { data: t.type({ views: t.number }), initial: { views: 0 } }
const embedded = sessionManager({ ...options, store: sqliteStore({ database: nodeDatabase }), lock: 'implicit' })
embedded.subject('alice').endAll
const remote = sessionManager({ ...options, store: d1 })
remote.subject('alice').endAll
// @ts-expect-error: D1 gives no leases
sessionManager({ ...options, store: d1, lock: 'implicit' })
// @ts-expect-error
d1.acquire

declare const binding: D1Binding
d1Store({ database: binding }).sweep
