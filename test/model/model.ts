/**
 * The reference model: what may become of a session, told from the history alone. It knows no engine and no store; it
 * folds what happened and names the first thing that must not have.
 *
 * The invariants, and what checks each:
 * 1. Every acknowledged update is stored exactly once, and no other is: `born`, `acknowledged`, `illegalUpdate` (order, counter).
 * 2. The dead stay dead: `illegal` (what was ended, made out of nothing, removed before its time), "the id … was used again".
 * 3. No foreign data: `tenants`, `own`, and every read shows a record that stood since its request was sent.
 * 4. At most one secret opens a session beyond the grace: `settle` (browsers.ts); a rotation leaves no old one: `illegalUpdate`.
 * 5. The absolute deadline moves only with a sign-in: `outlives`, `illegalUpdate`; touch writes times alone and revives nothing.
 * 6. Nobody is logged out who did not ask, but for a reason that the history gives by name: `reasonOf` (reasons.ts), with the
 *    limit of arrival order only where two responses were on their way at once.
 * 7. Who is superseded, ended, or never admitted writes nothing but a logout, and starts nothing anew: `effect`.
 * 8. Who holds the lease writes alone: `holders`. A cookie leaves with who stored its secret, and clears for who ended: `Replied`.
 */
import type { Live, Stored } from '../../src/core/Stored.ts'
import { SWEEP_SLACK } from '../../src/effects/Store.ts'
import { digestOf, idOf } from './execute.ts'
import type { Actor, Happening } from './history.ts'
import { marksOf } from './history.ts'
import type { Asked, Program, Step } from './program.ts'

type Effect = Extract<Happening, { _tag: 'Effect' }>

/** A record as it stood from one place in the history to another. */
interface State {
  readonly stored: Stored | undefined
  readonly from: number
  to: number
}

interface Grant {
  readonly epoch: number
  readonly subject: string | undefined
}

const LEASE = 10_000
const DAY = 86_400_000

/** Whether a session would live longer than it may since it was made, or since somebody last signed in. */
const outlives = ({ createdAt, subject, expiresAt }: Live): boolean =>
  expiresAt > Math.max(createdAt, subject?.authenticatedAt ?? 0) + DAY

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

const doesOf = (asked: Asked | undefined, ...steps: ReadonlyArray<Step>): boolean =>
  asked === undefined || asked.steps.some((step) => steps.includes(step))

const without = (live: Live, ...keys: ReadonlyArray<keyof Live>): object =>
  Object.fromEntries(Object.entries(live).filter(([key]) => !keys.includes(key as keyof Live)))

const signIns = ['sign in ada', 'sign in bob', 'prove ada'] as const

/** Why a record may not become another one by this verb, whoever asks. */
const illegal = (
  { verb, id, before, after, now }: Effect,
  own: (mark: string) => boolean,
  asked: Asked | undefined,
): string | undefined => {
  if (before?._tag === 'Ended')
    return after === undefined && before.until < now ? undefined : `${id} was ended, and is something else now`
  if (before === undefined) {
    if (verb !== 'create' || after?._tag !== 'Live') return `${verb} made ${id} out of nothing`
    if (after.epoch !== 0 || after.trail.length > 0) return 'a new record has a past'
    if (after.subject !== undefined && !doesOf(asked, ...signIns)) return 'somebody is signed in who did not ask'
    return marksOf(after).every(own) ? undefined : 'a new record holds what another request put into it'
  }
  if (after === undefined)
    return before.expiresAt + SWEEP_SLACK < now ? undefined : `${verb} removed a record that has not expired`
  if (after._tag === 'Ended') {
    if (verb === 'endAll' || verb === 'endOne')
      return before.subject === undefined ? 'an anonymous session was revoked' : undefined
    if (verb !== 'end') return `${verb} ended a session`
    return doesOf(asked, 'destroy', 'sign out', ...signIns)
      ? undefined
      : 'a session was ended that nobody wanted to end'
  }
  switch (verb) {
    case 'touch':
      if (!same(without(before, 'touchedAt', 'expiresAt'), without(after, 'touchedAt', 'expiresAt')))
        return 'touch wrote more than times'
      if (after.touchedAt < before.touchedAt || after.expiresAt < before.expiresAt) return 'touch took time away'
      return after.touchedAt > before.expiresAt ? 'touch revived an expired session' : undefined
    case 'acquire':
      return same(without(before, 'fence'), without(after, 'fence')) && after.fence > before.fence
        ? undefined
        : 'a lease changed the record'
    case 'update':
      return illegalUpdate(before, after, own, asked)
    default:
      return `${verb} changed a live record`
  }
}

