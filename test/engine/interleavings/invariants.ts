/**
 * What holds at the end of every run, whatever its requests did and in whatever order. Plain comparisons: they are made
 * some ten thousand times.
 */
import { sha256 } from '../../../src/effects/digest.node.ts'
import type { Live, Stored } from '../../../src/core/Stored.ts'
import { SWEEP_SLACK } from '../../../src/effects/Store.ts'
import type { Outcome } from '../race.ts'
import type { Effect } from './gated.ts'

const marksOf = (stored: Stored | undefined): ReadonlyArray<string> =>
  stored?._tag === 'Live' ? ((stored.data as { readonly seen?: ReadonlyArray<string> }).seen ?? []) : []

export const idOf = (cookie: string): string => cookie.split('=')[1]?.split('.')[0] ?? ''

/** Whether a cookie's secret is one that a record names. */
const proves = (cookie: string, live: Live): boolean => {
  const digest = sha256(cookie.split('.')[1] as never) as string
  return live.credential.digest === digest || live.credential.renewed?.digest === digest
}

/** What is known about a run besides its outcome. */
interface Terms {
  /** Secrets are renewed: two may open a session. */
  readonly renewing: boolean
  /** An answer was lost: nobody can know everything that is stored. */
  readonly lossy: boolean
  readonly absoluteTimeout: number
  readonly now: number
}

const broken = (what: string, ...about: ReadonlyArray<unknown>): never => {
  throw new Error([what, ...about.map((one) => JSON.stringify(one))].join(' '))
}

/** Acknowledged updates are there exactly once; what nobody was told is stored is not. */
const exactlyOnce = ({ done, effects }: Outcome, { lossy }: Terms): void => {
  const born = new Map<string, number>()
  for (const { before, after } of effects) {
    const old = marksOf(before)
    const marks = marksOf(after)
    if (new Set(marks).size !== marks.length) broken('a function was applied twice:', marks)
    for (const name of marks) if (!old.includes(name)) born.set(name, (born.get(name) ?? 0) + 1)
    // A mark goes only with a sign-out or an end.
    const gone = old.filter((name) => !marks.includes(name))
    if (gone.length > 0 && after?._tag === 'Live' && after.subject !== undefined) broken('an update is lost:', gone)
  }
  const acknowledged = done.flatMap(({ acked }) => acked)
  for (const name of acknowledged)
    if (born.get(name) !== 1) broken(`${name} was acknowledged and stored ${String(born.get(name) ?? 0)} times`)
  if (!lossy)
    for (const name of born.keys()) if (!acknowledged.includes(name)) broken(`${name} is stored, and nobody was told`)
}

/** The dead stay dead: no id is used again, nothing is removed before its time. */
const deadStayDead = ({ effects }: Outcome): void => {
  const known = new Set<string>()
  for (const { verb, id, before, after, now } of effects) {
    if (before === undefined && (verb !== 'create' || known.has(id))) broken(`${verb} made ${id} out of nothing`)
    if (before?._tag === 'Ended' && (after !== undefined || now <= before.until)) broken(`${id} was ended, and ${verb}`)
    if (before?._tag === 'Live' && after === undefined && now <= before.expiresAt + SWEEP_SLACK)
      broken(`${verb} removed a session that lives`)
    known.add(id)
  }
}

/** Who was superseded, or never admitted, writes nothing but a logout. */
const onlyTheAdmitted = ({ effects, looks, done, given }: Outcome): void => {
  const grants = new Map<string, { readonly epoch: number; readonly subject: string | undefined }>()
  const grantOf = (live: Live | undefined) =>
    live === undefined ? undefined : { epoch: live.epoch, subject: live.subject?.id }
  for (const { actor, id, verb, before, after, holder } of effects) {
    const key = `${String(actor)} ${id}`
    const own = verb === 'update' || verb === 'end'
    if (own && before?._tag === 'Live') {
      const logout = after?._tag === 'Ended' || (after as Live).subject === undefined
      const admitted = grants.get(key) ?? grantOf(given.find(({ cookie }) => idOf(cookie) === id)?.live)
      if (admitted === undefined) broken(`${verb} of a session that request ${String(actor)} never proved`)
      if (before.epoch !== admitted?.epoch && !(logout && before.subject?.id === admitted?.subject))
        broken(`${verb} by request ${String(actor)}, which was superseded`)
      const brought = done[actor]?.brought.filter((cookie) => idOf(cookie) === id) ?? []
      const proved = brought.some(
        (cookie) =>
          looks.some((look) => look.actor === actor && look.stored?._tag === 'Live' && proves(cookie, look.stored)) ||
          given.some(({ live }) => live !== undefined && proves(cookie, live)),
      )
      if (brought.length > 0 && !proved) broken(`${verb} without a proof`)
      if (holder !== undefined && holder !== actor)
        broken(`${verb} by request ${String(actor)} while ${String(holder)} held the session`)
    }
    if (own || verb === 'create')
      if (after?._tag === 'Live') grants.set(key, { epoch: after.epoch, subject: after.subject?.id })
  }
}

