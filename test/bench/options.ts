/**
 * The command line: which subjects, which scenarios, how long. Pure.
 */
import { parseArgs } from 'node:util'
import type { Sizes } from './inProcess.ts'
import { scenarios as measured } from './scenarios.ts'
import { keyOf, type Subject } from './Subject.ts'

/** Scenarios by the names under which they are reported. */
const scenarios = [...measured, '50 at once', '200 writers', 'bundle']

export interface Options {
  readonly subjects: readonly Subject[]
  readonly wants: (scenario: string) => boolean
  readonly rounds: number
  readonly sizes: Sizes
  /** Throughput and CPU time over HTTP too. */
  readonly overHttp: boolean
  readonly json: string | undefined
  /** The figures that this run must not be much worse than. */
  readonly against: string | undefined
}

export const usage = `npm run bench -- [--quick] [--only TERM,TERM] [--json FILE] [--against FILE]
  --quick  3 short rounds, and no load over HTTP
  --only   only the subjects with that library, store or adapter, only that scenario (${scenarios.join(', ')})
  --json   write { machine, versions, results, targets } to this file
  --against  fail when a ratio to the fastest other library is more than 1.5 times that of this file;
           without it the file is docs/benchmarks/requests.json, if it is there`

const isOf = (term: string) => (subject: Subject) =>
  [subject.library, subject.store, subject.adapter, keyOf(subject)].includes(term)

/** Throws with a message for the user where a term names nothing. */
export const readOptions = (args: readonly string[], all: readonly Subject[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean' },
      only: { type: 'string' },
      json: { type: 'string' },
      against: { type: 'string' },
    },
  })
  const terms = values.only?.split(',').map((term) => term.trim()) ?? []
  const unknown = terms.filter((term) => !scenarios.includes(term) && !all.some(isOf(term)))
  if (unknown.length > 0) throw new Error(`--only: nothing is called ${unknown.join(', ')}`)
  const wanted = terms.filter((term) => scenarios.includes(term))
  const filters = terms.filter((term) => !scenarios.includes(term)).map(isOf)
  return {
    subjects: filters.length === 0 ? all : all.filter((subject) => filters.some((matches) => matches(subject))),
    wants: (scenario) => wanted.length === 0 || wanted.includes(scenario),
    json: values.json,
    against: values.against,
    ...(values.quick === true
      ? { rounds: 3, sizes: { cycles: 5, slice: 150, warmUp: 2_000 }, overHttp: false }
      : { rounds: 5, sizes: { cycles: 15, slice: 300, warmUp: 5_000 }, overHttp: true }),
  }
}
