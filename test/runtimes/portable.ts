/** The portable acceptance suite: what test/acceptance asks of adapters, of the built package in a runtime of its own. */
import { afterAll, beforeAll, describe } from 'vitest'
import { answers } from './cases/answers.ts'
import { counting } from './cases/counting.ts'
import { login } from './cases/login.ts'
import { logout } from './cases/logout.ts'
import { saving } from './cases/saving.ts'
import { sealing } from './cases/sealed.ts'
import { tokens } from './cases/tokens.ts'
import { type Runtime, serves, type Serving } from './serving.ts'
import { stages } from './stage.ts'

// node22 and workerd-2024 are served as node and workerd are.
const program = (runtime: string): URL =>
  new URL(`app/serve.${runtime.replace(/^(node|workerd).*/, '$1')}.ts`, import.meta.url)

const all = [counting, login, logout, answers, saving, tokens, sealing]

/** `cases`: which of them. Default: all. */
export const portable = (runtime: Runtime, cases: typeof all = all): void => {
  describe(runtime, () => {
    let serving: Serving | undefined
    // The first test of a run to ask installs the runtimes.
    beforeAll(async () => {
      serving = await serves[runtime](program(runtime))
    }, 300_000)
    afterAll(() => serving?.close())
    const stage = stages(() => serving!)
    for (const some of cases) some(stage)
  })
}
