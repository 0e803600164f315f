import { describe, expect, it } from 'vitest'
import * as Session from '../../src/core/Session.ts'
import { retryAfterOf, statusOf } from '../../src/core/SessionError.ts'
import * as admission from './admission.ts'
import type { Row, Table } from './markdown.ts'
import { named, page, rowsFor, tablesOf, tableUnder } from './markdown.ts'
import { exists, namesIn } from './names.ts'
import { planCases, planColumns } from './plan.ts'
import * as unions from './unions.ts'

const load = tableUnder('admission.md', 'The first load: does the secret prove the session?')
const meaning = tableUnder('admission.md', 'What a verdict means for the request')
const planned = tablesOf(page('plan.md')).find(({ columns }) => columns.includes('New secret'))!
const reload = tableUnder('admission.md', 'A later load: is it still the session that was proved?')

/** The rows of a table, each with a title for its test. */
const titled = (table: Table): ReadonlyArray<readonly [string, Row]> =>
  table.rows.map((row) => [Object.values(row).join(' · '), row])

const words = (columns: Readonly<Record<string, ReadonlyArray<string>>>) => Object.entries(columns)

describe('docs/admission.md: the first load', () => {
  it.each(words(admission.loadColumns))('the column %s has the words that the cases have', (column, values) => {
    expect(values).toEqual(expect.arrayContaining([...named(load, column)]))
  })

  it('every combination is in exactly one row', () => {
    for (const { row } of admission.loadCases) expect(rowsFor(load, row), JSON.stringify(row)).toHaveLength(1)
  })

  it.each(titled(load))('%s', (_title, row) => {
    const cases = admission.loadCases.filter((one) => rowsFor(load, one.row).includes(row))
    expect(cases.length).toBeGreaterThan(0)
    for (const one of cases)
      for (const verdict of admission.verdictsOf(one)) expect(verdict, JSON.stringify(one.row)).toBe(row['Verdict'])
  })
})

describe('docs/admission.md: what a verdict means', () => {
  it('has a row for each verdict of the first table, and for what comes before one', () => {
    const verdicts = [...new Set(load.rows.map((row) => row['Verdict'] ?? ''))]
    const cookies = meaning.rows.map((row) => row['Cookie'])
    expect([...cookies].sort()).toEqual(['none', 'not a token', 'two Admitted', ...verdicts].sort())
  })

  it.each(titled(meaning))('%s', async (_title, row) => {
    expect(await admission.behaviour(row['Cookie'] ?? '')).toEqual(row)
  })
})

describe('docs/admission.md: a later load', () => {
  it.each(words(admission.reloadColumns))('the column %s has the words that the cases have', (column, values) => {
    expect(values).toEqual(expect.arrayContaining([...named(reload, column)]))
  })

  it('every combination is in exactly one row', () => {
    for (const { row } of admission.reloadCases) expect(rowsFor(reload, row), JSON.stringify(row)).toHaveLength(1)
  })

  it.each(titled(reload))('%s', async (_title, row) => {
    const cases = admission.reloadCases.filter((one) => rowsFor(reload, one.row).includes(row))
    expect(cases.length).toBeGreaterThan(0)
    for (const one of cases) {
      const of = JSON.stringify(one.row)
      expect(admission.readmission(one), of).toBe(row['Verdict'])
      expect(await admission.late(one, (visit) => visit.transact(Session.set('views', 9))()), of).toBe(
        row['An update is'],
      )
      const leaving = row['signOut and destroy are']
      // Nobody is signed out by nobody's sign-out.
      const signedIn = one.admittedTo.subject !== undefined
      const signedOut = await admission.late(one, (visit) => visit.transact(Session.signOut)())
      expect(signedOut, of).toBe(signedIn ? leaving : 'nothing')
      expect(await admission.late(one, (visit) => visit.destroy()), of).toBe(leaving)
    }
  })
})

describe('docs/plan.md', () => {
  it.each(words(planColumns))('the column %s has the words that the cases have', (column, values) => {
    expect(values).toEqual(expect.arrayContaining([...named(planned, column)]))
  })

  it('every combination is in exactly one row', () => {
    for (const { row, plans } of planCases) {
      expect(rowsFor(planned, row), JSON.stringify(row)).toHaveLength(1)
      expect(plans.length, JSON.stringify(row)).toBeGreaterThan(0)
    }
  })

  it.each(titled(planned))('%s', (_title, row) => {
    const cases = planCases.filter((one) => rowsFor(planned, one.row).includes(row))
    expect(cases.length).toBeGreaterThan(0)
    for (const one of cases) for (const plan of one.plans) expect(row, JSON.stringify(one.row)).toMatchObject(plan)
  })

  it('every action is explained', () => {
    const explained = tablesOf(page('plan.md')).find(({ columns }) => columns.includes('Store calls'))
    const actions = new Set(planned.rows.map((row) => row['Action']))
    expect(new Set(explained?.rows.map((row) => row['Action']))).toEqual(actions)
  })
})