const authenticated = ({ createdAt, subject }: Live): number => Math.max(createdAt, subject?.authenticatedAt ?? 0)

/** Times: touch writes times alone and revives nothing; the absolute deadline moves only with a rotation that signs in. */
const times = ({ effects }: Outcome, { absoluteTimeout }: Terms): void => {
  for (const { verb, before, after } of effects) {
    if (before?._tag !== 'Live' || after?._tag !== 'Live') continue
    const { touchedAt: _, expiresAt: __, ...rest } = before
    const { touchedAt, expiresAt, ...others } = after
    if (verb === 'touch' && JSON.stringify(rest) !== JSON.stringify(others)) broken('touch wrote more than times')
    if (verb === 'touch' && touchedAt > before.expiresAt) broken('touch revived an expired session')
    if (touchedAt < before.touchedAt) broken('the time of the last activity fell')
    if (after.createdAt !== before.createdAt) broken('the time of creation moved')
    const moved = authenticated(after) > authenticated(before)
    if (moved && (after.subject === undefined || after.epoch === before.epoch))
      broken('the absolute deadline moved without a sign-in')
    if (expiresAt > authenticated(after) + absoluteTimeout) broken('a session lives longer than its absolute deadline')
  }
}

const pairOf = (setCookie: string | undefined): string | undefined => {
  const pair = setCookie?.split(';')[0]
  return pair === undefined || pair.endsWith('=') ? undefined : pair
}

/** No cookie that was ever handed out opens what is dead; one opens what lives, and at most one. */
const cookies = async ({ done, live, given, statusOf }: Outcome, { renewing, now }: Terms): Promise<void> => {
  const handed = [...given.map(({ cookie }) => cookie), ...done.map(({ setCookie }) => pairOf(setCookie))]
  const opening = new Map<string, number>()
  for (const cookie of new Set(handed.filter((one) => one !== undefined)))
    if ((await statusOf(cookie)) === 'live') opening.set(idOf(cookie), (opening.get(idOf(cookie)) ?? 0) + 1)
  const standing = live.filter(([, { expiresAt }]) => now < expiresAt).map(([id]) => id as string)
  for (const [id, count] of opening) {
    if (!standing.includes(id)) broken(`a cookie opens ${id}, which is dead`)
    if (count > (renewing ? 2 : 1)) broken(`${String(count)} secrets open ${id}`)
  }
  for (const id of standing) if (!opening.has(id)) broken(`nobody has the secret of ${id}`)
  // Who lost the session sends no cookie, unless to clear that of one which it ended itself.
  for (const { errors, setCookie } of done)
    if (errors.some((error) => ['Superseded', 'SessionEnded', 'LeaseLost'].includes(error)) && pairOf(setCookie))
      broken('a request that lost its session sends a cookie')
}

/** All of them. Throws the first that is broken. */
export const invariants = async (outcome: Outcome, terms: Terms): Promise<void> => {
  exactlyOnce(outcome, terms)
  deadStayDead(outcome)
  onlyTheAdmitted(outcome)
  times(outcome, terms)
  await cookies(outcome, terms)
}

/** One line for each change of a record. */
export const shown = ({ actor, verb, before, after }: Effect): string => {
  const one = (stored: Stored | undefined): string =>
    stored?._tag === 'Live'
      ? `epoch ${String(stored.epoch)} ${stored.subject?.id ?? 'anonymous'} [${marksOf(stored).join(' ')}]`
      : (stored?._tag ?? 'nothing')
  return `${String(actor)} ${verb}: ${one(before)} ⇒ ${one(after)}`
}
