/**
 * ```ts
 * interface Endings { on: (id, listener) => stop; tell: (id) => void; watched: () => ids }
 * ```
 * Who wants to hear that a session was ended through this manager: long-lived connections that must close on logout
 * (ASVS 4.4, WebSockets).
 *
 * @since 0.1.0
 */
import type { SessionId } from '../core/Token.ts'

/** See the module's head. */
export interface Endings {
  readonly on: (id: SessionId, listener: () => void) => () => void
  readonly tell: (id: SessionId) => void
  readonly watched: () => ReadonlyArray<SessionId>
}

/** `failed` counts listeners that threw. */
export const endings = (failed: () => void): Endings => {
  const listeners = new Map<SessionId, Set<() => void>>()
  return {
    on: (id, listener) => {
      const registered = listeners.get(id) ?? new Set()
      listeners.set(id, registered.add(listener))
      return () => {
        registered.delete(listener)
        if (registered.size === 0 && listeners.get(id) === registered) listeners.delete(id)
      }
    },
    tell: (id) => {
      const registered = listeners.get(id)
      if (registered === undefined) return
      listeners.delete(id)
      for (const listener of registered) {
        try {
          listener()
        } catch {
          failed()
        }
      }
    },
    watched: () => [...listeners.keys()],
  }
}
