/**
 * One run on one store: starts a database and the site's processes, lets visitors come, breaks things meanwhile, and looks at
 * what is left. Ends everything that it started, whatever happens.
 */
import { isLeft } from '#fp-ts/Either'
import type { Backend, SoakStore } from './backends.ts'
import { openStore, startBackend } from './backends.ts'
import { client } from './client.ts'
import type { Account, Found } from './ledger.ts'
import { type Figures, type Load, load } from './load.ts'
import { type Incarnation, startProcess } from './processes.ts'
import { seedDead } from './seeds.ts'
import { type Findings, type Health, sums, type Sums, verdict } from './verdict.ts'
import { haunt, request, visitor } from './visitors.ts'
import { BRIEF, type StoreName, type Vitals } from './wire.ts'

/** What is broken while visitors are there. */
export type Disturbance = 'restart' | 'kill' | 'process'

export interface RunOptions {
  readonly store: StoreName
  readonly processes: number
  readonly sessions: number
  /** Visitors that are active at once. */
  readonly clients: number
  readonly seed: number
  /** How long the mixed traffic lasts: ms, or so many acknowledged increments. */
  readonly span: { readonly ms: number } | { readonly increments: number }
  /** What is broken, and at which part of the span. */
  readonly disturbances: ReadonlyArray<readonly [at: number, what: Disturbance]>
  /** How often vital signs are taken, evenly over the span. */
  readonly samples: number
  readonly signal: AbortSignal
  readonly tell: (text: string) => void
}

export interface Outcome {
  readonly store: StoreName
  readonly durability: string
  /** ms of mixed traffic. */
  readonly lasted: number
  readonly sums: Sums
  readonly figures: Figures
  readonly processes: ReadonlyArray<Health>
  readonly connections: Findings['connections']
  /** What the managers told, by the kind of event. */
  readonly events: Readonly<Record<string, number>>
  /** What was looked at when the load was gone. */
  readonly looked: { readonly cookies: number; readonly good: number; readonly dead: number; readonly expired: number }
  /** Sentences; none when all is well. */
  readonly wrong: ReadonlyArray<string>
}

/** How long the database is away, ms. */
const AWAY = 500
/** How long a condition is waited for that must come to be when the load is gone, ms. */
const SOON = 20_000
/** How long a run may take that is not measured in time, or longer than its time. ms */
const LATEST = 120_000
/** How many final looks are under way at once. */
const LOOKING = 16

interface Process {
  readonly incarnation: Incarnation
  readonly start: Vitals
  readonly during: Array<Vitals>
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Asks until it holds, or for `SOON`; answers what was said last. */
const settled = async <A>(ask: () => Promise<A>, holds: (answer: A) => boolean): Promise<A> => {
  const until = Date.now() + SOON
  for (;;) {
    const answer = await ask()
    if (holds(answer) || Date.now() > until) return answer
    await pause(100)
  }
}

const forEach = async <A>(items: ReadonlyArray<A>, work: (item: A) => Promise<unknown>): Promise<void> => {
  const left = [...items].reverse()
  const one = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item)
  }
  await Promise.all(Array.from({ length: LOOKING }, one))
}

/** Every route once, and two who want the same lock, so that all is open and loaded that ever will be. */
const warmUp = async ({ world }: Load, { port, name }: Incarnation): Promise<void> => {
  const own = client()
  const warming = { ...world, client: own }
  const who = visitor(`w${name.split(' ')[0]!}-${port}`)
  const at = { port, as: `${who.key}/a`, hold: 100 }
  for (const route of ['untouched', 'read', 'transact', 'update', 'stream', 'sign-in', 'regenerate'] as const)
    await request(warming, who, { ...at, route })
  await Promise.all((['early', 'early', 'explicit'] as const).map((route) => request(warming, who, { ...at, route })))
  for (const route of ['poll', 'broken', 'sign-out', 'destroy'] as const) await request(warming, who, { ...at, route })
  own.close()
}

/** What is open when nobody does anything: one connection at most, which listens or is the client's only one. */
const atRest = (incarnation: Incarnation): Promise<Vitals> => {
  let before: Vitals | undefined
  return settled(incarnation.vitals, (now) => {
    const same = before?.connections === now.connections && before.descriptors === now.descriptors
    before = now
    return same && now.connections <= 1
  })
}

const loaded = async (store: SoakStore, id: string): Promise<Found> => {
  const answer = await store.load(id as Parameters<SoakStore['load']>[0])()
  if (isLeft(answer)) throw new Error('the store could not be read in the end', { cause: answer.left.cause })
  if (answer.right._tag === 'None') return { _tag: 'Absent' }
  const stored = answer.right.value
  if (stored._tag === 'Ended') return { _tag: 'Ended' }
  const { views, owner } = stored.data as { readonly views: number; readonly owner: string }
  return { _tag: 'Live', views, owner }
}

/** What is left when the visitors are gone: who opens what, and what can not be opened any more. */
const lookAround = async ({ world, visitors }: Load): Promise<Outcome['looked']> => {
  let [cookies, good, expired] = [0, 0, 0]
  await forEach(visitors, async (who) => {
    if (who.jar.header() === undefined) return
    cookies += 1
    const { answer, id } = await request(world, who, { route: 'read', steady: who.health === 'sound' })
    if (answer._tag === 'Answered' && answer.seen?.id === id) good += 1
  })
  await forEach(world.dead, async (dead) => {
    await haunt(world, dead, 'read')
    await haunt(world, dead, 'transact')
  })
  const last = Math.max(0, ...world.brief.map(({ at }) => at))
  await pause(Math.max(0, last + 2 * BRIEF - Date.now()))
  await forEach(world.brief, async ({ visitor: key, cookie, id }) => {
    const { answer } = await request(world, visitor(key), { route: 'poll', dead: { visitor: key, cookie, id } })
    if (answer._tag === 'Answered' && answer.seen?.fresh === true) expired += 1
  })
  return { cookies, good, dead: world.dead.length, expired }
}