const illegalUpdate = (
  before: Live,
  after: Live,
  own: (mark: string) => boolean,
  asked: Asked | undefined,
): string | undefined => {
  const old = marksOf(before)
  const marks = marksOf(after)
  if (after.trail[0] !== before.revision) return 'an update does not tell what it replaced'
  if (after.createdAt !== before.createdAt) return 'the time of creation moved'
  if (after.touchedAt < before.touchedAt) return 'the time of the last activity fell'
  if (after.fence !== before.fence) return 'an update changed the fence'
  if (new Set(marks).size !== marks.length) return 'a function was applied twice'
  if ((after.data as { readonly views: number }).views !== marks.length) return 'a counter and its marks differ'
  const signsOut = before.subject !== undefined && after.subject === undefined
  const added = signsOut ? marks : marks.slice(old.length)
  if (!signsOut && !same(marks.slice(0, old.length), old)) return 'an update lost what another one stored'
  if (!added.every(own)) return 'an update stored what another request asked for'
  if (after.epoch === before.epoch) {
    if (!same(before.subject, after.subject) || !same(before.lifetime, after.lifetime))
      return 'the subject changed without a rotation'
    const { digest, renewed } = after.credential
    const past = before.credential
    // A renewed secret that nobody has presented is lost on its way: its predecessor may be renewed again.
    const unused = past.renewed?.confirmedAt === undefined ? past.renewed?.digest : undefined
    const kept = digest === past.digest || [past.digest, unused].includes(renewed?.digest ?? '')
    return kept ? undefined : 'the secret changed without a rotation or a renewal'
  }
  if (after.epoch !== before.epoch + 1) return 'the epoch jumped'
  if (after.credential.digest === before.credential.digest || after.credential.renewed !== undefined)
    return 'a rotation left the old secret'
  if (same(before.subject, after.subject))
    return doesOf(asked, 'regenerate', 'sign out', ...signIns) ? undefined : 'a rotation that nobody asked for'
  if (signsOut)
    return doesOf(asked, 'sign out', 'destroy', ...signIns) ? undefined : 'somebody was signed out who did not ask'
  if (before.subject !== undefined && before.subject.id !== after.subject?.id)
    return 'another subject took over a session'
  return doesOf(asked, ...signIns) ? undefined : 'the sign-in moved without a sign-in'
}

