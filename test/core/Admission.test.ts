import { none, some } from '#fp-ts/Option'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { admit, maySignOut, readmit } from '../../src/core/Admission.ts'
import { deadlines, expired, expiresAt } from '../../src/core/Policy.ts'
import type { Live } from '../../src/core/Stored.ts'
import { ended, FORMAT } from '../../src/core/Stored.ts'
import {
  DAY,
  digest,
  DIGESTS,
  HOUR,
  lives,
  millis,
  MINUTE,
  NOW,
  policies,
  policyOf,
  SECOND,
  subjectIds,
  tombstones,
} from './arbitraries.ts'

const [CURRENT, PREDECESSOR, OTHER] = DIGESTS as [string, string, string]
const p = policyOf({ renewAfter: HOUR, renewGrace: 2 * MINUTE })

const live: Live = {
  _tag: 'Live',
  format: FORMAT,
  revision: 'r1',
  trail: [],
  epoch: 3,
  fence: 0,
  credential: { digest: CURRENT, mintedAt: NOW },
  subject: { id: 'ada', authenticatedAt: NOW },
  createdAt: NOW,
  touchedAt: NOW,
  expiresAt: NOW + HOUR,
  schema: 1,
  data: {},
  flash: {},
}
const rotated: Live = { ...live, credential: { digest: CURRENT, mintedAt: NOW, rotatedAt: NOW } }
const renewed = (confirmedAt?: number): Live => ({
  ...live,
  credential: {
    digest: CURRENT,
    mintedAt: NOW,
    renewed: { digest: PREDECESSOR, ...(confirmedAt === undefined ? {} : { confirmedAt }) },
  },
})
const grants = fc.record({ epoch: fc.nat(3), subject: fc.option(subjectIds, { nil: undefined }) })

describe('the laws of Admission', () => {
  it('1. only the current secret is admitted, or the renewed one within its grace', () => {
    fc.assert(
      fc.property(policies, millis, lives, digest, (policy, now, record, presented) => {
        const verdict = admit(policy, now)(some(record), presented)
        if (verdict._tag !== 'Admitted') return
        const { credential } = record
        expect(verdict.record).toBe(record)
        if (verdict.via === 'current') expect(presented).toBe(credential.digest)
        else {
          expect(presented).toBe(credential.renewed?.digest)
          expect(presented).not.toBe(credential.digest)
          expect(now).toBeLessThan((credential.renewed?.confirmedAt ?? Infinity) + policy.renewGrace)
        }
      }),
    )
  })

  it('1. and each of them is, while no deadline has passed', () => {
    fc.assert(
      fc.property(policies, millis, lives, (policy, now, record) => {
        fc.pre(expired(policy, now)(record) === undefined)
        expect(admit(policy, now)(some(record), record.credential.digest)).toEqual({
          _tag: 'Admitted',
          record,
          via: 'current',
        })
        const predecessor = record.credential.renewed
        if (predecessor === undefined || predecessor.digest === record.credential.digest) return
        const over = now >= (predecessor.confirmedAt ?? Infinity) + policy.renewGrace
        expect(admit(policy, now)(some(record), predecessor.digest)).toMatchObject(
          over ? { _tag: 'Reused', record } : { _tag: 'Admitted', via: 'renewed' },
        )
      }),
    )
  })

  it('2. no secret of an earlier epoch is admitted: a rotation forgets every other one', () => {
    fc.assert(
      fc.property(policies, millis, lives, digest, (policy, now, record, presented) => {
        const { renewed: _forgotten, ...credential } = record.credential
        fc.pre(presented !== credential.digest)
        const verdict = admit(policy, now)(some({ ...record, credential }), presented)
        expect(['Superseded', 'UnknownSecret']).toContain(verdict._tag)
      }),
    )
  })

  it('2. no request of another epoch is readmitted', () => {
    fc.assert(
      fc.property(policies, millis, lives, grants, (policy, now, record, grant) => {
        const verdict = readmit(policy, now)(some(record), grant)
        if (grant.epoch === record.epoch) expect(verdict._tag).not.toBe('Superseded')
        else expect(verdict).toEqual({ _tag: 'Superseded', record })
      }),
    )
  })

  it('3. nothing past a deadline is admitted', () => {
    fc.assert(
      fc.property(policies, millis, lives, digest, (policy, now, record, presented) => {
        const verdict = admit(policy, now)(some(record), presented)
        const deadline = expired(policy, now)(record)
        if (verdict._tag === 'Admitted') expect(deadline).toBeUndefined()
        if (verdict._tag === 'Expired') expect(verdict.deadline).toBe(deadline)
      }),
    )
  })

  it('3. a readmission forgives a deadline for supersededFor, not longer', () => {
    fc.assert(
      fc.property(policies, millis, lives, (policy, now, record) => {
        const verdict = readmit(policy, now)(some(record), { epoch: record.epoch, subject: record.subject?.id })
        const forgiven = now < expiresAt(policy)(record) + policy.supersededFor
        expect(verdict).toEqual(forgiven ? { _tag: 'Readmitted', record } : { _tag: 'Ended' })
      }),
    )
  })

  it('4. without a record, or with a tombstone, nothing is admitted or readmitted', () => {
    fc.assert(
      fc.property(policies, millis, tombstones, digest, grants, (policy, now, tombstone, presented, grant) => {
        expect(admit(policy, now)(none, presented)).toEqual({ _tag: 'Unknown' })
        expect(admit(policy, now)(some(tombstone), presented)).toEqual({ _tag: 'Ended' })
        expect(readmit(policy, now)(none, grant)).toEqual({ _tag: 'Ended' })
        expect(readmit(policy, now)(some(tombstone), grant)).toEqual({ _tag: 'Ended' })
      }),
    )
  })
})

