/**
 * ```ts
 * storeContract: (name, makeStore, capabilities) => ReadonlyArray<{ name: string; run: () => Promise<void> }>
 * ```
 * The laws of a `Store` as cases for any test runner: `for (const { name, run } of storeContract(…)) it(name, run)`.
 *
 * Each case uses ids and subjects of its own: all of them may run at once, on a store that is shared and not empty. They
 * leave their records behind; those expire within hours.
 *
 * @since 0.1.0
 */
import type { Directory, Locking, Store, Sweeping } from '../effects/Store.ts'
import { systemClock } from '../effects/Clock.ts'
import type { Bench, ContractClock, Trial } from './contract/bench.ts'
import { data } from './contract/data.ts'
import { directory } from './contract/directory.ts'
import { end } from './contract/end.ts'
import { fences, lockedSubjects } from './contract/fences.ts'
import { fifo, locking } from './contract/locking.ts'
import { records } from './contract/records.ts'
import { repeat } from './contract/repeat.ts'
import { sweeping } from './contract/sweeping.ts'
import { touch } from './contract/touch.ts'
import { update } from './contract/update.ts'

export type { ContractClock } from './contract/bench.ts'

/** One case: a name for the report, and what to run; it rejects with an `Error` that has `expected` and `actual`. */
export interface ContractCase {
  readonly name: string
  readonly run: () => Promise<void>
}

/** What a store can do. What its type says must be said here, too, so that no capability goes untested. */
export type Capabilities<S extends Store> = {
  /** The store's `guarantee`. Where the last writer wins, no case asks for compare-and-set. */
  readonly guarantee: S['guarantee']
  /** The largest encoded data that the store takes, bytes. Default: the 65,536 that the session manager lets through. */
  readonly maxBytes?: number
  /** The clock of the store, if the suite may advance it (`fakeClock()`). Default: the system's, and waits of 0.1 s. */
  readonly clock?: ContractClock
} & ([S] extends [Sweeping] ? { readonly sweeping: true } : { readonly sweeping?: false }) &
  ([S] extends [Directory] ? { readonly directory: true } : { readonly directory?: false }) &
  ([S] extends [Locking]
    ? {
        readonly locking: true
        /** Whether waiters for a lease are served in the order of their coming. Default false. */
        readonly fifo?: boolean
      }
    : { readonly locking?: false; readonly fifo?: false })

type Everything = Store & Sweeping & Directory & Locking

const DEFAULT_MAX_BYTES = 65_536

const waitFor = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

/**
 * The cases of a store. `makeStore` is called once for each and may give a new store or always the same one. `name`
 * begins the name of each case.
 */
export const storeContract = <S extends Store>(
  name: string,
  makeStore: () => S | Promise<S>,
  capabilities: Capabilities<S>,
): ReadonlyArray<ContractCase> => {
  const { clock, maxBytes = DEFAULT_MAX_BYTES } = capabilities
  const benchOf = (store: S): Bench<Everything> => ({
    // The type of `capabilities` says that a flag is set exactly where `S` has what the cases ask for.
    store: store as S & Everything,
    now: (clock?.now ?? systemClock)(),
    pass: async (ms) => {
      await (clock?.advance ?? waitFor)(ms)
    },
    still: clock !== undefined,
    maxBytes,
  })
  const trials: ReadonlyArray<Trial<Everything>> = [
    ...records,
    ...update,
    ...touch,
    ...end,
    ...repeat,
    ...data,
    ...(capabilities.sweeping === true ? sweeping : []),
    ...(capabilities.directory === true ? directory : []),
    ...(capabilities.locking === true ? [...locking, ...fences] : []),
    ...(capabilities.fifo === true ? fifo : []),
    ...(capabilities.locking === true && capabilities.directory === true ? lockedSubjects : []),
  ]
  return trials
    .filter(({ cas }) => cas !== true || capabilities.guarantee === 'cas')
    .map((trial) => ({
      name: `${name}, ${trial.name}`,
      run: async () => {
        const store = await makeStore()
        if (store.guarantee !== capabilities.guarantee) throw new Error(`the store says it is ${store.guarantee}`)
        await trial.run(benchOf(store))
      },
    }))
}
