/** What every adapter must do, over real HTTP. */
import { afterAll, beforeAll, describe, vi } from 'vitest'
import type { Driver } from './app.ts'
import { arrival } from './scenarios/arrival.ts'
import { badData } from './scenarios/data.ts'
import { connections } from './scenarios/connections.ts'
import { counting } from './scenarios/counting.ts'
import { errors } from './scenarios/errors.ts'
import { lockExits } from './scenarios/lockExits.ts'
import { locks } from './scenarios/locks.ts'
import { login } from './scenarios/login.ts'
import { logout } from './scenarios/logout.ts'
import { managers } from './scenarios/managers.ts'
import { processes } from './scenarios/processes.ts'
import { protectedRoutes } from './scenarios/protected.ts'
import { renewal } from './scenarios/renewal.ts'
import { responses } from './scenarios/responses.ts'
import { revocation } from './scenarios/revocation.ts'
import { saving } from './scenarios/saving.ts'
import { streams } from './scenarios/streams.ts'
import { time } from './scenarios/time.ts'
import { tokens } from './scenarios/tokens.ts'

const SCENARIOS = [
  arrival,
  badData,
  connections,
  counting,
  errors,
  lockExits,
  locks,
  login,
  logout,
  managers,
  processes,
  protectedRoutes,
  renewal,
  responses,
  revocation,
  saving,
  streams,
  time,
  tokens,
]

export const acceptance = (driver: Driver): void => {
  // Hono's and Express' own error handlers write what they answer 500 to on the console.
  beforeAll(() => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
  })
  afterAll(() => {
    vi.restoreAllMocks()
  })
  describe(driver.name, () => {
    for (const scenario of SCENARIOS) scenario(driver)
  })
}
