/**
 * ```ts
 * checkedSignIn: (who, options) => { subject: Subject, lifetime: Option<Lifetime>, proof: Option<SubjectEpoch> }
 * ```
 * What one sign-in asks for, checked where the transformation is made: with a subject that is not a text revocation would
 * miss sessions, and one whose timeout is NaN would never end. Such a mistake is an exception (`Misconfigured`).
 *
 * @since 0.1.0
 */
import type { Option } from '#fp-ts/Option'
import { fromNullable, none, some } from './tagged.ts'
import type { Millis } from './Millis.ts'
import { misconfigured, toError } from './SessionError.ts'
import type { Lifetime, Subject, SubjectEpoch } from './Stored.ts'

/** Whom to sign in: the application's own identifier, a text, and how strongly they proved it (see `Subject.level`). */
export type SignIn = string | { readonly id: string; readonly level?: number }

/** Options of one sign-in. Times in ms, above 0; those above the policy's `maxLifetime` count as that. */
export interface SignInOptions<A> extends Lifetime {
  /** The keys that an anonymous session may carry in. Default: all. */
  readonly keep?: ReadonlyArray<keyof A>
  /** The answer of `session.subjectEpoch(id)`, read before the credentials were checked: a revocation since then wins. */
  readonly epoch?: SubjectEpoch
}

/** The time of a sign-in that the engine has not dated yet: later than every other time, so `isRecent` holds. */
export const UNDATED: Millis = Number.POSITIVE_INFINITY

interface CheckedSignIn {
  readonly subject: Subject
  /** None where the options name no lifetime. */
  readonly lifetime: Option<Lifetime>
  readonly proof: Option<SubjectEpoch>
}

const demand = (option: string, value: unknown, holds: boolean, rule: string): void => {
  if (!holds) throw toError(misconfigured(`signIn.${option}`, value, rule))
}

const TIMES = ['idleTimeout', 'absoluteTimeout'] as const

const lifetimeOf = (options: Lifetime): Option<Lifetime> => {
  for (const name of TIMES) {
    const value = options[name]
    const holds = value === undefined || (Number.isFinite(value) && value > 0)
    demand(name, value, holds, 'it must be a finite number of milliseconds above 0')
  }
  const { persistent, idleTimeout, absoluteTimeout } = options
  return persistent === undefined && idleTimeout === undefined && absoluteTimeout === undefined
    ? none
    : some({
        ...(persistent === undefined ? {} : { persistent }),
        ...(idleTimeout === undefined ? {} : { idleTimeout }),
        ...(absoluteTimeout === undefined ? {} : { absoluteTimeout }),
      })
}

/** Checks a sign-in. Throws a `SessionException` (`Misconfigured`) that names what is wrong. */
export const checkedSignIn = (who: SignIn, options: Omit<SignInOptions<unknown>, 'keep'>): CheckedSignIn => {
  const { id, level } = typeof who === 'string' ? { id: who, level: undefined } : who
  demand('id', id, typeof id === 'string' && id !== '', 'it must be a text, and not empty')
  demand('level', level, level === undefined || Number.isFinite(level), 'it must be a finite number')
  return {
    subject: { id, authenticatedAt: UNDATED, ...(level === undefined ? {} : { level }) },
    lifetime: lifetimeOf(options),
    proof: fromNullable(options.epoch),
  }
}
