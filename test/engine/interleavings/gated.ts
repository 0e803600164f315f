/** A store whose every call waits its turn, and that notes what each call changed: the history of one run. */
import type { Either } from '#fp-ts/Either'
import { left } from '#fp-ts/Either'
import * as O from '#fp-ts/Option'
import type { TaskEither } from '#fp-ts/TaskEither'
import type { Stored } from '../../../src/core/Stored.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import type { Acquired, Busy, Gone, StoreError, StoreOperation } from '../../../src/effects/Store.ts'
import { storeError } from '../../../src/effects/Store.ts'
import type { MemoryStore } from '../../../src/stores/memory.ts'
import type { Gate } from '../schedule.ts'

/** One change of one record, as it took effect. */
export interface Effect {
  readonly actor: number
  readonly verb: StoreOperation
  readonly id: SessionId
  readonly before: Stored | undefined
  readonly after: Stored | undefined
  readonly now: number
  /** Who held the session's lease then. */
  readonly holder: number | undefined
}

/** One look at one record. */
export interface Look {
  readonly actor: number
  readonly id: SessionId
  readonly stored: Stored | undefined
}

/** What happened in one run, and what stands. */
interface History {
  readonly effects: Array<Effect>
  readonly looks: Array<Look>
  /** The store calls as they took effect: actor, verb and answer. */
  readonly calls: Array<string>
  readonly ids: Set<SessionId>
  /** Who has the leases. */
  readonly holders: Map<SessionId, { readonly actor: number; readonly until: number }>
  /** How many calls were made. */
  made: number
}

export const history = (): History => ({
  effects: [],
  looks: [],
  calls: [],
  ids: new Set(),
  holders: new Map(),
  made: 0,
})

/** Which call of a run, counted over all actors, loses its answer, and whether it took effect. */
export interface Losing {
  readonly nth: number
  readonly effect: boolean
}

interface Gated {
  readonly gate: Gate
  /** Who acts. Undefined: the set-up, which waits for nothing and is not noted. */
  readonly actor: () => number | undefined
  readonly history: History
  readonly clock: () => number
  readonly losing: Losing | undefined
}

const told = (answer: Either<StoreError, unknown>): string => {
  if (answer._tag === 'Left') return 'no answer'
  const value = answer.right as { readonly _tag?: string } | number
  return typeof value === 'object' ? (value._tag ?? 'answered') : String(value)
}

/** See the module's head. */
export const gated = (inner: MemoryStore, { gate, actor, history, clock, losing }: Gated): MemoryStore => {
  const { effects, looks, calls, ids, holders } = history

  const heldBy = (id: SessionId): number | undefined => {
    const holder = holders.get(id)
    return holder !== undefined && clock() < holder.until ? holder.actor : undefined
  }

  const peek = async (id: SessionId): Promise<Stored | undefined> => {
    const answer = await inner.load(id)()
    return answer._tag === 'Right' ? O.toUndefined(answer.right) : undefined
  }

  const through =
    <A>(
      verb: StoreOperation,
      of: SessionId | undefined,
      task: TaskEither<StoreError, A>,
      may?: () => boolean,
    ): TaskEither<StoreError, A> =>
    async () => {
      const acting = actor()
      if (of !== undefined) ids.add(of)
      if (acting === undefined) return task()
      await gate.pass(acting, may)
      const lost = losing?.nth === history.made++ ? losing : undefined
      const looked = of === undefined ? [...ids] : verb === 'load' ? [] : [of]
      const before = await Promise.all(looked.map(peek))
      const holder = of === undefined ? undefined : heldBy(of)
      const fault = left(storeError(verb, new Error('connection lost')))
      const answer = lost?.effect === false ? fault : await task()
      calls.push(`${String(acting)} ${verb}${lost === undefined ? '' : ' (its answer is lost)'} → ${told(answer)}`)
      for (const [index, id] of looked.entries()) {
        const after = await peek(id)
        if (JSON.stringify(before[index]) !== JSON.stringify(after))
          effects.push({ actor: acting, verb, id, before: before[index], after, now: clock(), holder })
        // With the record its lease is gone.
        if (after?._tag !== 'Live') holders.delete(id)
      }
      return lost === undefined ? answer : fault
    }

  // Waiting inside of the store is one call, which may take effect once the lease is free or the wait is over.
  const acquiring =
    (id: SessionId, wait: number, lease: number): TaskEither<StoreError, Acquired | Busy | Gone> =>
    async () => {
      const until = clock() + wait
      const free = (): boolean => wait === 0 || heldBy(id) === undefined || clock() >= until
      const answer = await through('acquire', id, inner.acquire(id, { wait: 0, lease }), free)()
      if (answer._tag === 'Right' && answer.right._tag === 'Acquired')
        holders.set(id, { actor: actor() ?? -1, until: answer.right.until })
      return answer
    }
  const releasing =
    (id: SessionId, fence: number): ReturnType<MemoryStore['release']> =>
    async () => {
      const answer = await through('release', id, inner.release(id, fence))()
      if (answer._tag === 'Right' && answer.right._tag === 'Released') holders.delete(id)
      return answer
    }

  return {
    guarantee: 'cas',
    local: true,
    load: (id) => async () => {
      const answer = await through('load', id, inner.load(id))()
      const acting = actor()
      if (acting !== undefined && answer._tag === 'Right')
        looks.push({ actor: acting, id, stored: O.toUndefined(answer.right) })
      return answer
    },
    create: (id, live) => through('create', id, inner.create(id, live)),
    update: (id, expected, live, fence) => through('update', id, inner.update(id, expected, live, fence)),
    touch: (id, epoch, at, until) => through('touch', id, inner.touch(id, epoch, at, until)),
    end: (id, expected, until, fence) => through('end', id, inner.end(id, expected, until, fence)),
    list: inner.list,
    count: inner.count,
    endOne: (subject, id, until) => through('endOne', id, inner.endOne(subject, id, until)),
    endAll: (subject, until, except) => through('endAll', undefined, inner.endAll(subject, until, except)),
    raiseEpoch: (subject, now) => through('raiseEpoch', undefined, inner.raiseEpoch(subject, now)),
    readEpoch: (subject) => through('readEpoch', undefined, inner.readEpoch(subject)),
    acquire: (id, { wait, lease }) => acquiring(id, wait, lease),
    renew: (id, fence, lease) => through('renew', id, inner.renew(id, fence, lease)),
    release: (id, fence) => releasing(id, fence),
    sweep: (now, limit) => through('sweep', undefined, inner.sweep(now, limit)),
  }
}
