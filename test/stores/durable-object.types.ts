import type { Directory, Locking, Managed, Store, Sweeping } from '../../src/effects/Store.ts'
import { durableObjectStore, SessionObject, type SessionNamespace } from '../../src/stores/durable-object.ts'

// What Cloudflare's types say of these (@cloudflare/workers-types), written down by hand.
interface DurableObjectId {
  toString(): string
  equals(other: DurableObjectId): boolean
  readonly name?: string
}
interface DurableObjectStub {
  fetch(input: Request | string | URL, init?: RequestInit): Promise<Response>
  connect(address: string): unknown
  readonly id: DurableObjectId
  readonly name?: string
}
interface Branded {
  readonly __DURABLE_OBJECT_BRAND: never
}
interface DurableObjectNamespace<_ extends Branded | undefined = undefined> {
  newUniqueId(options?: { readonly jurisdiction?: 'eu' | 'fedramp' }): DurableObjectId
  idFromName(name: string): DurableObjectId
  idFromString(id: string): DurableObjectId
  get(id: DurableObjectId, options?: { readonly locationHint?: string }): DurableObjectStub
  getByName(name: string, options?: { readonly locationHint?: string }): DurableObjectStub
  jurisdiction(jurisdiction: 'eu' | 'fedramp'): DurableObjectNamespace
}
interface DurableObjectStorage {
  get(key: string): Promise<unknown>
  deleteAll(options?: { readonly allowConcurrency?: boolean }): Promise<void>
  setAlarm(scheduledTime: number | Date, options?: { readonly allowConcurrency?: boolean }): Promise<void>
  readonly kv: {
    get<T = unknown>(key: string): T | undefined
    list<T = unknown>(options?: { readonly prefix?: string; readonly limit?: number }): Iterable<[string, T]>
    put<T>(key: string, value: T): void
    delete(key: string): boolean
  }
}
interface DurableObjectState {
  readonly id: DurableObjectId
  readonly storage: DurableObjectStorage
  waitUntil(promise: Promise<unknown>): void
}

// As `wrangler types` writes it.
declare const env: { readonly SESSIONS: DurableObjectNamespace<SessionObject> }
declare const plain: DurableObjectNamespace
declare const state: DurableObjectState
declare const optional: DurableObjectNamespace | undefined

// What fits, as it is.
export const namespaces: ReadonlyArray<SessionNamespace> = [env.SESSIONS, plain, plain.jurisdiction('eu')]
export const object: { fetch(request: Request): Promise<Response>; alarm(): Promise<void> } = new SessionObject(state)
export const store: Store<'cas'> & Directory & Locking = durableObjectStore({ namespace: env.SESSIONS })

// What does not fit.
// @ts-expect-error a binding must be given
durableObjectStore({})
// @ts-expect-error a binding that may be missing
durableObjectStore({ namespace: optional })
// @ts-expect-error a stub is one object, and each session has its own
durableObjectStore({ namespace: plain.getByName('one') })
// @ts-expect-error nothing is to be swept
const sweeping: Sweeping = store
// @ts-expect-error there is nothing to migrate or to close
const managed: Managed = store
