/**
 * ```ts
 * interface SubjectSessions { list, count, endOne(id), endOthers(keep), endAll }      // TaskEither
 * ```
 * All sessions of one subject: what an account page lists, and what a password change ends (ASVS 7.4.2, 7.4.3, 7.5.2).
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import type { TaskEither } from '#fp-ts/TaskEither'
import { isLeft, right } from '../core/tagged.ts'
import type { SessionError } from '../core/SessionError.ts'
import type { SessionId } from '../core/Token.ts'
import type { Directory, Listed } from '../effects/Store.ts'
import { read, write } from './calls.ts'
import type { Engine } from './Engine.ts'

/** See the module's head. Every member is a TaskEither, or a function that gives one: nothing happens before it is run. */
export interface SubjectSessions {
  /** The subject's live sessions, oldest first: handles and times, never a token. */
  readonly list: TaskEither<SessionError, ReadonlyArray<Listed>>
  /** How many there are. */
  readonly count: TaskEither<SessionError, number>
  /** Ends one; false if it is not this subject's, or not live. */
  readonly endOne: (id: SessionId) => TaskEither<SessionError, boolean>
  /** Ends all but one, sign-ins under way included; answers how many. Regenerate the one that stays. */
  readonly endOthers: (keep: SessionId) => TaskEither<SessionError, number>
  /** Ends all, sign-ins under way included; answers how many. */
  readonly endAll: TaskEither<SessionError, number>
}

const noted = (): void => undefined

/** The sessions of one subject, in a store that finds them. */
export const subjectSessions =
  <A>(engine: Engine<A>, directory: Directory) =>
  (subject: string): SubjectSessions => {
    const until = (): number => engine.clock() + engine.limits.tombstoneFor

    const tell = (id: SessionId): void => {
      engine.emit?.({ _tag: 'ended', id, by: 'directory' })
      engine.endings.tell(id)
    }

    // Who is ended is only asked for where somebody listens.
    const listed = async (): Promise<ReadonlyArray<SessionId>> => {
      if (engine.emit === undefined && engine.endings.watched().length === 0) return []
      const found = await read(engine, 'list', directory.list(subject), false)
      return isLeft(found) ? [] : found.right.map(({ id }) => id)
    }

    const endAll = async (except?: SessionId): Promise<Either<SessionError, number>> => {
      // The epoch first: a sign-in that the scan does not see yet finds it raised (design §7).
      const raised = await write(engine, 'raiseEpoch', directory.raiseEpoch(subject, engine.clock()), noted)
      if (isLeft(raised)) return raised
      const ids = await listed()
      const ended = await write(engine, 'endAll', directory.endAll(subject, until(), except), noted)
      if (isLeft(ended)) return ended
      for (const id of ids) if (id !== except) tell(id)
      return ended
    }

    return {
      list: () => read(engine, 'list', directory.list(subject)),
      count: () => read(engine, 'count', directory.count(subject)),
      endOne: (id) => async () => {
        const ended = await write(engine, 'endOne', directory.endOne(subject, id, until()), noted)
        if (isLeft(ended)) return ended
        if (ended.right._tag === 'Done') tell(id)
        return right(ended.right._tag === 'Done')
      },
      endOthers: (keep) => () => endAll(keep),
      endAll: () => endAll(),
    }
  }
