import { none, some } from '#fp-ts/Option'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Update } from '../../src/core/Plan.ts'
import { expiresAt } from '../../src/core/Policy.ts'
import type { Content } from '../../src/core/Record.ts'
import { createdRecord, dated, sameContent, sessionOf, updatedRecord } from '../../src/core/Record.ts'
import * as Session from '../../src/core/Session.ts'
import type { Live } from '../../src/core/Stored.ts'
import { FORMAT, nextTrail } from '../../src/core/Stored.ts'
import type { Data, S } from './arbitraries.ts'
import {
  DIGESTS,
  digest,
  HOUR,
  ID,
  INITIAL,
  livingSessions,
  lives,
  millis,
  MINUTE,
  NOW,
  policies,
  policyOf,
  sessions,
} from './arbitraries.ts'

const content: Content = { schema: 2, data: { views: 1 }, flash: { notice: 'x' } }
const vias = fc.constantFrom('current' as const, 'renewed' as const)
const actions: fc.Arbitrary<Update> = fc.record({
  _tag: fc.constant('Update' as const),
  secret: fc.constantFrom('keep' as const, 'rotate' as const, 'renew' as const),
  confirm: fc.boolean(),
  essential: fc.boolean(),
})

/** A record, an update of it, and what came out. */
const updates = fc
  .record({
    policy: policies,
    now: millis,
    record: lives,
    session: livingSessions,
    action: actions,
    via: vias,
    touch: fc.boolean(),
    digest,
  })
  .map((all) => {
    const { policy, now, record, session, action, via, touch } = all
    const minted = { revision: 'new', digest: action.secret === 'keep' ? undefined : all.digest }
    return {
      ...all,
      after: updatedRecord(policy, now)(record, dated(now)(session), action, via, touch, minted, content),
    }
  })

describe('the laws of Record', () => {
  it('1. an updated record remembers the one that it replaces', () => {
    fc.assert(
      fc.property(updates, ({ record, after }) => {
        expect(after).toMatchObject({ revision: 'new', trail: nextTrail(record), format: FORMAT, ...content })
        expect(after.trail[0]).toBe(record.revision)
      }),
    )
  })

  it('2. only rotate raises the epoch; createdAt never changes; touchedAt never falls', () => {
    fc.assert(
      fc.property(updates, ({ now, record, action, touch, after }) => {
        expect(after.epoch).toBe(record.epoch + (action.secret === 'rotate' ? 1 : 0))
        expect(after.createdAt).toBe(record.createdAt)
        expect(after.touchedAt).toBe(touch ? Math.max(record.touchedAt, now) : record.touchedAt)
      }),
    )
  })

  it('3. without rotate or renew the digest stays; after renew the old one is remembered; after rotate none is', () => {
    fc.assert(
      fc.property(updates, ({ now, record, action, via, after, digest: minted }) => {
        const before = record.credential
        switch (action.secret) {
          case 'keep': {
            const confirmedAt = action.confirm ? { confirmedAt: now } : {}
            const renewed = before.renewed === undefined ? {} : { renewed: { ...before.renewed, ...confirmedAt } }
            expect(after.credential).toStrictEqual({ ...before, ...renewed })
            break
          }
          case 'rotate':
            expect(after.credential).toStrictEqual({ digest: minted, mintedAt: now, rotatedAt: now })
            break
          case 'renew': {
            const presented = via === 'renewed' && before.renewed !== undefined ? before.renewed.digest : before.digest
            expect(after.credential).toMatchObject({ digest: minted, mintedAt: now, renewed: { digest: presented } })
            expect(after.credential.renewed?.confirmedAt).toBeUndefined()
            expect(after.credential.rotatedAt).toBe(before.rotatedAt)
          }
        }
      }),
    )
  })

  it('4. sessionOf tells what was stored of a session', () => {
    fc.assert(
      fc.property(
        policies,
        millis,
        livingSessions,
        updates,
        (policy, now, session, { after, session: updated, now: then }) => {
          const created = createdRecord(policy, now)(dated(now)(session), 'r1', DIGESTS[0]!, content)
          const stored: ReadonlyArray<readonly [Live, S]> = [
            [created, dated(now)(session)],
            [after, dated(then)(updated)],
          ]
          for (const [record, of] of stored)
            expect(sessionOf(ID, record, of.data, of.flash, INITIAL)).toStrictEqual({
              ...of,
              createdAt: record.createdAt,
              touchedAt: record.touchedAt,
              intent: 'none',
              revision: some(record.revision),
              proof: none,
            })
        },
      ),
    )
  })
})

