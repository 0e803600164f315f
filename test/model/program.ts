/**
 * What a run of the model test is made of: who asks for what, how the store calls interleave, which of them fail. A value,
 * so that fast-check can shrink it and a report can print it.
 */
import * as fc from 'fast-check'

const STEPS = [
  'read',
  'passive',
  'update',
  'transact',
  'commit',
  'headers',
  'regenerate',
  'sign in ada',
  'prove ada',
  'sign in bob',
  'sign out',
  'destroy',
  'lock',
  'release',
  'revoke ada',
  'sweep',
  'wait a minute',
  'wait 10 minutes',
  'wait 3 hours',
] as const

/** One thing that a request's handler does. `headers`: the response begins to leave, and the handler goes on as a stream. */
export type Step = (typeof STEPS)[number]

/** One request: sent with what its browser holds then. */
export interface Asked {
  readonly browser: 0 | 1
  /** Which of two processes serves it. */
  readonly process: 0 | 1
  readonly steps: ReadonlyArray<Step>
  /** How it is answered; `thrown`: with an error that no status was given to. */
  readonly status: 200 | 500 | 'thrown'
  /** Whether its response never arrives. */
  readonly lost: boolean
}

/** before: no effect; after: effect, no answer; late: no answer, and the effect comes when it comes. */
export type Fault = 'none' | 'before' | 'after' | 'late'

/** Which of the calls that wait goes next (modulo their number), and how it fails. */
export interface Choice {
  readonly pick: number
  readonly fault: Fault
}

export interface Program {
  /** What both browsers begin with. */
  readonly begins: 'nothing' | 'anonymous' | 'ada'
  readonly renewing: boolean
  /** Whether a cookie may come twice, the second one being an earlier one of that browser's. */
  readonly doubled: boolean
  readonly requests: ReadonlyArray<Asked>
  readonly choices: ReadonlyArray<Choice>
}

const weighted = <A>(...parts: ReadonlyArray<readonly [number, A]>): fc.Arbitrary<A> =>
  fc.oneof(...parts.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })))

// Most programs must be able to go well: what ends a session is rarer than what writes to it.
const WEIGHTS: Readonly<Partial<Record<Step, number>>> = {
  update: 12,
  transact: 16,
  read: 8,
  commit: 8,
  headers: 4,
  regenerate: 8,
  lock: 6,
  'wait 3 hours': 1,
}

const step: fc.Arbitrary<Step> = weighted(...STEPS.map((one) => [WEIGHTS[one] ?? 3, one] as const))

const asked: fc.Arbitrary<Asked> = fc.record({
  browser: weighted<0 | 1>([5, 0], [1, 1]),
  process: weighted<0 | 1>([2, 0], [1, 1]),
  steps: fc.array(step, { minLength: 1, maxLength: 4 }),
  status: weighted<Asked['status']>([10, 200], [1, 500], [1, 'thrown']),
  lost: weighted([6, false], [1, true]),
})

/** All programs of up to five requests; half of them without a fault. */
export const program: fc.Arbitrary<Program> = fc.boolean().chain((calm) =>
  fc.record({
    begins: weighted<Program['begins']>([4, 'ada'], [2, 'anonymous'], [1, 'nothing']),
    renewing: fc.boolean(),
    doubled: weighted([15, false], [1, true]),
    requests: fc.array(asked, { minLength: 2, maxLength: 5 }),
    choices: fc.array(
      fc.record({
        pick: fc.nat(5),
        fault: calm
          ? fc.constant<Fault>('none')
          : weighted<Fault>([16, 'none'], [1, 'before'], [1, 'after'], [1, 'late']),
      }),
      { maxLength: 80, size: 'max' },
    ),
  }),
)
