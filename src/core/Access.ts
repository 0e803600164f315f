/**
 * ```ts
 * access: (requirement, now) => (status, session) => 'allowed' | 'anonymous' | 'superseded' | 'stale' | 'level'
 * ```
 * Whether a request may enter a protected route: what every adapter's `requireSubject` asks (design §10).
 *
 * @since 0.1.0
 */
import type { Millis } from './Millis.ts'
import type { Session } from './Session.ts'
import type { Status } from './Status.ts'

/** What a protected route asks for. */
export interface Requirement {
  /** Where to send anonymous visitors, as a Location. Default: they get 401. */
  readonly redirect?: string
  /** The sign-in must be at most this old, ms (step-up, ASVS 7.5.3). Default: any age. Older ones are treated as anonymous. */
  readonly maxAge?: Millis
  /** The sign-in must have this level or a higher one; otherwise 403. Default 0. */
  readonly level?: number
}

/** Entered, or the answer to give instead. */
export type Access =
  | { readonly _tag: 'Allowed' }
  | { readonly _tag: 'Refused'; readonly status: 401 | 403 | 409; readonly retryAfter?: 0 }
  | { readonly _tag: 'Redirected'; readonly location: string }

const ALLOWED: Access = { _tag: 'Allowed' }
// The new cookie is on its way: the same request succeeds with it.
const SUPERSEDED: Access = { _tag: 'Refused', status: 409, retryAfter: 0 }
const FORBIDDEN: Access = { _tag: 'Refused', status: 403 }
const UNAUTHENTICATED: Access = { _tag: 'Refused', status: 401 }

/** Decides. Superseded comes first: its visitor may well be signed in under the new cookie. */
export const access =
  (requirement: Requirement, now: Millis) =>
  <A>(status: Status, session: Session<A>): Access => {
    if (status === 'superseded') return SUPERSEDED
    const subject = session.subject
    const fresh =
      subject._tag === 'Some' &&
      (requirement.maxAge === undefined || now - subject.value.authenticatedAt <= requirement.maxAge)
    if (!fresh)
      return requirement.redirect === undefined
        ? UNAUTHENTICATED
        : { _tag: 'Redirected', location: requirement.redirect }
    return (subject.value.level ?? 0) >= (requirement.level ?? 0) ? ALLOWED : FORBIDDEN
  }
