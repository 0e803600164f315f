/**
 * ```ts
 * durableObjectStore: ({ namespace }) => Store<'cas'> & Directory & Locking
 * class SessionObject
 * ```
 * Sessions in Cloudflare Durable Objects: one SQLite-backed object for each session, which compares and sets its record in
 * one step, and removes it by its own alarm; and one for each subject, which knows the subject's sessions.
 *
 * A Worker exports the class and makes the store over its binding; either half is left out of a bundle that does not use
 * it. Nothing is imported from the platform, so both can be imported anywhere.
 *
 * @since 0.1.0
 */
export { SessionObject } from './durable-object/SessionObject.ts'
export type { ObjectState, ObjectStorage, ObjectValues } from './durable-object/platform.ts'
export {
  durableObjectStore,
  type DurableObjectStore,
  type DurableObjectStoreOptions,
  type SessionNamespace,
  type SessionStub,
} from './durable-object/store.ts'
