import { describe, expect, it } from 'vitest'
import { faultOf, isBusy } from '../../../src/stores/sqlite/errors.ts'
import { tablesOf } from '../../../src/stores/sqlite/schema.ts'
import { sqliteSchema, sqliteStore } from '../../../src/stores/sqlite.ts'
import { d1Store } from '../../../src/stores/d1.ts'

const tables = tablesOf({})
const error = (message: string, more: object = {}): Error => Object.assign(new Error(message), more)

describe('what drivers throw', () => {
  // As each of them throws it.
  it.each([
    ['node:sqlite', error('database is locked', { code: 'ERR_SQLITE_ERROR', errcode: 517 }), 'SQLITE_BUSY', true],
    ['better-sqlite3', error('database is locked', { code: 'SQLITE_BUSY_SNAPSHOT' }), 'SQLITE_BUSY', true],
    ['bun:sqlite', error('database is locked', { code: 'SQLITE_BUSY', errno: 5 }), 'SQLITE_BUSY', true],
    ['D1', error('D1_ERROR: database is locked: SQLITE_BUSY'), 'SQLITE_BUSY', true],
    ['node:sqlite', error('disk I/O error', { code: 'ERR_SQLITE_ERROR', errcode: 778 }), 'SQLITE_IOERR', false],
    ['better-sqlite3', error('disk I/O error', { code: 'SQLITE_IOERR_FSYNC' }), 'SQLITE_IOERR', false],
    [
      'D1',
      error('D1_ERROR: UNIQUE constraint failed: t.id: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)'),
      'SQLITE_CONSTRAINT',
      true,
    ],
    ['D1', error('D1_ERROR: Network connection lost.'), undefined, false],
    ['D1', error('D1_ERROR: D1 DB reset because its code was updated.'), undefined, false],
    ['better-sqlite3', new TypeError('The database connection is not open'), undefined, true],
    ['bun:sqlite', new RangeError('Cannot use a closed database'), undefined, true],
    ['nobody', 'a text', undefined, false],
    ['nobody', null, undefined, false],
  ])('%s: %s', (_, thrown, code, unchanged) => {
    const fault = faultOf(thrown, tables)
    expect([(fault.cause as { readonly code?: string }).code, fault.unchanged]).toEqual([code, unchanged])
    expect(isBusy(thrown)).toBe(code === 'SQLITE_BUSY')
  })
})

describe('options', () => {
  const database = { prepare: () => ({ all: () => [] }), exec: () => undefined }
  const binding = { ...database, batch: () => Promise.resolve([]) }

  it.each(['', '1a', 'a b', 'a"b', 'sqlite_a', '_cf_a', 'a'.repeat(51), 'ü', 3 as never])(
    'table can not be %j',
    (table) => {
      const wrong = expect.objectContaining({ sessionError: expect.objectContaining({ option: 'table' }) })
      expect(() => sqliteStore({ database, table })).toThrow(wrong)
      expect(() => d1Store({ database: binding as never, table })).toThrow(wrong)
      expect(() => sqliteSchema({ table })).toThrow(wrong)
    },
  )

  it.each([
    ['busyTimeout', -1],
    ['busyTimeout', Number.POSITIVE_INFINITY],
    ['poll', 0],
    ['poll', Number.NaN],
    ['database', undefined],
    ['database', {}],
  ])('%s can not be %j', (option, value) => {
    expect(() => sqliteStore({ database, [option]: value })).toThrow(
      expect.objectContaining({ sessionError: expect.objectContaining({ option }) }),
    )
  })

  it('a binding that is missing, or a session of one, is told to be that', () => {
    expect(() => d1Store({ database: undefined as never })).toThrow('d1_databases')
    const { exec: _, ...session } = binding
    expect(() => d1Store({ database: session as never })).toThrow('replica')
  })
})
