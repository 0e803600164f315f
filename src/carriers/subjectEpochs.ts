/**
 * ```ts
 * subjectEpochs: (store: Store, options?) => SubjectEpochs
 * ```
 * The epochs of subjects in a store of sessions, a small record for each subject whose sessions were ever ended at once:
 * "sign out everywhere" for sessions that travel.
 *
 * It may be the store of another manager: the records belong to no subject, and their ids are half of a digest, which no
 * session's id is ever equal to. It must be one that forgets nothing before its time: not the memory store, which is empty
 * after a restart.
 *
 * Laws:
 * 1. `readEpoch` answers what `raiseEpoch` last answered, for `keep`; 0 where it never was raised.
 * 2. `raiseEpoch` answers more than it ever did for this subject, whoever raises beside it (on a store that compares and
 *    sets; on another one two that raise at once may answer the same, which ends the same sessions).
 *
 * @since 0.1.0
 */
import { sha256 } from '#digest'
import type { Either } from '#fp-ts/Either'
import type { TaskEither } from '#fp-ts/TaskEither'
import { isLeft, left, right } from '../core/tagged.ts'
import type { Millis } from '../core/Millis.ts'
import { misconfigured, toError } from '../core/SessionError.ts'
import type { Live, Stored, SubjectEpoch } from '../core/Stored.ts'
import { FORMAT, nextTrail } from '../core/Stored.ts'
import type { SessionId } from '../core/Token.ts'
import { idFrom, secretFrom } from '../core/Token.ts'
import type { Epochs } from '../effects/Carrier.ts'
import type { Clock } from '../effects/Clock.ts'
import { systemClock } from '../effects/Clock.ts'
import type { Random } from '../effects/Random.ts'
import { systemRandom } from '../effects/Random.ts'
import type { Store, StoreError } from '../effects/Store.ts'
import { refused, storeError } from '../effects/Store.ts'

/** Options of `subjectEpochs`. */
export interface SubjectEpochsOptions {
  /** How long an epoch is kept after it was raised, ms. Default 31 days. At least the manager's `maxLifetime`, or ended sessions come back to life. */
  readonly keep?: Millis
  /** The present time. Default: the machine's clock. */
  readonly clock?: Clock
  /** The source of revisions. Default: Web Crypto. */
  readonly random?: Random
}

/** See the module's head. */
export interface SubjectEpochs extends Epochs {
  /** Ends all sessions of the subject that are sealed by now; answers the new epoch. */
  readonly raiseEpoch: (subject: string) => TaskEither<StoreError, SubjectEpoch>
}

const DAY = 86_400_000
const MOST_ATTEMPTS = 20

// 126 bits and the last character that an id may have.
const idOf = async (subject: string): Promise<SessionId> =>
  idFrom(`${(await sha256(secretFrom(`epoch of ${JSON.stringify(subject)}`))).slice(0, 21)}A`)

const epochIn = (stored: Stored | undefined): SubjectEpoch =>
  stored?._tag === 'Live' && typeof stored.data === 'number' ? stored.data : 0

/** Epochs in a store. */
export const subjectEpochs = (store: Store, options: SubjectEpochsOptions = {}): SubjectEpochs => {
  const { keep = 31 * DAY, clock = systemClock, random = systemRandom } = options
  if (!(Number.isFinite(keep) && keep > 0))
    throw toError(misconfigured('subjectEpochs.keep', keep, 'it must be a finite number of milliseconds above 0'))

  const loaded = async (id: SessionId): Promise<Either<StoreError, Stored | undefined>> => {
    const stored = await store.load(id)()
    if (isLeft(stored)) return stored
    return right(stored.right._tag === 'Some' ? stored.right.value : undefined)
  }

  const record = (epoch: SubjectEpoch, now: Millis, before: Live | undefined): Live => ({
    _tag: 'Live',
    format: FORMAT,
    revision: random.tag(),
    trail: before === undefined ? [] : nextTrail(before),
    epoch: 0,
    fence: 0,
    // Nobody's: no secret has this digest.
    credential: { digest: '', mintedAt: now },
    createdAt: before?.createdAt ?? now,
    touchedAt: now,
    expiresAt: now + keep,
    schema: 0,
    data: epoch,
    flash: {},
  })

  return {
    readEpoch: (subject) => async () => {
      const stored = await loaded(await idOf(subject))
      return isLeft(stored) ? stored : right(epochIn(stored.right))
    },
    raiseEpoch: (subject) => async () => {
      const id = await idOf(subject)
      for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts++) {
        const stored = await loaded(id)
        if (isLeft(stored)) return left({ ...stored.left, operation: 'raiseEpoch' })
        const before = stored.right?._tag === 'Live' ? stored.right : undefined
        const now = clock()
        const epoch = Math.max(epochIn(before) + 1, now)
        const live = record(epoch, now, before)
        const written = await (
          before === undefined ? store.create(id, live) : store.update(id, before.revision, live)
        )()
        if (isLeft(written)) return left(storeError('raiseEpoch', written.left.cause))
        if (written.right._tag === 'Created' || written.right._tag === 'Updated') return right(epoch)
      }
      return left(refused('raiseEpoch', `others raised the same epoch all of ${MOST_ATTEMPTS} times`))
    },
  }
}