/** Runs it. Rejects when it was interrupted, or could not be brought to its end. */
export const soak = async (options: RunOptions): Promise<Outcome> => {
  const { store: name, processes: size, span, disturbances, samples, signal, tell } = options
  const closing: Array<() => unknown> = []
  try {
    tell('starting the database')
    const backend: Backend = await startBackend(name)
    closing.push(backend.stop)
    const { place, durability } = backend
    const watcher = await openStore(place, -1)
    closing.push(watcher.close)
    const unswept = await seedDead(watcher.store)

    signal.throwIfAborted()
    tell(`starting ${size} processes`)
    const running: Array<Process> = []
    const past: Array<Health> = []
    const visiting = load({ ...options, ports: () => running.map(({ incarnation }) => incarnation.port) })
    closing.push(visiting.client.close, visiting.stop)
    const begin = async (index: number): Promise<void> => {
      const incarnation = await startProcess({ place, index })
      closing.push(incarnation.kill)
      await warmUp(visiting, incarnation)
      running[index] = { incarnation, start: await atRest(incarnation), during: [] }
    }
    const indices = Array.from({ length: size }, (_, index) => index)
    const begun = await Promise.allSettled(indices.map(begin))
    for (const one of begun) if (one.status === 'rejected') throw one.reason
    const start = await backend.clients()

    tell(`${options.sessions} visitors arrive`)
    await visiting.arrive()
    const since = Date.now()
    const latest = since + ('ms' in span ? 2 * span.ms + LATEST : LATEST)
    const progress = (): number =>
      'ms' in span ? (Date.now() - since) / span.ms : (visiting.acknowledged() - arrived) / span.increments
    const arrived = visiting.acknowledged()
    visiting.begin()

    const reached = async (part: number): Promise<void> => {
      while (progress() < part) {
        signal.throwIfAborted()
        visiting.check()
        if (Date.now() > latest)
          throw new Error(`the run did not come to its end: ${visiting.acknowledged()} increments`)
        await pause(20)
      }
    }
    const events = new Map<string, Readonly<Record<string, number>>>()
    const look = async (): Promise<void> => {
      for (const { incarnation, during } of [...running])
        if (incarnation.alive()) {
          during.push(await incarnation.vitals())
          events.set(`${incarnation.name} ${incarnation.port}`, incarnation.events())
        }
    }
    const disturb: Readonly<Record<Disturbance, () => Promise<void>>> = {
      restart: async () => {
        await backend.down('graceful')
        await pause(AWAY)
        await backend.up()
      },
      kill: async () => {
        await backend.down('kill')
        await pause(AWAY)
        await backend.up()
      },
      process: async () => {
        const index = past.length % size
        const { incarnation, start: first, during } = running[index]!
        await incarnation.kill()
        past.push({ name: `${incarnation.name}, killed`, start: first, during, end: undefined })
        await begin(index)
      },
    }
    const steps = [
      ...disturbances.map(([at, what]) => ({ at, what, step: disturb[what] })),
      ...Array.from({ length: samples }, (_, index) => ({ at: (index + 1) / samples, what: 'sample', step: look })),
    ].sort((a, b) => a.at - b.at)
    for (const { at, what, step } of steps) {
      await reached(at)
      tell(`${Math.floor(at * 100)} %, ${visiting.acknowledged()} increments: ${what}`)
      await step()
    }
    await reached(1)
    tell('the visitors leave')
    await visiting.stop()
    const lasted = Date.now() - since

    tell('looking at what is left')
    const looked = await lookAround(visiting)
    const { accounts } = visiting.ledger
    const found = new Map<string, Found>()
    await forEach([...accounts.keys()], async (id) => void found.set(id, await loaded(watcher.store, id)))
    visiting.client.close()
    const processes: Array<Health> = [...past]
    for (const { incarnation, start: first, during } of running) {
      if (!incarnation.alive()) throw new Error(`process ${incarnation.name} ended by itself`)
      const end = await settled(
        incarnation.vitals,
        ({ descriptors, connections }) =>
          (descriptors ?? 0) <= (first.descriptors ?? 0) && connections <= first.connections,
      )
      processes.push({ name: incarnation.name, start: first, during, end })
    }
    const findings: Findings = {
      accounts: accounts satisfies ReadonlyMap<string, Account>,
      found,
      complaints: [
        ...visiting.complaints,
        ...(looked.expired < visiting.world.brief.length ? ['sessions outlived their idle timeout'] : []),
      ],
      processes,
      connections: { start, end: await settled(backend.clients, (clients) => clients <= start) },
      unswept: await unswept(),
    }
    const told: Record<string, number> = {}
    for (const counted of events.values())
      for (const [kind, times] of Object.entries(counted)) told[kind] = (told[kind] ?? 0) + times
    return {
      ...{ store: name, durability, lasted, processes, looked, events: told },
      connections: findings.connections,
      sums: sums(findings),
      figures: visiting.figures(),
      wrong: verdict(findings),
    }
  } finally {
    for (const close of closing.reverse())
      try {
        await close()
      } catch {
        // What ended the run is told; the rest must end all the same.
      }
  }
}
