/**
 * ```ts
 * interface ObjectState { readonly storage: ObjectStorage }
 * ```
 * What the object uses of the `DurableObjectState` that the platform constructs it with.
 *
 * @since 0.1.0
 */

/** The synchronous keys and values of an SQLite-backed object (`ctx.storage.kv`). */
export interface ObjectValues {
  get(key: string): unknown
  put(key: string, value: unknown): void
  delete(key: string): boolean
  list(options: { readonly prefix: string }): Iterable<[string, unknown]>
}

/** The storage of an object (`DurableObjectStorage`). */
export interface ObjectStorage {
  /** Present where the class was declared in `new_sqlite_classes`. */
  readonly kv: ObjectValues
  setAlarm(scheduledTime: number): Promise<void>
  deleteAll(): Promise<void>
}

/** The state of an object (`DurableObjectState`). */
export interface ObjectState {
  readonly storage: ObjectStorage
}
