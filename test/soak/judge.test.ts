/** What one answer must not say, made up. */
import { describe, expect, it } from 'vitest'
import { type Answer, type Answered, complaints, fateOf, type Sent } from './judge.ts'
import { type Experience, healthAfter } from './visitors.ts'
import { POLICY, type Seen } from './wire.ts'

const sent = (more: Partial<Sent> = {}): Sent => ({
  ...{ route: 'transact', visitor: 'ada', id: 'one', dead: false, floor: 3, steady: true },
  ...more,
})
const seen = (more: Partial<Seen> = {}): Seen => ({
  ...{ id: 'one', fresh: false, views: 4, owner: 'ada', name: 'ada/a', subject: 'ada/a' },
  ...more,
})
const answered = (status: number, more: Partial<Answered> = {}): Answered => ({
  ...{ _tag: 'Answered', status, outcome: undefined, seen: undefined, cookieOf: undefined },
  ...more,
})
const shown = (more: Partial<Seen> = {}, cookieOf?: string): Answered => answered(200, { seen: seen(more), cookieOf })
const anonymous = { id: 'new', fresh: true, views: 0, owner: '', name: '', subject: null }
const lost = (why: 'refused' | 'broken' | 'hung'): Answer => ({ _tag: 'Unanswered', why })

describe('an answer', () => {
  it.each<[string, Sent, Answer]>([
    ['shows the session', sent(), shown()],
    ['sets its cookie', sent(), shown({}, 'one')],
    ['clears the cookie', sent({ route: 'destroy' }), shown({}, '')],
    ['begins a session', sent({ id: undefined, floor: 0 }), shown({ id: 'new', views: 1 }, 'new')],
    ['is anonymous, after a rotation', sent({ route: 'read', steady: false }), shown(anonymous)],
    ['is refused, after a rotation', sent({ steady: false }), answered(409)],
    ['says that the store is away', sent(), answered(503, { outcome: 'none' })],
    ['never came', sent(), lost('broken')],
    ['knows nothing of an ended session', sent({ route: 'read', dead: true }), shown(anonymous)],
    ['refuses to write to an ended session', sent({ dead: true }), answered(409)],
    ['is of a route without a session', sent({ route: 'untouched' }), answered(200)],
    ['is of a handler that throws', sent({ route: 'broken' }), answered(500, { outcome: 'none' })],
  ])('may be well: it %s', (_name, request, answer) => {
    expect(complaints(request, answer)).toEqual([])
  })

  it.each<[string, Sent, Answer]>([
    ['ada sees the data of bob', sent(), shown({ owner: 'bob' })],
    ['ada is signed in as bob/a', sent(), shown({ subject: 'bob/a', name: 'bob/a' })],
    ['nobody sees what ada/a left', sent(), shown({ subject: null })],
    ['ada/b sees what ada/a left', sent(), shown({ subject: 'ada/b' })],
    ['it shows 2 where 3 had been acknowledged before', sent(), shown({ views: 2 })],
    ['a visitor lost the session that nobody ended', sent({ route: 'read' }), shown(anonymous)],
    ['a session that nobody ended refused a request', sent(), answered(409)],
    ['the cookie is of another session', sent(), shown({}, 'two')],
    ['an answer without its session', sent(), answered(200)],
    ['it was answered 500', sent(), answered(500)],
    ['it was not answered in time', sent(), lost('hung')],
    ['a route that does not use its session answered 503', sent({ route: 'untouched' }), answered(503)],
    ['a handler that throws was answered 200', sent({ route: 'broken' }), answered(200)],
    ['a session that was ended answers', sent({ route: 'read', dead: true }), shown()],
    ['a session that was ended answers', sent({ dead: true }), shown({ ...anonymous, fresh: false })],
    ['a cookie of an ended session was answered with a cookie', sent({ dead: true }), answered(409, { cookieOf: '' })],
  ])('may not be: %s', (sentence, request, answer) => {
    expect(complaints(request, answer)).toEqual([sentence])
  })

  it.each<[Answer, string]>([
    [answered(200), 'acknowledged'],
    [answered(409), 'refused'],
    [answered(503, { outcome: 'none' }), 'refused'],
    [answered(500, { outcome: 'none' }), 'refused'],
    [answered(503, { outcome: 'unknown' }), 'unknown'],
    [answered(503), 'unknown'],
    [lost('refused'), 'refused'],
    [lost('broken'), 'unknown'],
    [lost('hung'), 'unknown'],
  ])('%o leaves an increment that is %s', (answer, fate) => {
    expect(fateOf(answer)).toBe(fate)
  })
})

describe('a visitor’s cookie', () => {
  const went = (route: Experience['route'], answer: Answer, more: Partial<Experience> = {}): Experience => ({
    ...{ route, answer, fate: fateOf(answer), id: 'one', setsCookie: false, ms: 5 },
    ...more,
  })
  const read = went('read', shown())
  const rotated = went('regenerate', shown(), { setsCookie: true })

  it.each<[string, Parameters<typeof healthAfter>, string]>([
    ['stays good', ['sound', [read, read, rotated], true], 'sound'],
    ['was set twice', ['sound', [rotated, rotated], true], 'crossed'],
    ['was set twice, and is no longer there', ['sound', [rotated, rotated], false], 'sound'],
    ['is proven by a read that is alone', ['crossed', [read], true], 'sound'],
    ['is not proven by two', ['crossed', [read, read], true], 'crossed'],
    ['is not proven by another’s session', ['crossed', [went('read', shown({ id: 'two' }))], true], 'crossed'],
    ['may be replaced by a lost rotation', ['sound', [went('sign-in', lost('broken'))], true], 'lost'],
    [
      'may be replaced by half a rotation',
      ['sound', [went('sign-in', answered(503, { outcome: 'none' }))], true],
      'lost',
    ],
    ['is not replaced by what was never sent', ['sound', [went('sign-in', lost('refused'))], true], 'sound'],
    ['stays doubtful', ['lost', [read], true], 'lost'],
    ['is doubtful after too long a request', ['sound', [{ ...read, ms: POLICY.supersededFor + 1 }], true], 'lost'],
  ])('%s', (_name, args, health) => {
    expect(healthAfter(...args)).toBe(health)
  })
})
