/** What happened, in the order in which it happened: the only thing that the model is shown. */
import type { Stored } from '../../src/core/Stored.ts'
import type { Status } from '../../src/core/Status.ts'
import type { Fault, Program, Step } from './program.ts'

/** Who acts: a request by its number, or the set-up. */
export type Actor = number | 'begin'

export type Happening =
  /** A browser sent its request with these cookie values. */
  | { readonly _tag: 'Sent'; readonly actor: Actor; readonly browser: number; readonly cookies: ReadonlyArray<string> }
  /** A store call was made. */
  | {
      readonly _tag: 'Call'
      readonly actor: Actor
      readonly verb: string
      readonly id: string
      readonly fault: Fault
      readonly answer: string
    }
  /** A store call changed a record. */
  | {
      readonly _tag: 'Effect'
      readonly actor: Actor
      readonly verb: string
      readonly id: string
      readonly before: Stored | undefined
      readonly after: Stored | undefined
      readonly now: number
    }
  /** A record was looked at. */
  | { readonly _tag: 'Loaded'; readonly actor: Actor; readonly id: string; readonly stored: Stored | undefined }
  /** A handler's step ended: what it read, what it was told is stored, or the error. */
  | {
      readonly _tag: 'Stepped'
      readonly actor: Actor
      readonly step: Step | 'finish'
      readonly error: string | undefined
      readonly acked: ReadonlyArray<string>
      readonly read?: {
        readonly id: string
        readonly revision: string | undefined
        readonly marks: ReadonlyArray<string>
      }
    }
  /** A response left with this Set-Cookie pair: '' clears, undefined = none. */
  | { readonly _tag: 'Replied'; readonly actor: Actor; readonly cookie: string | undefined; readonly now: number }
  /** It arrived, or was lost. */
  | {
      readonly _tag: 'Arrived'
      readonly actor: Actor
      readonly browser: number
      readonly cookie: string | undefined
      readonly lost: boolean
    }
  | { readonly _tag: 'Clock'; readonly now: number }

/** How it stood when everything was over. */
export interface Aftermath {
  readonly program: Program
  readonly history: ReadonlyArray<Happening>
  /** What each browser holds. */
  readonly jars: ReadonlyArray<string | undefined>
  /** What the engine says of a cookie now. */
  readonly statusOf: (cookie: string) => Promise<Status>
  /** Presents a cookie, as a page view does. */
  readonly present: (cookie: string) => Promise<void>
  readonly pass: (ms: number) => void
}

export const marksOf = (stored: Stored | undefined): ReadonlyArray<string> =>
  stored?._tag === 'Live' ? ((stored.data as { readonly seen?: ReadonlyArray<string> }).seen ?? []) : []

const short = (id: string): string => id.slice(0, 4)

const shown = (stored: Stored | undefined): string =>
  stored === undefined
    ? 'nothing'
    : stored._tag === 'Ended'
      ? 'ended'
      : `epoch ${String(stored.epoch)} fence ${String(stored.fence)} ${stored.subject?.id.split(':')[0] ?? 'anonymous'} [${marksOf(stored).join(' ')}]`

const line = (one: Happening): string => {
  switch (one._tag) {
    case 'Sent':
      return `browser ${String(one.browser)} sends ${one.cookies.map((cookie) => `${short(cookie)}…${cookie.slice(-4)}`).join(', ') || 'no cookie'}`
    case 'Call':
      return `${one.verb} ${short(one.id)}${one.fault === 'none' ? '' : ` (fails: ${one.fault})`} → ${one.answer}`
    case 'Effect':
      return `  ${one.verb} ${short(one.id)}: ${shown(one.before)} ⇒ ${shown(one.after)}`
    case 'Loaded':
      return `  ${short(one.id)} is ${shown(one.stored)}`
    case 'Stepped':
      return `${one.step}: ${one.error ?? 'done'}${one.acked.length > 0 ? `, stored ${one.acked.join(' ')}` : ''}${one.read === undefined ? '' : `, read ${short(one.read.id)} [${one.read.marks.join(' ')}]`}`
    case 'Replied':
      return `responds${one.cookie === undefined ? '' : one.cookie === '' ? ', clears the cookie' : `, sets ${short(one.cookie)}…${one.cookie.slice(-4)}`}`
    case 'Arrived':
      return one.lost ? 'the response is lost' : `the response arrives at browser ${String(one.browser)}`
    case 'Clock':
      return `the clock shows ${new Date(one.now).toISOString()}`
  }
}

/** A history that people can read: one line each, who acted, what came of it. */
export const timeline = (history: ReadonlyArray<Happening>): string =>
  history.map((one) => `${'actor' in one ? String(one.actor).padStart(5) : '     '} │ ${line(one)}`).join('\n')
