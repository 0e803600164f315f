/**
 * Where the page's parts are.
 */
import { existsSync, readFileSync } from 'node:fs'
import type { Report } from '../result.ts'
import { parts, type Reports } from './page.ts'

export const docs = new URL('../../../docs/', import.meta.url)

/** The prose, and the reports that are there. */
export const inputs = (): { readonly template: string; readonly reports: Reports } => ({
  template: readFileSync(new URL('template.md', import.meta.url), 'utf8'),
  reports: Object.fromEntries(
    parts
      .map((part) => [part, new URL(`benchmarks/${part}.json`, docs)] as const)
      .filter(([, file]) => existsSync(file))
      .map(([part, file]) => [part, JSON.parse(readFileSync(file, 'utf8')) as Report]),
  ),
})