describe('createdRecord', () => {
  it('begins at now, with its own epoch and no trail', () => {
    fc.assert(
      fc.property(policies, millis, livingSessions, (policy, now, session) => {
        const record = createdRecord(policy, now)(dated(now)(session), 'r1', DIGESTS[0]!, content)
        expect(record).toMatchObject({
          _tag: 'Live',
          format: FORMAT,
          revision: 'r1',
          trail: [],
          epoch: 0,
          fence: 0,
          credential: { digest: DIGESTS[0]!, mintedAt: now },
          createdAt: now,
          touchedAt: now,
          ...content,
        })
        expect(record.expiresAt).toBe(expiresAt(policy)(record))
      }),
    )
  })

  it('holds JSON only: no absent member is undefined', () => {
    fc.assert(
      fc.property(policies, livingSessions, updates, (policy, session, { after }) => {
        const record = createdRecord(policy, NOW)(dated(NOW)(session), 'r1', DIGESTS[0]!, content)
        for (const live of [record, after]) expect(JSON.parse(JSON.stringify(live))).toStrictEqual({ ...live })
      }),
    )
  })
})

describe('updatedRecord', () => {
  it('says when the session will be over', () => {
    fc.assert(
      fc.property(updates, ({ policy, after }) => {
        expect(after.expiresAt).toBe(expiresAt(policy)(after))
      }),
    )
  })

  it('a sign-in moves the absolute deadline, nothing else does', () => {
    const p = policyOf({ idleTimeout: 24 * HOUR })
    const created = createdRecord(p, NOW)(Session.fresh(ID, INITIAL, NOW), 'r1', DIGESTS[0]!, content)
    const change = (session: S, now: number): Live =>
      updatedRecord(p, now)(
        created,
        dated(now)(session),
        { _tag: 'Update', secret: 'rotate', confirm: false, essential: true },
        'current',
        true,
        { revision: 'r2', digest: DIGESTS[1] },
        content,
      )
    const base = sessionOf(ID, created, INITIAL, {}, INITIAL)
    expect(change(Session.regenerate(base), NOW + 23 * HOUR).expiresAt).toBe(NOW + 24 * HOUR)
    expect(change(Session.signIn<Data>('ada')(base), NOW + 23 * HOUR).expiresAt).toBe(NOW + 47 * HOUR)
  })

  it('a secret lost on its way is replaced without its predecessor being lost too', () => {
    const lost: Live = {
      ...createdRecord(policyOf({}), NOW)(Session.fresh(ID, INITIAL, NOW), 'r1', DIGESTS[0]!, content),
      credential: { digest: DIGESTS[1]!, mintedAt: NOW, renewed: { digest: DIGESTS[0]! } },
    }
    const again = updatedRecord(policyOf({}), NOW + HOUR)(
      lost,
      sessionOf(ID, lost, INITIAL, {}, INITIAL),
      { _tag: 'Update', secret: 'renew', confirm: false, essential: false },
      'renewed',
      true,
      { revision: 'r2', digest: DIGESTS[2] },
      content,
    )
    expect(again.credential).toEqual({ digest: DIGESTS[2], mintedAt: NOW + HOUR, renewed: { digest: DIGESTS[0] } })
  })
})

describe('dated', () => {
  it('dates a sign-in that has no time yet, and no other', () => {
    fc.assert(
      fc.property(sessions, millis, (s, now) => {
        expect(dated(now)(s)).toBe(s)
        const signedIn = Session.signIn<Data>({ id: 'eve', level: 1 })(s)
        const once = dated(now)(signedIn)
        expect(once).toStrictEqual({ ...signedIn, subject: some({ id: 'eve', authenticatedAt: now, level: 1 }) })
        expect(dated(now + MINUTE)(once)).toBe(once)
      }),
    )
  })
})

describe('sameContent', () => {
  it('looks at data, subject and flash: another renewal or touch is no change', () => {
    fc.assert(
      fc.property(lives, updates, (live, { after }) => {
        const { data, flash, subject } = live
        const told = { ...after, data, flash }
        const { subject: _other, ...anonymous } = told
        expect(sameContent(live, subject === undefined ? anonymous : { ...anonymous, subject })).toBe(true)
        expect(sameContent(live, { ...live, data: { other: true } })).toBe(false)
        expect(sameContent(live, { ...live, flash: { ...flash, more: 'x' } })).toBe(false)
        expect(sameContent(live, { ...live, subject: { id: 'nobody', authenticatedAt: 0 } })).toBe(false)
      }),
    )
  })
})
