/**
 * Figures and names as the page shows them. Pure.
 */
import type { Result } from '../result.ts'
import type { Spread } from '../statistics.ts'
import { groups, kindOf, ours } from '../targets.ts'

/** Three digits that matter; whole numbers from a hundred on. */
export const figure = (value: number): string =>
  Math.abs(value) >= 100
    ? Math.round(value).toLocaleString('en')
    : value.toFixed(Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2)

/** The median, and where several rounds differ, the lowest and the highest. */
export const range = ({ median, min, max }: Spread): string =>
  min === max ? figure(median) : `${figure(median)} (${figure(min)}–${figure(max)})`

interface Meaning {
  readonly title: string
  /** Whether a higher figure is the better one. */
  readonly higher?: true
  /** Of the whole request, framework included: only subjects of one framework compare. */
  readonly whole?: true
  /** Says something of the machine or of the subject, and is nobody's merit. */
  readonly neutral?: true
}

/** What is known of a metric; one that is not here is shown under its own name. In the order of the page. */
const meanings: Readonly<Record<string, Meaning>> = {
  total_us: { title: 'µs of the bare handler in process', neutral: true },
  total_process_us: { title: 'CPU µs of the bare handler in process', neutral: true },
  added_process_us: { title: 'CPU µs added per request, in process' },
  added_process_over_empty_us: { title: 'CPU µs added over an empty middleware, in process', neutral: true },
  added_us: { title: 'µs of wall time added per request, in process' },
  added_over_empty_us: { title: 'µs of wall time added over an empty middleware, in process', neutral: true },
  total_bytes: { title: 'Bytes allocated per request by the bare handler', neutral: true },
  added_bytes: { title: 'Bytes allocated per request above the bare handler' },
  added_cpu_us: { title: 'CPU µs of the server added per request, over loopback HTTP' },
  cpu_us: { title: 'CPU µs of the server per request, over loopback HTTP, all of it', neutral: true },
  store_cpu_us: { title: 'CPU µs of the database server per request' },
  rps: { title: 'Requests per second over loopback HTTP', higher: true, whole: true },
  p50_ms: { title: 'Half of the requests were answered within, ms', whole: true },
  p99_ms: { title: '99 of 100 requests were answered within, ms', whole: true },
  survived: { title: 'Increments that survive, of 50 at once', higher: true },
  store_calls: { title: 'Store calls per acknowledged write' },
  call_cpu_us: { title: 'CPU µs per operation' },
  calls: { title: 'Store calls per request' },
  allocated_bytes: { title: 'Bytes allocated per operation' },
  call_us: { title: 'µs per call' },
  gzip_bytes: { title: 'Bytes of a bundle for the edge, minified and compressed' },
  heap_bytes: { title: 'Bytes of heap per session' },
  rows_per_s: { title: 'Rows swept per second', higher: true },
}

/** What is known of a metric. */
export const meaning = (metric: string): Meaning =>
  meanings[metric] ?? { title: metric.replaceAll('_', ' '), whole: true }

/** Sorts metrics as the page has them, unknown ones last. */
export const byImportance = (a: string, b: string): number => {
  const order = Object.keys(meanings)
  const place = (metric: string): number => (order.includes(metric) ? order.indexOf(metric) : order.length)
  return place(a) - place(b)
}

type Named = Pick<Result, 'library' | 'store' | 'adapter'>

/** `express-session, memory, express`. */
export const nameOf = ({ library, store, adapter }: Named): string =>
  [library, store, adapter].filter((part) => part !== '').join(', ')

export const isOurs = ({ library }: Named): boolean => library === ours

/** Whose users choose between: the frameworks on Node's `http` together, every other framework for itself. */
export const frameworkOf = ({ adapter }: Named): string =>
  Object.entries(groups).find(([, { peers }]) => peers.includes(adapter))?.[0] ?? adapter

/** That, and whether the session is in the cookie: like is compared with like. */
export const choiceOf = (one: Named): string =>
  kindOf(one) === 'in the cookie' ? `${frameworkOf(one)}, in the cookie` : frameworkOf(one)

/** The system in which a store keeps its sessions: the first word of its name. */
export const systemOf = ({ store }: Named): string => store.split(/[\s,/]/)[0]!

/** In the order of their first appearance, each once. */
export const unique = <A>(items: readonly A[]): readonly A[] => [...new Set(items)]

/** A name that a file can have. */
export const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
