import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { sqliteSchema as ofD1 } from '../../../src/stores/d1.ts'
import { sqliteSchema } from '../../../src/stores/sqlite.ts'

it('the page shows the SQL that migrate runs, and both entries give it', () => {
  const page = readFileSync(new URL('../../../docs/stores/sqlite.md', import.meta.url), 'utf8')
  expect(page).toContain(`\`\`\`sql\n${sqliteSchema()}\`\`\``)
  expect(ofD1).toBe(sqliteSchema)
})

it('every name is made of the given one', () => {
  expect(sqliteSchema({ table: 'visits' })).toBe(sqliteSchema().replaceAll('"sessions', '"visits'))
})
