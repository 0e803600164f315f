import { expect, test } from 'vitest'
import type { Event } from '../../src/core/Event.ts'
import type { SessionId } from '../../src/core/Token.ts'
import type { StoreCalled } from '../../src/effects/combinators/observed.ts'
import { type MetricAttributes, openTelemetry } from '../../src/engine/OpenTelemetry.ts'

type Heard = Event | StoreCalled
const id = 'the-id' as SessionId
const subject = 'the-subject'

/** One event of each kind: a new kind does not compile until it is here. */
const samples: { readonly [T in Heard['_tag']]: readonly [Extract<Heard, { _tag: T }>, string, number] } = {
  created: [{ _tag: 'created', id }, 'session.created', 1],
  loaded: [{ _tag: 'loaded', id }, 'session.loaded', 1],
  committed: [{ _tag: 'committed', id, attempts: 3 }, 'session.committed', 1],
  replayed: [{ _tag: 'replayed', id, attempt: 2 }, 'session.replayed', 1],
  renewed: [{ _tag: 'renewed', id }, 'session.renewed', 1],
  rotated: [{ _tag: 'rotated', id }, 'session.rotated', 1],
  'signed-in': [{ _tag: 'signed-in', id, subject, replaced: id }, 'session.signed_in', 1],
  'signed-out': [{ _tag: 'signed-out', id, subject }, 'session.signed_out', 1],
  ended: [{ _tag: 'ended', id, by: 'reuse' }, 'session.ended', 1],
  expired: [{ _tag: 'expired', id, deadline: 'idle' }, 'session.expired', 1],
  rejected: [{ _tag: 'rejected', reason: 'unknown', id }, 'session.rejected', 1],
  'token-reused': [{ _tag: 'token-reused', id }, 'session.token_reused', 1],
  dropped: [{ _tag: 'dropped', reason: 'ended', updates: 4, id }, 'session.dropped', 4],
  'lock-waited': [{ _tag: 'lock-waited', id, waited: 250 }, 'session.lock.wait', 0.25],
  swept: [{ _tag: 'swept', removed: 7 }, 'session.swept', 7],
  'store-failed': [
    { _tag: 'store-failed', operation: 'load', cause: new Error('the-id'), fatal: true },
    'store.failed',
    1,
  ],
  warned: [{ _tag: 'warned', message: 'the-subject' }, 'warning', 1],
  'store-called': [{ _tag: 'store-called', operation: 'load', outcome: 'Live', ms: 500 }, 'store.call.duration', 0.5],
}

test.each(Object.values(samples))('$_tag: %o', (event, name, value) => {
  const made: Array<string> = []
  const measured: Array<readonly [string, number, MetricAttributes | undefined]> = []
  const instrument = (of: string): ((value: number, attributes?: MetricAttributes) => void) => {
    made.push(of)
    return (amount, attributes) => void measured.push([of, amount, attributes])
  }
  const observe = openTelemetry({
    meter: {
      createCounter: (of) => ({ add: instrument(of) }),
      createHistogram: (of) => ({ record: instrument(of) }),
    },
  })
  const before = made.length
  observe(event)
  observe(event)
  expect(made.length).toBe(before)
  expect(new Set(made).size).toBe(before)
  expect(measured.map(([of, amount]) => [of, amount])).toEqual([
    [`coatcheck.${name}`, value],
    [`coatcheck.${name}`, value],
  ])
  expect(JSON.stringify(measured)).not.toMatch(/the-id|the-subject/)
})
