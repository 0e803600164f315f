/**
 * The store contract where vitest does not run: other runtimes run all of it and tell how each case went, and vitest
 * makes a test of each.
 */
import type { ContractCase } from '../../../src/testing/storeContract.ts'

/** How one case went: null, or what was wrong. */
export type Verdicts = Readonly<Record<string, string | null>>

const said = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}: ${said(error.cause)}`
}

/** Runs the cases, one after another. */
export const verdicts = async (cases: ReadonlyArray<ContractCase>): Promise<Verdicts> => {
  const given: Record<string, string | null> = {}
  for (const { name, run } of cases)
    given[name] = await run().then(
      () => null,
      (error: unknown) => said(error),
    )
  return given
}