describe('on the edge', () => {
  it('supersededFor: any other secret is superseded before it, and unknown from then on', () => {
    const at = (now: number) => admit(p, now)(some(rotated), OTHER)._tag
    expect(at(NOW)).toBe('Superseded')
    expect(at(NOW + MINUTE - 1)).toBe('Superseded')
    expect(at(NOW + MINUTE)).toBe('UnknownSecret')
    expect(admit(p, NOW)(some(live), OTHER)._tag).toBe('UnknownSecret')
  })

  it('renewGrace: counted from the first use of the new secret, however late that was', () => {
    const at = (now: number, confirmedAt?: number) => admit(p, now)(some(renewed(confirmedAt)), PREDECESSOR)
    expect(at(NOW + 50 * MINUTE)).toMatchObject({ _tag: 'Admitted', via: 'renewed' })
    expect(at(NOW + 32 * MINUTE - 1, NOW + 30 * MINUTE)).toMatchObject({ _tag: 'Admitted', via: 'renewed' })
    expect(at(NOW + 32 * MINUTE, NOW + 30 * MINUTE)).toMatchObject({ _tag: 'Reused' })
    expect(admit(p, NOW + 40 * MINUTE)(some(renewed(NOW)), CURRENT)).toMatchObject({ _tag: 'Admitted', via: 'current' })
  })

  it('deadlines: over at, not after', () => {
    const at = (now: number) => admit(p, now)(some(live), CURRENT)
    expect(at(NOW + HOUR - 1)._tag).toBe('Admitted')
    expect(at(NOW + HOUR)).toEqual({ _tag: 'Expired', deadline: 'idle' })
    expect(at(NOW + DAY)).toEqual({ _tag: 'Expired', deadline: 'absolute' })
  })

  it('a reload is forgiven the idle and the absolute deadline for supersededFor', () => {
    const grant = { epoch: 3, subject: 'ada' }
    const busy = { ...live, touchedAt: NOW + DAY - SECOND }
    for (const record of [live, busy]) {
      const { idleAt, absoluteAt } = deadlines(p)(record)
      const over = Math.min(idleAt, absoluteAt) + MINUTE
      expect(readmit(p, over - 1)(some(record), grant)._tag).toBe('Readmitted')
      expect(readmit(p, over)(some(record), grant)._tag).toBe('Ended')
    }
  })

  it('a reload is not asked for its secret again: a renewal does not punish it', () => {
    const away = { ...live, credential: { digest: OTHER, mintedAt: NOW } }
    expect(readmit(p, NOW)(some(away), { epoch: 3, subject: 'ada' })._tag).toBe('Readmitted')
  })

  it('a record whose times are no numbers is over', () => {
    const broken = { ...live, touchedAt: Number.NaN }
    expect(admit(p, NOW)(some(broken), CURRENT)._tag).toBe('Expired')
    expect(readmit(p, NOW)(some(broken), { epoch: 3, subject: 'ada' })._tag).toBe('Ended')
    expect(readmit(p, NOW)(some(ended(NOW)), { epoch: 3, subject: 'ada' })._tag).toBe('Ended')
  })
})

describe('maySignOut', () => {
  it('asks for the subject that the request was admitted with, none being one of them', () => {
    fc.assert(
      fc.property(lives, grants, (record, grant) => {
        expect(maySignOut(record, grant)).toBe(record.subject?.id === grant.subject)
      }),
    )
  })
})
