/** The load: as many visitors at once as asked for, until told to stop. */
import type { Fate } from '../faults/tally.ts'
import type { Answer, RouteName } from './judge.ts'
import { type Client, client } from './client.ts'
import { type Ledger, ledger } from './ledger.ts'
import { drawing } from './random.ts'
import { haunt, passBy, request, round, type Visitor, visitor, type World } from './visitors.ts'

export interface LoadOptions {
  readonly sessions: number
  /** Visitors that are active at once. */
  readonly clients: number
  readonly seed: number
  /** Where the processes listen now. */
  readonly ports: () => ReadonlyArray<number>
  readonly signal: AbortSignal
}

/** What came back, in figures. */
export interface Figures {
  readonly requests: number
  /** By route: what clients were told. */
  readonly routes: Readonly<Partial<Record<RouteName, Readonly<Record<Fate, number>>>>>
  /** By status; 'none' when no answer came. */
  readonly statuses: Readonly<Record<string, number>>
  /** The longest that an answer took, ms. */
  readonly longest: number
}

export interface Load {
  readonly world: World
  readonly client: Client
  readonly visitors: ReadonlyArray<Visitor>
  readonly ledger: Ledger
  readonly complaints: ReadonlyArray<string>
  readonly figures: () => Figures
  /** Increments that are acknowledged so far. */
  readonly acknowledged: () => number
  /** Every visitor begins a session. */
  readonly arrive: () => Promise<void>
  /** Mixed traffic until `stop`. */
  readonly begin: () => void
  /** Throws what ended the traffic, if anything did. */
  readonly check: () => void
  /** Begins nothing more, and resolves when all is answered. */
  readonly stop: () => Promise<void>
}

/** The most that is remembered of what went wrong: one fault may be told a thousand times. */
const TOLD = 200

/** How long a browser waits that was answered with an error, ms. */
const AWHILE = 30

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export const load = ({ sessions, clients, seed, ports, signal }: LoadOptions): Load => {
  const complaints: Array<string> = []
  const routes: Partial<Record<RouteName, Record<Fate, number>>> = {}
  const statuses: Record<string, number> = {}
  let requests = 0
  let longest = 0
  let acknowledged = 0
  let stopped = false
  let failure: { readonly cause: unknown } | undefined
  let running: Promise<unknown> = Promise.resolve()
  const visitors = Array.from({ length: sessions }, (_, index) => visitor(`v${index}`))
  const draw = drawing(seed)
  const asking = client()
  const book = ledger()

  const noted = (route: RouteName, fate: Fate, answer: Answer, ms: number): void => {
    requests += 1
    longest = Math.max(longest, ms)
    const status = answer._tag === 'Answered' ? String(answer.status) : 'none'
    statuses[status] = (statuses[status] ?? 0) + 1
    const row = (routes[route] ??= { acknowledged: 0, refused: 0, unknown: 0 })
    row[fate] += 1
  }

  const world: World = {
    get ports() {
      return ports()
    },
    client: asking,
    ledger: {
      ...book,
      counted: (id, owner, fate) => {
        if (fate === 'acknowledged') acknowledged += 1
        book.counted(id, owner, fate)
      },
    },
    draw,
    dead: [],
    brief: [],
    noted,
    complain: (sentence) => {
      if (complaints.length < TOLD) complaints.push(sentence)
    },
  }

  const idle = (): Visitor => {
    for (;;) {
      const who = draw.of(visitors)
      if (!who.busy) return who
    }
  }

  const step = async (): Promise<void> => {
    const lot = draw.unit()
    if (lot < 0.02 && world.dead.length > 0)
      return haunt(world, draw.of(world.dead), draw.chance(0.5) ? 'read' : 'transact')
    if (lot > 0.98) return passBy(world, `p${requests}-${draw.below(1e9)}`)
    const who = idle()
    who.busy = true
    const experiences = await round(world, who)
    who.busy = false
    if (experiences.some(({ fate }) => fate !== 'acknowledged')) await pause(AWHILE)
  }

  const together = (work: () => Promise<void>): Promise<unknown> => Promise.all(Array.from({ length: clients }, work))

  return {
    world,
    client: asking,
    visitors,
    ledger: book,
    complaints,
    figures: () => ({ requests, routes, statuses, longest }),
    acknowledged: () => acknowledged,
    arrive: async () => {
      const waiting = [...visitors]
      await together(async () => {
        for (let who = waiting.pop(); who !== undefined && !signal.aborted; who = waiting.pop())
          await request(world, who, { route: 'transact' })
      })
    },
    begin: () => {
      running = together(async () => {
        while (!stopped && !signal.aborted) await step()
      })
      running.catch((cause: unknown) => {
        failure = { cause }
      })
    },
    check: () => {
      if (failure !== undefined) throw new Error('the traffic broke off', failure)
    },
    stop: async () => {
      stopped = true
      await running
    },
  }
}
