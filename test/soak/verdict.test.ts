/** The soak can fail: each kind of fault, made up, has its sentence. */
import { describe, expect, it } from 'vitest'
import { nothingCounted } from '../faults/tally.ts'
import { type Account, type Found, ledger, openAccount } from './ledger.ts'
import { type Findings, HEAP_BOUND, type Health, sums, thirds, verdict } from './verdict.ts'
import type { Vitals } from './wire.ts'

const MB = 1024 * 1024
const at = (heap: number, more: Partial<Vitals> = {}): Vitals => ({
  ...{ heap, rss: 2 * heap, descriptors: 29, connections: 1 },
  ...more,
})
const steady = (name: string, more: Partial<Health> = {}): Health => ({
  name,
  start: at(17 * MB),
  during: Array.from({ length: 24 }, (_, index) => at((index < 6 ? 17 + index / 3 : 19 + (index % 3) / 10) * MB)),
  end: at(19 * MB),
  ...more,
})

const account = (acknowledged: number, unknown = 0, more: Partial<Account> = {}): Account => ({
  ...openAccount('ada'),
  tally: { ...nothingCounted, acknowledged, unknown },
  ...more,
})
const live = (views: number, owner = 'ada'): Found => ({ _tag: 'Live', views, owner })

const findings = (one: Account, found: Found, more: Partial<Findings> = {}): Findings => ({
  accounts: new Map([
    ['one', one],
    ['other', account(2)],
  ]),
  found: new Map([
    ['one', found],
    ['other', live(2)],
  ]),
  complaints: [],
  processes: [steady('1'), steady('2')],
  connections: { start: 5, end: 5 },
  unswept: 0,
  ...more,
})
const good = (more: Partial<Findings> = {}): Findings => findings(account(3, 1), live(4), more)

describe('a run in which nothing is wrong', () => {
  it.each<[string, Findings]>([
    ['an unknown increment was stored', good()],
    ['an unknown increment was not stored', findings(account(3, 1), live(3))],
    ['a session was ended', findings(account(3, 1, { end: { _tag: 'Ended', views: 3 } }), { _tag: 'Ended' })],
    ['its tombstone is gone', findings(account(3, 0, { end: { _tag: 'Ended', views: 3 } }), { _tag: 'Absent' })],
    ['it was ended, and the answer lost', findings(account(3, 0, { end: { _tag: 'Perhaps' } }), { _tag: 'Ended' })],
    ['it was not ended, and the answer lost', findings(account(3, 0, { end: { _tag: 'Perhaps' } }), live(3))],
    ['it has expired', findings(account(1, 0, { brief: true }), { _tag: 'Absent' })],
    ['a logout beside a rotation put it back', findings(account(3, 0, { crossed: true }), live(1, ''))],
    ['less is open than before', good({ connections: { start: 5, end: 0 }, unswept: undefined })],
    ['a process was killed', good({ processes: [steady('1, killed', { end: undefined })] })],
  ])('%s', (_name, what) => {
    expect(verdict(what)).toEqual([])
  })
})

describe('a run in which something is wrong', () => {
  const growing = (by: number): Health =>
    steady('1', { during: Array.from({ length: 24 }, (_, index) => at((17 + (by * index) / 23) * MB)) })

  it.each<[string, Findings, string]>([
    ['a lost increment', findings(account(3, 1), live(2)), '1 of 3 acknowledged increments are lost'],
    ['an increment that was applied twice', findings(account(3, 1), live(5)), '1 increments more than the 4'],
    [
      'an increment that was lost before the session was ended',
      findings(account(3, 0, { end: { _tag: 'Ended', views: 2 } }), { _tag: 'Ended' }),
      '1 of 3 acknowledged increments are lost',
    ],
    [
      'an increment that was acknowledged after the session was ended',
      findings(account(4, 0, { end: { _tag: 'Ended', views: 3 } }), { _tag: 'Ended' }),
      '1 of 4 acknowledged increments are lost',
    ],
    [
      'an ended session that stands',
      findings(account(3, 0, { end: { _tag: 'Ended', views: 3 } }), live(3)),
      'it was ended, and stands in the store',
    ],
    ['a session that vanished', findings(account(3), { _tag: 'Absent' }), 'nobody ended it, and the store says Absent'],
    ['a session that ended', findings(account(3), { _tag: 'Ended' }), 'nobody ended it, and the store says Ended'],
    ['another’s data', findings(account(3), live(3, 'bob')), 'ada began it, and it holds the data of bob'],
    ['nobody’s data', findings(account(3), live(3, '')), 'ada began it, and it holds the data of '],
    [
      'more than was sent, after a logout beside a rotation',
      findings(account(3, 1, { crossed: true }), live(5)),
      '1 increments more than the 4',
    ],
    ['what single answers said', good({ complaints: ['ada sees the data of bob'] }), 'ada sees the data of bob'],
    ['a heap that grows', good({ processes: [growing(12)] }), 'process 1 leaks memory: its heap grew by 6.3 MB'],
    [
      'a killed process whose heap had grown',
      good({ processes: [{ ...growing(12), end: undefined }] }),
      'process 1 leaks memory',
    ],
    [
      'a file descriptor',
      good({ processes: [steady('1', { end: at(19 * MB, { descriptors: 30 }) })] }),
      'process 1 leaks file descriptors: 29 before the load, 30 after it',
    ],
    [
      'a connection',
      good({ processes: [steady('1', { end: at(19 * MB, { connections: 2 }) })] }),
      'process 1 leaks connections: 1 before the load, 2 after it',
    ],
    [
      'a client of the database',
      good({ connections: { start: 5, end: 6 } }),
      'the database has 6 clients after the load',
    ],
    ['dead records', good({ unswept: 7 }), '7 dead records were not swept'],
  ])('%s', (_name, what, sentence) => {
    const wrong = verdict(what)
    expect(wrong).toHaveLength(1)
    expect(wrong[0]).toContain(sentence)
  })
})

