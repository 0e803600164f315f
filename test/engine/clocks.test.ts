/** Clocks that jump, and machines whose clocks differ: nothing that ended revives, nothing lives for ever. */
import * as O from '#fp-ts/Option'
import { describe, expect, it } from 'vitest'
import * as Session from '../../src/core/Session.ts'
import { bad, begin, cookieAfter, count, ok, START, world } from './world.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

type World = ReturnType<typeof world>

const machine = (w: World, skew: number) => {
  const sessions = w.elsewhere({ clock: () => w.sessions.clock() + skew })
  return { visit: (cookie?: string) => sessions.open(O.fromNullable(cookie)), sessions }
}

describe('a clock that jumps', () => {
  const jumping = () => {
    const skew = { ms: 0 }
    const w = world()
    const sessions = w.elsewhere({ clock: () => w.sessions.clock() + skew.ms })
    return { w, skew, visit: (cookie?: string) => sessions.open(O.fromNullable(cookie)) }
  }

  it.each([-10 * 365 * DAY, -DAY, -HOUR, HOUR, DAY, 10 * 365 * DAY])(
    'by %i ms revives nothing that was ended',
    async (ms) => {
      const { skew, visit } = jumping()
      const cookie = await begin({ visit }, Session.signIn('ada'))
      const slow = visit(cookie)
      await ok(slow.read)
      await ok(visit(cookie).destroy)
      skew.ms = ms
      expect(await ok(visit(cookie).status)).toBe('ended')
      expect(await bad(slow.transact(count))).toMatchObject({ _tag: 'SessionEnded' })
    },
  )

  it('back by an hour logs nobody out, and prolongs nothing by more than that', async () => {
    const { skew, visit, w } = jumping()
    const cookie = await begin({ visit }, Session.signIn('ada'))
    skew.ms = -HOUR
    await ok(visit(cookie).transact(count))
    expect(await ok(visit(cookie).status)).toBe('live')
    w.pass(2 * HOUR)
    expect(await ok(visit(cookie).status)).toBe('expired')
  })

  it('forward by a day ends what it must, and back again revives only what is within its time', async () => {
    const { skew, visit, w } = jumping()
    const cookie = await begin({ visit }, Session.signIn('ada'))
    skew.ms = DAY
    expect(await ok(visit(cookie).status)).toBe('expired')
    // Nothing was removed because of it, and nothing was written.
    skew.ms = 0
    expect(await ok(visit(cookie).status)).toBe('live')
    w.pass(DAY)
    expect(await ok(visit(cookie).status)).toBe('expired')
  })

  it('back by ten years, after sessions were made in the wrong time: they are over', async () => {
    const { skew, visit } = jumping()
    skew.ms = 10 * 365 * DAY
    const cookie = await begin({ visit }, Session.signIn('ada'))
    expect(await ok(visit(cookie).status)).toBe('live')
    skew.ms = 0
    expect(await ok(visit(cookie).status)).toBe('expired')
  })

  it('that is put back does not take back activity, and no grace lasts longer than the jump', async () => {
    const { skew, visit, w } = jumping()
    const cookie = await begin({ visit }, Session.signIn('ada'))
    const rotating = visit(cookie)
    await ok(rotating.transact(Session.regenerate))
    const rotated = cookieAfter(await ok(rotating.commit))
    skew.ms = -HOUR
    expect(await ok(visit(cookie).status)).toBe('superseded')
    expect(await ok(visit(rotated).status)).toBe('live')
    w.pass(HOUR + 61_000)
    expect(await ok(visit(cookie).status)).toBe('unknown')
  })
})

describe('two machines over one store', () => {
  it.each([-90_000, -1_000, 1_000, 90_000])('%i ms apart serve one session, and lose nothing', async (skew) => {
    const w = world()
    const cookie = await begin(w, Session.signIn('ada'))
    const { visit } = machine(w, skew)
    await Promise.all([1, 2, 3].flatMap(() => [ok(w.visit(cookie).transact(count)), ok(visit(cookie).transact(count))]))
    expect((await ok(w.visit(cookie).read)).data.views).toBe(6)
  })

  it('one a day ahead finds the session expired: it removes nothing, clears nothing, and others go on', async () => {
    const w = world()
    const cookie = await begin(w, Session.signIn('ada'))
    const { visit } = machine(w, DAY)
    const ahead = visit(cookie)
    expect(await ok(ahead.status)).toBe('expired')
    expect(O.isNone((await ok(ahead.commit)).setCookie)).toBe(true)
    expect(await ok(w.visit(cookie).status)).toBe('live')
  })

  it('one an hour ahead can not keep a session alive beyond its absolute deadline', async () => {
    const w = world()
    const cookie = await begin(w, Session.signIn('ada'))
    const { visit } = machine(w, 30 * 60_000)
    for (let passed = 0; passed < 23 * HOUR; passed += 20 * 60_000) {
      w.pass(20 * 60_000)
      await ok(visit(cookie).commit)
      const view = visit(cookie)
      await ok(view.read)
      await ok(view.commit)
    }
    expect(await ok(w.visit(cookie).status)).toBe('live')
    w.pass(HOUR + 20 * 60_000)
    expect(await ok(w.visit(cookie).status)).toBe('expired')
    expect(await ok(visit(cookie).status)).toBe('expired')
  })

  it('a revocation by one an hour behind ends sign-ins that the other makes meanwhile', async () => {
    const w = world()
    const behind = w.elsewhere({ clock: () => w.sessions.clock() - HOUR })
    const visit = w.visit()
    const epoch = await ok(visit.subjectEpoch('ada'))
    await ok(behind.subject('ada').endAll)
    expect(await bad(visit.transact(Session.signIn('ada', { epoch })))).toMatchObject({ _tag: 'SessionEnded' })
    const second = await ok(w.visit().subjectEpoch('ada'))
    await ok(w.sessions.subject('ada').endAll)
    await ok(behind.subject('ada').endAll)
    expect(await ok(w.visit().subjectEpoch('ada'))).toBeGreaterThan(second)
  })
})

it('summer time, time zones and leap seconds mean nothing: times are ms since the epoch', async () => {
  // The night in which Europe's clocks go back, and a leap second that UTC smears or repeats: the count goes on.
  for (const start of [Date.UTC(2026, 9, 25, 0, 30), Date.UTC(2016, 11, 31, 23, 59, 59)]) {
    const w = world()
    w.pass(start - START > 0 ? start - START : 0)
    const cookie = await begin(w, Session.signIn('ada'))
    w.pass(59 * 60_000)
    expect(await ok(w.visit(cookie).status)).toBe('live')
    w.pass(60_000)
    expect(await ok(w.visit(cookie).status)).toBe('expired')
  }
})
