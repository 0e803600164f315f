/**
 * ```ts
 * slicesOf: (subject) => Promise<Slices>
 * ```
 * Every scenario as slices of requests to an application in this process: what is prepared, what is measured, and what
 * must have come out. A wrong answer is an exception.
 */
import { cookieOf, drive, prepare, type Seen } from './drive.ts'
import { keyOf, member, nothing, paths, type Subject, visit } from './Subject.ts'

/** What a scenario is measured against. `flight`: 16 bare requests at once, with cookies. */
export type Base = 'bare' | 'bare with cookie' | 'bare 16 in flight'

/** Each scenario and its base. `empty` is a middleware that does nothing, the control for frameworks made of middleware. */
export const baseOf = {
  empty: 'bare',
  untouched: 'bare',
  read: 'bare with cookie',
  write: 'bare with cookie',
  new: 'bare',
  'sign-in': 'bare with cookie',
  'read 16 in flight': 'bare 16 in flight',
  'write 16 in flight': 'bare 16 in flight',
} as const satisfies Readonly<Record<string, Base>>

export type Scenario = keyof typeof baseOf
export type Name = Scenario | Base

export const scenarios = Object.keys(baseOf) as readonly Scenario[]
export const names: readonly Name[] = ['bare', 'bare with cookie', 'bare 16 in flight', ...scenarios]

const atOnce = 16

/** What is measured, and the check afterwards, which is not. */
interface Slice {
  readonly send: () => Promise<void>
  readonly check: () => Promise<void>
}

export interface Slices {
  /** How many requests a slice of the scenario has where an ordinary one has that many. */
  readonly size: (name: Name, ordinary: number) => number
  readonly prepare: (name: Name, size: number) => Promise<Slice>
  /** The counters once more, and the last new session: at the end. */
  readonly check: () => Promise<void>
}

/** These cost a slow library no more than the others. */
const unthinned: readonly Name[] = ['bare', 'bare with cookie', 'bare 16 in flight', 'empty']

/** One after another. */
const repeat = async <A>(times: number, make: () => Promise<A>): Promise<readonly A[]> => {
  const made: A[] = []
  while (made.length < times) made.push(await make())
  return made
}

