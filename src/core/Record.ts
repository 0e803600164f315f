/**
 * ```ts
 * createdRecord: (policy, now) => (session, revision, digest, content) => Live
 * updatedRecord: (policy, now) => (record, session, action, via, touch, minted, content) => Live
 * sessionOf:     (id, record, data, flash, initial) => Session<A>
 * ```
 * Between sessions and stored records. What needs randomness or a codec comes in as a value.
 *
 * Laws (each a property in test/core/Record.test.ts):
 * 1. An updated record remembers the one that it replaces (`nextTrail`).
 * 2. Only `rotate` raises the epoch, by one; `createdAt` never changes; `touchedAt` never falls.
 * 3. Without `rotate` or `renew` the credential's digest stays; after `renew` the old digest is the remembered one.
 * 4. `sessionOf` tells what `createdRecord` and `updatedRecord` stored of a session.
 *
 * @since 0.1.0
 */
import { none, some } from './tagged.ts'
import type { Json } from './Json.ts'
import type { Millis } from './Millis.ts'
import type { Update } from './Plan.ts'
import type { Policy } from './Policy.ts'
import { expiresAt } from './Policy.ts'
import type { Session } from './Session.ts'
import type { Credential, Flash, Live, Revision } from './Stored.ts'
import { FORMAT, nextTrail } from './Stored.ts'
import type { SessionId } from './Token.ts'

/** What the engine drew for one write. */
export interface Minted {
  readonly revision: Revision
  /** The digest of the new secret; undefined where the old one stays. */
  readonly digest: string | undefined
}

/** What the codecs made of a session. */
export interface Content {
  readonly schema: number
  readonly data: Json
  readonly flash: Flash
}

/** The session with its sign-in dated: pure code has no clock (`UNDATED`). */
export const dated =
  (now: Millis) =>
  <A>(session: Session<A>): Session<A> =>
    session.subject._tag === 'Some' && !Number.isFinite(session.subject.value.authenticatedAt)
      ? { ...session, subject: some({ ...session.subject.value, authenticatedAt: now }) }
      : session

type Draft<A> = { -readonly [K in keyof A]: A[K] }

// Member by member: a literal of several spreads takes ten times as long.
const complete = <A>(policy: Policy, record: Draft<Live>, session: Session<A>): Live => {
  if (session.subject._tag === 'Some') record.subject = session.subject.value
  if (session.lifetime._tag === 'Some') record.lifetime = session.lifetime.value
  record.expiresAt = expiresAt(policy)(record)
  return record
}

/** The first record of a session. `session` is dated. */
export const createdRecord =
  (policy: Policy, now: Millis) =>
  <A>(session: Session<A>, revision: Revision, digest: string, { schema, data, flash }: Content): Live =>
    complete(
      policy,
      {
        _tag: 'Live',
        format: FORMAT,
        revision,
        trail: [],
        epoch: 0,
        fence: 0,
        credential: { digest, mintedAt: now },
        createdAt: now,
        touchedAt: now,
        expiresAt: now,
        schema,
        data,
        flash,
      },
      session,
    )

const confirmed = (credential: Credential, now: Millis): Credential =>
  credential.renewed === undefined
    ? credential
    : { ...credential, renewed: { ...credential.renewed, confirmedAt: now } }

const nextCredential = (
  credential: Credential,
  action: Update,
  digest: string | undefined,
  now: Millis,
  via: 'current' | 'renewed',
): Credential => {
  if (action.secret === 'keep' || digest === undefined) return action.confirm ? confirmed(credential, now) : credential
  if (action.secret === 'rotate') return { digest, mintedAt: now, rotatedAt: now }
  // Presented by the predecessor: the pending secret was lost, so the predecessor stays the one that is valid.
  const before = via === 'renewed' && credential.renewed !== undefined ? credential.renewed.digest : credential.digest
  return {
    digest,
    mintedAt: now,
    ...(credential.rotatedAt === undefined ? {} : { rotatedAt: credential.rotatedAt }),
    renewed: { digest: before },
  }
}

/** The record that replaces `record`. `session` is dated; `touch` is false for a passive request. */
export const updatedRecord =
  (policy: Policy, now: Millis) =>
  <A>(
    record: Live,
    session: Session<A>,
    action: Update,
    via: 'current' | 'renewed',
    touch: boolean,
    minted: Minted,
    { schema, data, flash }: Content,
  ): Live =>
    complete(
      policy,
      {
        _tag: 'Live',
        format: FORMAT,
        revision: minted.revision,
        trail: nextTrail(record),
        epoch: action.secret === 'rotate' ? record.epoch + 1 : record.epoch,
        fence: record.fence,
        credential: nextCredential(record.credential, action, minted.digest, now, via),
        createdAt: record.createdAt,
        touchedAt: touch ? Math.max(record.touchedAt, now) : record.touchedAt,
        expiresAt: record.expiresAt,
        schema,
        data,
        flash,
      },
      session,
    )

/** The session that a record tells of. */
export const sessionOf = <A>(id: SessionId, record: Live, data: A, flash: Flash, initial: A): Session<A> => ({
  id,
  data,
  subject: record.subject === undefined ? none : some(record.subject),
  flash,
  createdAt: record.createdAt,
  touchedAt: record.touchedAt,
  initial,
  lifetime: record.lifetime === undefined ? none : some(record.lifetime),
  intent: 'none',
  revision: some(record.revision),
  proof: none,
})

/** Whether two records say the same to a reader: data, subject and flash. Another request's renewal is no conflict to `ifUnchanged` (design §6). */
export const sameContent = (a: Live, b: Live): boolean =>
  JSON.stringify([a.data, a.subject, a.flash]) === JSON.stringify([b.data, b.subject, b.flash])
