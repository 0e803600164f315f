/**
 * The testing kit: the conformance suite for authors of stores; a clock, randomness, cookies and a cookie jar for tests
 * of applications.
 *
 * @since 0.1.0
 */
export { cookieFor, cookieForEffect } from './cookieFor.ts'
export type { CookieFor } from './cookieFor.ts'
export { cookieJar } from './cookieJar.ts'
export type { CookieJar, JarCookie, JarOptions } from './cookieJar.ts'
export { fakeClock } from './fakeClock.ts'
export type { FakeClock } from './fakeClock.ts'
export { fakeRandom } from './fakeRandom.ts'
export { parseSetCookie } from './setCookie.ts'
export type { SetCookie } from './setCookie.ts'
export { storeContract } from './storeContract.ts'
export type { Capabilities, ContractCase, ContractClock } from './storeContract.ts'