describe('memory', () => {
  it('is compared after the warm-up, and up to a bound', () => {
    expect(thirds(steady('1').during)).toMatchObject({ first: 19.1 * MB, last: 19.1 * MB })
    const grown = (by: number) => [
      ...new Array(6).fill(at(9 * MB)),
      ...new Array(9).fill(at(0)),
      ...new Array(9).fill(at(by)),
    ]
    expect(verdict(good({ processes: [steady('1', { during: grown(HEAP_BOUND) })] }))).toEqual([])
    expect(verdict(good({ processes: [steady('1', { during: grown(HEAP_BOUND + 1) })] }))).toHaveLength(1)
  })

  it('is not judged by too few samples', () => {
    expect(thirds(new Array(7).fill(at(0)))).toBeUndefined()
    expect(thirds(new Array(8).fill(at(0)))).toEqual({ first: 0, last: 0 })
  })
})

describe('a ledger', () => {
  it('remembers what each session was told of, and adds it up', () => {
    const book = ledger()
    for (const fate of ['acknowledged', 'acknowledged', 'refused', 'unknown'] as const) book.counted('one', 'ada', fate)
    book.counted('two', 'bob', 'acknowledged')
    book.ended('two', 'bob', 1)
    book.perhapsEnded('two', 'bob')
    // Of a session of which nothing was counted yet, too.
    book.perhapsEnded('three', 'eve')
    book.counted('three', 'eve', 'acknowledged')
    const found = new Map<string, Found>([['one', live(3)]])
    expect(sums({ accounts: book.accounts, found })).toEqual({
      ...{ sessions: 3, live: 1, ended: 1, perhaps: 1, expired: 0, crossed: 0 },
      ...{ acknowledged: 4, refused: 1, unknown: 1, counted: 4, known: { acknowledged: 3, unknown: 1 } },
    })
    expect(book.floor('one')).toBe(2)
    expect(book.floor('four')).toBe(0)
  })

  const crossed = (work: (rotating: (isLogout: boolean) => (isLost: boolean) => void) => void): boolean => {
    const book = ledger()
    book.counted('one', 'ada', 'acknowledged')
    work((isLogout) => book.rotating('one', 'ada', isLogout))
    expect(book.floor('one')).toBe(book.accounts.get('one')!.crossed ? 0 : 1)
    return book.accounts.get('one')!.crossed
  }

  it.each<[string, boolean, Parameters<typeof crossed>[0]]>([
    ['a logout alone', false, (rotating) => rotating(true)(false)],
    ['two rotations at once', false, (rotating) => [rotating(false), rotating(false)]],
    ['a logout after a rotation', false, (rotating) => [rotating(false)(false), rotating(true)(false)]],
    ['a logout beside a rotation', true, (rotating) => [rotating(false), rotating(true)]],
    ['a rotation beside a logout', true, (rotating) => [rotating(true), rotating(false)]],
    ['a logout after a rotation whose answer was lost', true, (rotating) => [rotating(false)(true), rotating(true)]],
  ])('knows when a logout crossed a rotation: %s', (_name, expected, work) => {
    expect(crossed(work)).toBe(expected)
  })
})
