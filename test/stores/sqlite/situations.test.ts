import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ground, ground } from './children.ts'

const program = new URL('situations.ts', import.meta.url)

type Told = Readonly<Record<string, unknown>>

describe.each(['node22', 'bun'] as const)('a store on %s', (runtime) => {
  let place: Ground
  let told: Told
  beforeAll(async () => {
    place = ground(runtime)
    told = JSON.parse(await place.ask(program, place.file('sessions.db'), place.file('other.db'))) as Told
  }, 300_000)
  afterAll(() => place.clear())

  const refusal = (operation: string, message: string, code?: string) => ({
    operation,
    message: expect.stringContaining(message),
    ...(code === undefined ? {} : { code }),
    unchanged: true,
  })

  it('without its tables it says so, and what to do', () => {
    expect(told['load without tables']).toEqual(refusal('load', 'run migrate()', 'SQLITE_ERROR'))
    expect(told['health without tables']).toEqual(refusal('health', 'run migrate()'))
  })

  it('migrates as often as it is told to, and its schema may be run by hand', () => {
    expect(told['migrate']).toEqual([null, null, null])
    expect(told['the schema by hand, again']).toEqual([{ version: 1 }])
  })

  it('does not touch a newer layout', () => {
    expect(told['newer']).toEqual([refusal('health', 'layout 2'), refusal('migrate', 'upgrade')])
  })

  it('the subject is its text, the data its JSON, a date is a function away', () => {
    expect(told['row']).toEqual([{ subject: 'ann', data: '{"card":"4111"}', at: expect.stringMatching(/^20\d\d-/) }])
  })

  it('a tombstone holds an id and a time', () => {
    expect(told['tombstone']).toEqual({ fence: 0, expires_at: 9e12, due: 9e12 })
  })

  it('every number that a clock can give comes back, fractions and extremes too', () => {
    expect(told['times']).toEqual(Array.from({ length: 8 }, () => true))
  })

  it('subjects that are no Unicode text, or look like JSON, are kept apart', () => {
    expect(told['counts']).toEqual(Array.from({ length: 8 }, () => 1))
  })

  it('a row that somebody else has written is an error to a load, and a conflict to a write', () => {
    const damaged = Object.entries(told).filter(([name]) => name.startsWith('damaged '))
    expect(damaged).toHaveLength(6)
    for (const [name, found] of damaged)
      expect([name, found]).toEqual([name, [expect.stringContaining('"ID"'), { _tag: 'Conflict' }]])
  })

  it('waits for another connection that writes, then says that it is locked, and reads all the same', () => {
    expect(told['busy']).toEqual(refusal('create', 'locked', 'SQLITE_BUSY'))
    expect(told['busy, reading']).toBe(0)
    expect(told['busy, waiting']).toBe('waits')
    expect(told['busy, no longer']).toEqual({ _tag: 'Created' })
    expect(told['busy, leases']).toEqual([refusal('acquire', 'locked', 'SQLITE_BUSY'), 'Acquired'])
  })

  it('waits for the end of a transaction of the application, and writes nothing inside of it', () => {
    expect(told['in a transaction']).toEqual(refusal('migrate', 'a transaction of the application', 'SQLITE_BUSY'))
    expect(told['after it']).toEqual([null, { removed: 0, more: false }])
  })

  it('a database that is read-only, closed or full is said to be that', () => {
    expect(told['read-only']).toEqual([refusal('touch', 'read-only', 'SQLITE_READONLY'), null])
    expect(told['closed']).toEqual(refusal('load', 'closed'))
    expect(told['full']).toEqual(refusal('create', 'full', 'SQLITE_FULL'))
  })

  it('no verb looks at every row', () => {
    const steps = Object.values(told['plans'] as Readonly<Record<string, ReadonlyArray<string>>>).flat()
    expect(steps.filter((step) => step.startsWith('SCAN') && !step.startsWith('SCAN json_each'))).toEqual([])
    const sweep = (told['plans'] as Readonly<Record<string, ReadonlyArray<string>>>)['sweep']!.join()
    expect(sweep).toContain('COVERING INDEX sessions_due')
  })
})