/** Folds a history; throws what is wrong with it, by name. Answers the states of every record. */
export const judge = (
  program: Program,
  history: ReadonlyArray<Happening>,
  leasesByClock: boolean,
): ReadonlyMap<string, ReadonlyArray<State>> => {
  const states = new Map<string, Array<State>>()
  const grants = new Map<string, Grant>()
  const cookies = new Map<Actor, ReadonlyArray<string>>()
  const sent = new Map<Actor, number>()
  const born = new Map<string, number>()
  const holders = new Map<string, { readonly actor: Actor; readonly until: number }>()
  /** Who was admitted for certain: with the current secret, before the deadlines. */
  const certain = new Set<Actor>()
  let present = 0
  const calm = program.choices.every(({ fault }) => fault === 'none')
  let at = 0
  const fail = (what: string): never => {
    throw new Error(`${what} (happening ${String(at)})`)
  }
  const last = (id: string): State | undefined => states.get(id)?.at(-1)
  const key = (actor: Actor, id: string): string => `${String(actor)} ${id}`

  const effect = (one: Effect): void => {
    const { actor, id, before, after, verb, now } = one
    const asked = actor === 'begin' ? undefined : program.requests[actor]
    const prefix = (mark: string): boolean => mark.includes(actor === 'begin' ? 'begin' : `r${String(actor)}.`)
    const known = last(id)
    if (!same(known?.stored, before)) fail(`${id} changed unseen`)
    if (before === undefined && known !== undefined) fail(`the id ${id} was used again`)
    const wrong = illegal(one, prefix, asked)
    if (wrong !== undefined) fail(wrong)
    present = now
    if (after?._tag === 'Live' && outlives(after)) fail('a session lives longer than its absolute deadline')
    if (verb === 'create' && certain.has(actor) && !program.doubled && !doesOf(asked, 'sign out', ...signIns))
      fail('a request that had been admitted started another session')
    if (verb === 'update' || verb === 'end') {
      const grant = grants.get(key(actor, id))
      const live = before as Live
      if (grant === undefined) fail(`${verb} by a request that was never admitted`)
      const logout = after?._tag === 'Ended' || (after as Live).subject === undefined
      if (live.epoch !== grant?.epoch && !(logout && live.subject?.id === grant?.subject))
        fail(`${verb} by a request that was superseded`)
      const holder = holders.get(id)
      if (leasesByClock && holder !== undefined && holder.actor !== actor && now < holder.until)
        fail(`${verb} while request ${String(holder.actor)} held the session`)
    }
    if (verb === 'acquire') holders.set(id, { actor, until: now + LEASE })
    if (after?._tag === 'Live' && (verb === 'create' || verb === 'update'))
      grants.set(key(actor, id), { epoch: after.epoch, subject: after.subject?.id })
    const tenants = new Set(marksOf(after).map((mark) => mark.slice(0, 2)))
    if (tenants.size > 1) fail(`${id} holds what two browsers put into it`)
    for (const mark of marksOf(after).filter((mark) => !marksOf(before).includes(mark))) {
      if (born.has(mark)) fail(`${mark} was applied twice`)
      born.set(mark, at)
    }
    if (known !== undefined) known.to = at
    states.set(id, [...(states.get(id) ?? []), { stored: after, from: at, to: Number.POSITIVE_INFINITY }])
  }

  for (const one of history) {
    switch (one._tag) {
      case 'Sent':
        cookies.set(one.actor, one.cookies)
        sent.set(one.actor, at)
        break
      case 'Effect':
        effect(one)
        break
      case 'Call':
        if (one.verb === 'release' && one.answer !== 'a fault') holders.delete(one.id)
        break
      case 'Loaded': {
        const { stored, id, actor } = one
        if (grants.has(key(actor, id)) || stored?._tag !== 'Live') break
        const { digest, renewed } = stored.credential
        const proves = (cookie: string): boolean =>
          idOf(cookie) === id && [digest, renewed?.digest].includes(digestOf(cookie))
        if (cookies.get(actor)?.some((cookie) => idOf(cookie) === id && digestOf(cookie) === digest) === true)
          if (present < stored.expiresAt) certain.add(actor)
        if (cookies.get(actor)?.some(proves) === true)
          grants.set(key(actor, id), { epoch: stored.epoch, subject: stored.subject?.id })
        break
      }
      case 'Stepped': {
        for (const mark of one.acked) if (!born.has(mark)) fail(`${mark} was acknowledged and is not stored`)
        const { read, actor } = one
        if (read === undefined) break
        const state = states
          .get(read.id)
          ?.filter(({ stored }) => stored?._tag === 'Live' && stored.revision === read.revision)
          .at(-1)
        if (read.revision !== undefined && (state === undefined || state.to < (sent.get(actor) ?? 0)))
          fail('a read tells of what was not there since the request was sent')
        const strange = read.marks.filter(
          (mark) => !mark.includes(`r${String(actor)}.`) && !marksOf(state?.stored).includes(mark),
        )
        if (strange.length > 0) fail(`a read shows ${strange.join(' ')}, which that session does not hold`)
        break
      }
      case 'Replied': {
        const { actor, cookie } = one
        present = one.now
        if (cookie === undefined) break
        if (cookie === '') {
          const ends = history.some((each) => each._tag === 'Call' && each.actor === actor && each.verb === 'end')
          if (!ends) fail('a cookie was cleared by a request that ended nothing')
          break
        }
        const isOf = (stored: Stored | undefined): boolean =>
          stored?._tag === 'Live' && stored.credential.digest === digestOf(cookie)
        const minted = history.some(
          (each) => each._tag === 'Effect' && each.actor === actor && isOf(each.after) && !isOf(each.before),
        )
        if (!minted) fail('a cookie was sent whose secret this request has not stored')
        break
      }
      case 'Clock':
        present = one.now
        break
      case 'Arrived':
        break
    }
    at++
  }
  const acknowledged = new Set(history.flatMap((one) => (one._tag === 'Stepped' ? one.acked : [])))
  const uncertain = (mark: string): boolean => {
    const actor = Number(/r(\d+)/.exec(mark)?.[1])
    return (
      !calm ||
      program.requests[actor]?.steps.some(
        (step) => step === 'sign out' || step === 'destroy' || step.includes(' ad') || step.includes(' bob'),
      ) === true
    )
  }
  for (const mark of born.keys())
    if (!acknowledged.has(mark) && !mark.endsWith('begin') && !uncertain(mark))
      fail(`${mark} is stored, and nobody was told`)
  return states
}
