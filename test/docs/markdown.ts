/** The tables of a page in docs, as data. */
import { readFileSync } from 'node:fs'
import { root } from '../tooling/tree.ts'

/** A row by the names of its columns; backquotes and emphasis are left out. */
export type Row = Readonly<Record<string, string>>

export interface Table {
  /** The heading above it. */
  readonly heading: string
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<Row>
}

const cellsOf = (line: string): ReadonlyArray<string> =>
  line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.replaceAll('\\|', '|').replaceAll('`', '').trim())

/** All tables of a page, in order. */
export const tablesOf = (text: string): ReadonlyArray<Table> => {
  const tables: Array<Table> = []
  let heading = ''
  let open: { readonly columns: ReadonlyArray<string>; readonly rows: Array<Row> } | undefined
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) heading = line.replace(/^#+ /, '')
    if (!line.startsWith('|')) {
      open = undefined
    } else if (open === undefined) {
      open = { columns: cellsOf(line), rows: [] }
      tables.push({ heading, ...open })
    } else if (!/^\|[ |:-]+\|$/.test(line)) {
      const cells = cellsOf(line)
      if (cells.length !== open.columns.length) throw new Error(`a row has another number of cells: ${line}`)
      open.rows.push(Object.fromEntries(open.columns.map((column, i) => [column, cells[i] ?? ''])))
    }
  }
  return tables
}

export const page = (name: string): string => readFileSync(`${root}docs/${name}`, 'utf8')

/** The table under a heading. */
export const tableUnder = (name: string, heading: string): Table => {
  const found = tablesOf(page(name)).filter((table) => table.heading === heading)
  if (found.length !== 1) throw new Error(`docs/${name} has ${String(found.length)} tables under "${heading}"`)
  return found[0]!
}

/** Whether a cell stands for a value: `any`, the value, or several divided by `or`. */
const covers = (cell: string, value: string): boolean => cell === 'any' || cell.split(' or ').includes(value)

/** The rows whose cells cover a case, column by column. */
export const rowsFor = (table: Table, of: Row): ReadonlyArray<Row> =>
  table.rows.filter((row) => Object.entries(of).every(([column, value]) => covers(row[column] ?? '', value)))

/** The values that a table's cells name in a column, `any` aside: each must be one that the cases know. */
export const named = (table: Table, column: string): ReadonlyArray<string> =>
  table.rows.flatMap((row) => (row[column] === 'any' ? [] : (row[column] ?? '').split(' or ')))

/** Every combination of one value of each list. */
export const product = <A extends Readonly<Record<string, ReadonlyArray<unknown>>>>(
  of: A,
): ReadonlyArray<{ readonly [K in keyof A]: A[K][number] }> =>
  Object.entries(of).reduce<ReadonlyArray<Readonly<Record<string, unknown>>>>(
    (all, [key, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [key]: value }))),
    [{}],
  ) as ReadonlyArray<{ readonly [K in keyof A]: A[K][number] }>
