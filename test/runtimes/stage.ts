/** A world of its own in a runtime, for one test: browsers, and the commands that set its clock, its gates and its store. */
import type { Event } from 'coatcheck'
import type { Command } from './app/app.ts'
import { EPOCH, type Options } from './app/world.ts'
import { type Browser as Jar, newBrowser, type Response, type Sending } from '../acceptance/http.ts'
import type { Serving } from './serving.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

/** What the step `show` says. */
export interface Shown {
  readonly id: string
  readonly subject: string | null
  readonly status: string
  readonly data: Readonly<Record<string, unknown>> & { readonly views: number }
  readonly flash: Readonly<Record<string, unknown>>
}

export interface Browser {
  readonly jar: Jar['jar']
  /** Has steps done by a route, default `/do`; takes the answer's cookies. */
  readonly act: (steps: string, sending?: Acting) => Promise<Response>
  /** The same, and the jar does not see the answer. */
  readonly lose: (steps: string, sending?: Acting) => Promise<Response>
  readonly accept: Jar['accept']
  readonly copy: () => Browser
  /** What a page shows. */
  readonly page: () => Promise<Shown>
}

export interface Acting extends Sending {
  readonly at?: string
}

export interface Gate {
  /** Until so many steps wait there. */
  readonly reached: (expected?: number) => Promise<void>
  readonly release: () => Promise<void>
}

export interface Stage {
  readonly visitor: () => Browser
  readonly member: (as?: string) => Promise<Browser>
  readonly advance: (ms: number) => Promise<void>
  readonly delay: (ms: number) => Promise<void>
  readonly calls: () => Promise<ReadonlyArray<string>>
  /** What was called while something was done. */
  readonly during: (act: () => Promise<unknown>) => Promise<ReadonlyArray<string>>
  readonly events: () => Promise<ReadonlyArray<Event>>
  readonly fail: (...verbs: ReadonlyArray<string>) => Promise<void>
  readonly heal: () => Promise<void>
  /** A gate that steps `hold:<name>` wait at. */
  readonly gate: (name: string) => Gate
  /** A gate that the next call of this verb waits at. */
  readonly hold: (verb: string, when?: 'before' | 'after') => Promise<Gate>
  readonly subject: (verb: 'endAll' | 'count', subject: string) => Promise<{ readonly right: unknown }>
  /** Where a route is. */
  readonly url: (path: string) => string
}

export type Begin = (options?: Options) => Promise<Stage>

/** What the steps said. */
export const said = ({ body }: Response): ReadonlyArray<unknown> => JSON.parse(body) as ReadonlyArray<unknown>

let worlds = 0

/** Worlds in what is being served. */
export const stages =
  (serving: () => Serving): Begin =>
  async (options = {}) => {
    const { url } = serving()
    const name = `w${++worlds}`
    const tell = async <A>(command: Command): Promise<A> => {
      const answer = await fetch(`${url}/${name}/control`, { method: 'POST', body: JSON.stringify(command) })
      if (!answer.ok) throw new Error(`${command._tag}: ${answer.status} ${await answer.text()}`)
      return (await answer.json()) as A
    }
    await tell({ _tag: 'begin', options })
    let now = EPOCH

    const path = (steps: string, at = '/do'): string => `/${name}${at}?steps=${encodeURIComponent(steps)}`
    const browser = (jar: Jar): Browser => ({
      jar: jar.jar,
      act: (steps, { at, ...sending } = {}) => jar.send(path(steps, at), sending),
      lose: (steps, { at, ...sending } = {}) => jar.lose(path(steps, at), sending),
      accept: jar.accept,
      copy: () => browser(jar.copy()),
      page: async () => said(await jar.send(path('show')))[0] as Shown,
    })
    const visitor = (): Browser => browser(newBrowser(url, () => now))
    const gate = (gateName: string): Gate => ({
      reached: async (expected = 1) => {
        const deadline = Date.now() + 15_000
        while ((await tell<number>({ _tag: 'arrived', gate: gateName })) < expected) {
          if (Date.now() > deadline) throw new Error(`nobody came to ${gateName}`)
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      },
      release: () => tell({ _tag: 'release', gate: gateName }),
    })
    let held = 0
    const calls = (): Promise<ReadonlyArray<string>> => tell({ _tag: 'calls' })
    return {
      visitor,
      member: async (as = 'alice') => {
        const one = visitor()
        await one.act(`signIn:${as}`)
        return one
      },
      advance: async (ms) => {
        now += ms
        await tell({ _tag: 'advance', ms })
      },
      delay: (ms) => tell({ _tag: 'delay', ms }),
      calls,
      during: async (act) => {
        const { length } = await calls()
        await act()
        return (await calls()).slice(length)
      },
      events: () => tell({ _tag: 'events' }),
      fail: (...verbs) => tell({ _tag: 'fail', verbs: verbs.length === 0 ? ['all'] : verbs }),
      heal: () => tell({ _tag: 'fail', verbs: [] }),
      gate,
      hold: async (verb, when = 'before') => {
        const one = `store-${++held}`
        await tell({ _tag: 'hold', verb, when, gate: one })
        return gate(one)
      },
      subject: (verb, subject) => tell({ _tag: verb, subject }),
      url: (at) => `${url}/${name}${at}`,
    }
  }