export const slicesOf = async (subject: Subject): Promise<Slices> => {
  const name = keyOf(subject)
  const reference = subject.cookieCarries === 'reference'
  const app = await subject.mount('session')
  const bare = await subject.mount('bare')
  const [bareSends, emptySends, sends] = [prepare(bare), prepare(await subject.mount('empty')), prepare(app)]
  const session = drive(app)

  const expect = (where: string, right: string, body: string): void => {
    if (body !== right) throw new Error(`${name}, ${where}: '${body}' where '${right}' is right`)
  }
  const begin = async (): Promise<string> => {
    const cookie = cookieOf((await session(paths.create, undefined, 1)).setCookie)
    if (cookie === undefined) throw new Error(`${name}: a new session came without a cookie`)
    return cookie
  }
  /** A new session whose value was read back. */
  const beginAndRead = async (): Promise<string> => {
    const cookie = await begin()
    expect('a new session', visit.user, (await session(paths.read, cookie, 1)).body)
    return cookie
  }

  const reading = await beginAndRead()
  const writing = await beginAndRead()
  const flight = await repeat(atOnce, beginAndRead)
  let created = reading
  let written = 0
  let writtenInFlight = 0
  // An old cookie that holds the data itself holds the old data.
  const counter = (writes: number): string => String(reference ? writes : 1)

  const slice = (send: () => Promise<Seen>, check: (seen: Seen) => void | Promise<void>): Slice => {
    let seen: Seen | undefined
    return {
      send: async () => {
        seen = await send()
      },
      check: async () => check(seen!),
    }
  }
  const isNothing = ({ body }: Seen): void => expect('a bare request', nothing, body)

  /** As many lanes as there are requests in flight, each with a session of its own. */
  const lanes = (application: typeof app, path: string) => flight.map((cookie) => prepare(application)(path, [cookie]))
  const flights = {
    bare: lanes(bare, paths.untouched),
    read: lanes(app, paths.read),
    write: lanes(app, paths.write),
  }
  const inFlight = (which: keyof typeof flights, size: number, right: () => string): Slice => {
    let bodies: readonly string[] = []
    return {
      send: async () => {
        const seen = await Promise.all(flights[which].map((send) => send(size / atOnce)))
        bodies = seen.map(({ body }) => body)
      },
      check: async () => bodies.forEach((body) => expect(`${which} ${atOnce} in flight`, right(), body)),
    }
  }

  /** The identifier or secret changes where the library can change it, and the old one is worth nothing then. */
  const checkSignIn = async (before: string, { setCookie }: Seen): Promise<void> => {
    const after = cookieOf(setCookie) ?? before
    expect('after a sign-in', member, (await session(paths.read, after, 1)).body)
    if (reference && !subject.rotates) return
    if (after === before) throw new Error(`${name}: a sign-in kept the cookie`)
    if (!subject.rotates) return
    const { body } = await session(paths.read, before, 1)
    if (body === member || body === visit.user) throw new Error(`${name}: the old cookie survived a sign-in`)
  }

  const bareSend = bareSends(paths.untouched, [undefined])
  const bareWithCookie = bareSends(paths.untouched, [reading])
  const emptySend = emptySends(paths.untouched, [undefined])
  const untouched = sends(paths.untouched, [undefined])
  const read = sends(paths.read, [reading])
  const write = sends(paths.write, [writing])
  const create = sends(paths.create, [undefined])

  const prepared: Readonly<Record<Name, (size: number) => Slice | Promise<Slice>>> = {
    bare: (size) => slice(() => bareSend(size), isNothing),
    'bare with cookie': (size) => slice(() => bareWithCookie(size), isNothing),
    'bare 16 in flight': (size) => inFlight('bare', size, () => nothing),
    empty: (size) => slice(() => emptySend(size), isNothing),
    untouched: (size) => slice(() => untouched(size), isNothing),
    read: (size) =>
      slice(
        () => read(size),
        ({ body }) => expect('read', visit.user, body),
      ),
    write: (size) => {
      written += size
      return slice(
        () => write(size),
        ({ body }) => expect('write', counter(written), body),
      )
    },
    new: (size) =>
      slice(
        () => create(size),
        ({ setCookie }) => {
          const cookie = cookieOf(setCookie)
          if (cookie === undefined || (reference && cookie === created)) throw new Error(`${name}: no new session`)
          created = cookie
        },
      ),
    'sign-in': async (size) => {
      const anonymous = await repeat(size, begin)
      const send = sends(paths.signIn, anonymous)
      return slice(
        () => send(size),
        (seen) => checkSignIn(anonymous.at(-1)!, seen),
      )
    },
    'read 16 in flight': (size) => inFlight('read', size, () => visit.user),
    'write 16 in flight': (size) => {
      writtenInFlight += size / atOnce
      return inFlight('write', size, () => counter(writtenInFlight))
    },
  }

  return {
    size: (which, ordinary) => {
      const thinned = unthinned.includes(which) ? ordinary : Math.max(1, Math.round(ordinary / subject.thinned))
      return which.endsWith('in flight') ? atOnce * Math.max(1, Math.round(thinned / atOnce)) : thinned
    },
    prepare: async (which, size) => prepared[which](size),
    check: async () => {
      expect('the last session created', visit.user, (await session(paths.read, created, 1)).body)
      if (!reference) return
      expect('the counter at the end', counter(written), (await session(paths.count, writing, 1)).body)
      for (const cookie of flight) {
        expect('a counter at the end', counter(writtenInFlight), (await session(paths.count, cookie, 1)).body)
      }
    },
  }
}