/** The fields of a member as a cell lists them. */
const listed = (fields: Readonly<Record<string, 'always' | 'sometimes'>>): ReadonlyArray<string> =>
  Object.entries(fields).map(([name, presence]) => (presence === 'always' ? name : `${name}?`))
const fieldsIn = (cell = ''): ReadonlyArray<string> => (cell === '' ? [] : cell.split(', '))
const column = (table: Table, name: string): ReadonlyArray<string> => table.rows.map((row) => row[name] ?? '')

describe('docs/events.md', () => {
  const events = tableUnder('events.md', 'Events')

  it('has a row for every event', () => {
    expect(column(events, 'Event')).toEqual(Object.keys(unions.eventFields))
  })

  it.each(titled(events))('%s', (_title, row) => {
    const fields = Object.entries(unions.eventFields).find(([tag]) => tag === row['Event'])?.[1] ?? {}
    expect(fieldsIn(row['Fields'])).toEqual(listed(fields))
    expect(row['When']).toMatch(/\.$/)
  })

  it.each([
    ['Why a session was ended', 'By', unions.endings],
    ['Why a cookie was rejected', 'Reason', unions.rejections],
    ['Why updates were dropped', 'Reason', unions.dropReasons],
  ])('%s: every reason', (heading, name, reasons) => {
    expect(column(tableUnder('events.md', heading), name)).toEqual(Object.keys(reasons))
  })
})

describe('docs/errors.md', () => {
  const table = tableUnder('errors.md', 'Errors')

  it('has a row for every error', () => {
    expect(column(table, 'Error')).toEqual(Object.keys(unions.errorFields))
    expect(unions.errors.map(({ _tag }) => _tag)).toEqual(Object.keys(unions.errorFields))
  })

  it.each(titled(table))('%s', (_title, row) => {
    const error = unions.errors.find(({ _tag }) => _tag === row['Error'])!
    expect(row['Status']).toBe(String(statusOf(error)))
    expect(row['Retry-After']).toBe(String(retryAfterOf(error) ?? ''))
    expect(fieldsIn(row['Fields'])).toEqual(listed(unions.errorFields[error._tag]))
    const { _tag, ...fields } = error
    expect(Object.keys(fields).sort()).toEqual([...fieldsIn(row['Fields'])].sort())
  })
})

describe('docs/cherrypy.md', () => {
  const ours = tablesOf(page('cherrypy.md')).flatMap(({ rows }) => rows.map((row) => row['coatcheck'] ?? ''))
  const names = ours.flatMap(namesIn)

  it.each([...new Set(names.map((name) => name.join('')))])('%s exists', (name) => {
    expect(namesIn(name).map(exists)).toEqual([true])
  })

  it('names only what exists', () => {
    expect(names.length).toBeGreaterThan(50)
    expect(namesIn('Session.keep, sessions.open, option cookie.secure, option cookies').map(exists)).toEqual([
      false,
      true,
      true,
      false,
    ])
  })

  it('says something in every cell', () => {
    for (const { rows } of tablesOf(page('cherrypy.md')))
      for (const row of rows) expect(Object.values(row).every((cell) => cell !== '')).toBe(true)
  })
})

describe('the reader of tables', () => {
  it('reads headings, columns and cells, and refuses a row that lacks a cell', () => {
    const text = '# One\n\n| a | b |\n| - | - |\n| `x` or y | p \\| q |\n\n## Two\n\n| c |\n| - |\n'
    expect(tablesOf(text)).toEqual([
      { heading: 'One', columns: ['a', 'b'], rows: [{ a: 'x or y', b: 'p | q' }] },
      { heading: 'Two', columns: ['c'], rows: [] },
    ])
    expect(() => tablesOf('| a | b |\n| - | - |\n| x |\n')).toThrow('another number of cells')
    expect(() => tableUnder('admission.md', 'No such heading')).toThrow('0 tables')
  })
})
