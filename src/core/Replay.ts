/**
 * ```ts
 * replay:       (base, changes) => { session, ignored }   // applies recorded changes, in order
 * replaySignIn: (fresh, changes) => { session, ignored }  // only from the first sign-in on
 * ```
 * The library keeps the functions, not just the result (promise 1): after a conflict they are applied to the newer record.
 *
 * Laws (each a property in test/core/Replay.test.ts):
 * 1. `replay(replay(s, xs).session, ys) = replay(s, [...xs, ...ys])`; without changes it is the identity.
 * 2. On a destroyed session everything but a sign-in is ignored, whatever the function does, and counted if it would have
 *    changed a session that is not.
 *
 * @since 0.1.0
 */
import type { Endomorphism } from '#fp-ts/Endomorphism'
import type { Session } from './Session.ts'

/** One recorded change. */
export interface Change<A> {
  readonly f: Endomorphism<Session<A>>
  /** Refuse rather than apply it to a record that another request changed (`StaleRead`). */
  readonly ifUnchanged: boolean
}

/** What became of a session, and how many changes were ignored on the way. */
export interface Replayed<A> {
  readonly session: Session<A>
  readonly ignored: number
}

// Our own transformations leave a destroyed session as it is; asked of one that lives they tell what was ignored.
const wouldChange = <A>({ f }: Change<A>, destroyed: Session<A>): boolean => {
  const alive: Session<A> = { ...destroyed, intent: 'none' }
  const next = f(alive)
  return next !== alive && next.intent !== 'end'
}

/** Applies changes in order. What a change throws is the application's: it passes through. */
export const replay = <A>(base: Session<A>, changes: ReadonlyArray<Change<A>>): Replayed<A> => {
  let session = base
  let ignored = 0
  for (const change of changes) {
    const lost = session.intent === 'end' && wouldChange(change, session)
    const next = change.f(session)
    if (session.intent !== 'end' || (next.intent === 'replace' && next.subject._tag === 'Some')) session = next
    else if (lost) ignored++
  }
  return { session, ignored }
}

/** Applies changes from the first one that signs in, to a session that carries nothing recorded before it (design §4). */
export const replaySignIn = <A>(fresh: Session<A>, changes: ReadonlyArray<Change<A>>): Replayed<A> => {
  const first = changes.findIndex(({ f }) => f(fresh).subject._tag === 'Some')
  if (first === -1) return { session: fresh, ignored: changes.length }
  const { session, ignored } = replay(fresh, changes.slice(first))
  return { session, ignored: ignored + first }
}
