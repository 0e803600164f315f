/** Requests with lock modes on one application under test. */
import { isSessionException } from '../../../src/core/SessionError.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import type { OpenOptions } from '../../../src/engine/SessionManager.ts'
import type { Ending, LockMode } from '../../../src/engine/SessionRef.ts'
import { ok, type world } from '../world.ts'

export const OK: Ending = { _tag: 'Answered', status: 200 }
export const answered = (status: number): Ending => ({ _tag: 'Answered', status })
export const threw = (status: number): Ending => ({ _tag: 'Threw', status })

export type World = ReturnType<typeof world>

export const route = (w: World, cookie: string | undefined, lock: LockMode, options: OpenOptions<LockMode> = {}) =>
  w.sessions.openRequest(cookie, (header) => header, { ...options, lock })

export const idIn = (cookie: string): SessionId =>
  cookie.slice(cookie.indexOf('=') + 1, cookie.indexOf('.')) as SessionId

/** Whether the session is free: another could take it without waiting. */
export const isFree = async (w: World, cookie: string): Promise<boolean> => {
  const asked = await ok(w.inner.acquire(idIn(cookie), { wait: 0, lease: 1_000 }) as never)
  const answer = asked as { readonly _tag: string; readonly fence: number }
  if (answer._tag === 'Acquired') await w.inner.release(idIn(cookie), answer.fence)()
  return answer._tag === 'Acquired'
}

export const during = async (w: World, act: () => unknown): Promise<ReadonlyArray<string>> => {
  const before = w.script.calls.length
  await act()
  return w.script.calls.slice(before)
}

export const failure = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
  } catch (error) {
    return isSessionException(error) ? error.sessionError._tag : String(error)
  }
  return 'none'
}

/** Lets everything go on that can. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export const views = async (w: World, cookie: string): Promise<number> => (await ok(w.visit(cookie).read)).data.views
