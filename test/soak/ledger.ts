/**
 * ```ts
 * audit: (account, found) => string | undefined
 * ```
 * What clients were told of each session, and whether what the store holds in the end agrees. Pure, but for the book itself.
 */
import { type Fate, miscount, nothingCounted, type Tally, tallied } from '../faults/tally.ts'

/** Whether the session was ended: nobody asked; it was, when it had counted so many; the answer was lost. */
export type End =
  { readonly _tag: 'Open' } | { readonly _tag: 'Ended'; readonly views: number } | { readonly _tag: 'Perhaps' }

/** One session as its clients know it. */
export interface Account {
  readonly owner: string
  readonly tally: Tally
  readonly end: End
  /** Signed in for a moment: it may have expired, and been swept. */
  readonly brief: boolean
  /**
   * A logout was under way beside another rotation. Then a plain `signOut` or `destroy` is applied, whatever else the function
   * does, and after a sign-in none (design §4): the counter may have begun anew, and what the function answered is not what
   * was ended.
   */
  readonly crossed: boolean
}

export const openAccount = (owner: string): Account => ({
  owner,
  tally: nothingCounted,
  end: { _tag: 'Open' },
  brief: false,
  crossed: false,
})

/** What the store holds under an id. */
export type Found =
  | { readonly _tag: 'Live'; readonly views: number; readonly owner: string }
  | { readonly _tag: 'Ended' }
  | { readonly _tag: 'Absent' }

// Of a counter that may have begun anew only the upper bound holds.
const countedIn = ({ tally, crossed }: Account, views: number): string | undefined =>
  miscount(crossed ? { ...tally, acknowledged: 0, unknown: tally.acknowledged + tally.unknown } : tally, views)

/** What is wrong with one session, as a sentence. */
export const audit = (account: Account, found: Found): string | undefined => {
  const { owner, end, brief, crossed } = account
  if (end._tag === 'Ended')
    return found._tag === 'Live' ? 'it was ended, and stands in the store' : countedIn(account, end.views)
  if (found._tag === 'Live')
    return found.owner === owner || (crossed && found.owner === '')
      ? countedIn(account, found.views)
      : `${owner} began it, and it holds the data of ${found.owner}`
  return end._tag === 'Perhaps' || brief ? undefined : `nobody ended it, and the store says ${found._tag}`
}

/** All sessions that clients heard of, by id. */
export interface Ledger {
  readonly accounts: ReadonlyMap<string, Account>
  readonly counted: (id: string, owner: string, fate: Fate) => void
  readonly ended: (id: string, owner: string, views: number) => void
  /** Somebody asked for its end, and never heard. */
  readonly perhapsEnded: (id: string, owner: string) => void
  readonly brief: (id: string, owner: string) => void
  /** A rotation is sent; to be called with whether its answer was lost when it is answered: then it may be under way for ever. */
  readonly rotating: (id: string, owner: string, isLogout: boolean) => (isLost: boolean) => void
  /** How many increments its counter must show by now. */
  readonly floor: (id: string) => number
}

/** Rotations of one session that are under way. */
interface UnderWay {
  readonly rotations: number
  readonly logouts: number
}

export const ledger = (): Ledger => {
  const accounts = new Map<string, Account>()
  const underWay = new Map<string, UnderWay>()
  const change = (id: string, owner: string, f: (account: Account) => Account): void =>
    void accounts.set(id, f(accounts.get(id) ?? openAccount(owner)))
  return {
    accounts,
    counted: (id, owner, fate) => change(id, owner, (account) => ({ ...account, tally: tallied(account.tally, fate) })),
    ended: (id, owner, views) => change(id, owner, (account) => ({ ...account, end: { _tag: 'Ended', views } })),
    perhapsEnded: (id, owner) =>
      change(id, owner, (account) =>
        account.end._tag === 'Open' ? { ...account, end: { _tag: 'Perhaps' } } : account,
      ),
    brief: (id, owner) => change(id, owner, (account) => ({ ...account, brief: true })),
    rotating: (id, owner, isLogout) => {
      const add = (by: 1 | -1): UnderWay => {
        const { rotations, logouts } = underWay.get(id) ?? { rotations: 0, logouts: 0 }
        const now = { rotations: rotations + by, logouts: logouts + (isLogout ? by : 0) }
        if (now.rotations === 0) underWay.delete(id)
        else underWay.set(id, now)
        return now
      }
      const { rotations, logouts } = add(1)
      if (rotations > 1 && logouts > 0) change(id, owner, (account) => ({ ...account, crossed: true }))
      return (isLost) => {
        if (!isLost) add(-1)
      }
    },
    floor: (id) => {
      const account = accounts.get(id)
      return account === undefined || account.crossed ? 0 : account.tally.acknowledged
    },
  }
}
