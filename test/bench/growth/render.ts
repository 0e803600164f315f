/**
 * A report of the growth benchmark as text. Pure.
 */
import { curveTables, tables, targetTable } from '../document/tables.ts'
import type { Report } from '../result.ts'

/** Columns as wide as their widest cell: the tables of the page, for a terminal. */
const aligned = (text: string): string =>
  text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      if (!block.startsWith('|')) return block.replaceAll('**', '')
      const rows = block
        .split('\n')
        .filter((_, index) => index !== 1)
        .map((row) =>
          row
            .replaceAll('**', '')
            .split('|')
            .slice(1, -1)
            .map((cell) => cell.trim()),
        )
      const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
      return rows
        .map((row) =>
          row
            .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
            .join('  '),
        )
        .map((line) => `  ${line.trimEnd()}`)
        .join('\n')
    })
    .join('\n\n')

export const render = ({ results, curves = [], targets = [] }: Report): string =>
  [
    aligned(curveTables(curves)),
    aligned(tables(results, ({ store }) => store)),
    `Targets\n${aligned(targetTable(targets))}`,
  ].join('\n\n')
