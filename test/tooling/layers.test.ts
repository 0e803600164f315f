import { describe, expect, it } from 'vitest'
import { codecModules, cycles, violations } from './layers.ts'
import { files } from './tree.ts'

const sources = [...files('src', '.ts'), ...files('adapters', '.ts')]

describe('the sources keep the layers', () => {
  it('has sources to look at', () => {
    expect(sources.length).toBeGreaterThan(0)
  })

  it('imports run downward, and core is pure', () => {
    expect(sources.flatMap(violations)).toEqual([])
  })

  it('at most one module holds io-ts values', () => {
    expect(codecModules(sources).slice(1)).toEqual([])
  })

  it('no import cycle is left after compilation', () => {
    expect(cycles(sources)).toEqual([])
  })
})

/** Path, source, and whether it keeps the rules. */
const table: ReadonlyArray<readonly [path: string, text: string, ok: boolean]> = [
  // downward only
  ['src/core/Plan.ts', "import { a } from './Session.ts'", true],
  ['src/core/Plan.ts', "import type { Store } from '../effects/Store.ts'", false],
  ['src/effects/Store.ts', "import type { Stored } from '../core/Stored.ts'", true],
  ['src/effects/Store.ts', "import { memoryStore } from '../stores/memory.ts'", false],
  ['src/stores/memory.ts', "import type { Store } from '../effects/Store.ts'", true],
  ['src/stores/memory.ts', "import { sessionManager } from '../engine/SessionManager.ts'", false],
  ['src/engine/SessionRef.ts', "export * from '../stores/memory.ts'", true],
  ['src/carriers/sealedCookie.ts', "import type { Carrier } from '../effects/Carrier.ts'", true],
  ['src/carriers/sealedCookie.ts', "import { sessionManager } from '../engine/SessionManager.ts'", false],
  ['src/stores/memory.ts', "import { sealedCookie } from '../carriers/sealedCookie.ts'", false],
  ['src/engine/SessionRef.ts', "export * from '../../adapters/fetch.ts'", false],
  ['src/engine/SessionRef.ts', "type A = import('../../adapters/fetch.ts').A", false],
  ['adapters/hono.ts', "import { sessionManager } from '../src/engine/SessionManager.ts'", true],
  ['adapters/koa.ts', "import { hold } from './node/hold.ts'", true],
  // the front door and the testing kit
  ['src/index.ts', "export { memoryStore } from './stores/memory.ts'", true],
  ['src/index.ts', "export { session } from '../adapters/hono.ts'", false],
  ['src/index.ts', "export { storeContract } from './testing/storeContract.ts'", false],
  ['src/engine/Sweeper.ts', "import { a } from '../index.ts'", false],
  ['src/testing/clock.ts', "import { sessionManager } from '../engine/SessionManager.ts'", true],
  ['src/testing/clock.ts', "import { random } from './random.ts'", true],
  ['src/stores/memory.ts', "import { clock } from '../testing/clock.ts'", false],
  // form
  ['src/core/Plan.ts', "import { a } from './Session'", false],
  ['src/core/Plan.ts', "import { a } from './Session.js'", false],
  ['src/core/Plan.ts', "import { a } from '../../test/a.ts'", false],
  ['src/other/A.ts', 'export const a = 1', false],
  ['src/engine/A.ts', 'const a = import(name)', false],
  ['src/engine/A.ts', "import { sessionManager } from 'coatcheck'", false],
  // packages
  ['src/core/Plan.ts', "import * as O from '#fp-ts/Option'", true],
  ['src/core/Plan.ts', "import * as O from 'fp-ts/Option'", false],
  ['src/core/Plan.ts', "import { option as O } from 'fp-ts'", false],
  ['src/core/Plan.ts', "import type { Option } from 'fp-ts/lib/Option.js'", false],
  ['src/core/Codec.ts', "import * as t from 'io-ts'", true],
  ['src/engine/A.ts', "import * as t from 'io-ts'", false],
  ['src/engine/A.ts', "import type * as t from 'io-ts'", true],
  ['src/effects/Digest.ts', "import { sha256 } from '#digest'", true],
  ['src/core/Token.ts', "import { sha256 } from '#digest'", false],
  ['src/effects/Keyring.ts', "import { sealerOf } from '#cipher'", true],
  ['src/core/Token.ts', "import { sealerOf } from '#cipher'", false],
  ['src/stores/postgres.ts', "import type { Pool } from 'pg'", false],
  // node
  ['src/effects/digest.node.ts', "import { createHash } from 'node:crypto'", true],
  ['adapters/node/hold.ts', "import type { ServerResponse } from 'node:http'", true],
  ['src/effects/Random.ts', "import { randomBytes } from 'node:crypto'", false],
  ['src/effects/Random.ts', "import { randomBytes } from 'crypto'", false],
  ['adapters/koa.ts', "import type { ServerResponse } from 'node:http'", false],
  // frameworks
  ['adapters/hono.ts', "import type { MiddlewareHandler } from 'hono'", true],
  ['adapters/hono.ts', "import { getCookie } from 'hono/cookie'", false],
  ['adapters/hono.ts', "import { type MiddlewareHandler } from 'hono'", false],
  ['adapters/koa.ts', "import type { Middleware } from 'koa'", true],
  ['adapters/fetch.ts', "import type { Context } from 'hono'", false],
  ['src/engine/A.ts', "import type { Context } from 'koa'", false],
  // purity of core
  ['src/core/A.ts', 'export const a = async () => 1', false],
  ['src/core/A.ts', 'export const a = () => Promise.resolve(1)', false],
  ['src/core/A.ts', 'export const a = (p: unknown) => p instanceof Promise', false],
  ['src/core/A.ts', 'export interface A { readonly validate: () => string | Promise<string> }', true],
  ['src/core/A.ts', 'export const a = () => Date.now()', false],
  ['src/core/A.ts', 'export const a = () => new Date()', false],
  ['src/core/A.ts', 'export const a = (now: number) => new Date(now).toUTCString()', true],
  ['src/core/A.ts', 'export const a = Math.random', false],
  ['src/core/A.ts', 'export const a = () => crypto.getRandomValues(new Uint8Array(2))', false],
  ['src/core/A.ts', 'export const a = { crypto }', false],
  ['src/core/A.ts', "export const a = globalThis['crypto']", false],
  ['src/core/A.ts', 'export const a = () => { setTimeout(() => 1, 1) }', false],
  ['src/core/A.ts', 'export const a = (o: { readonly process: number }) => o.process', true],
  ['src/core/A.ts', '// async, await, Promise and Date.now() are words here\nexport const a = 1', true],
  ['src/effects/Clock.ts', 'export const a = async () => Date.now()', true],
]

describe('the rules can be broken', () => {
  it.each(table)('%s: %s', (path, text, ok) => {
    expect(violations({ path, text })).toHaveLength(ok ? 0 : 1)
  })

  it('finds cycles, but not those of types', () => {
    const a = { path: 'src/core/A.ts', text: "import { b } from './B.ts'" }
    const b = { path: 'src/core/B.ts', text: "import { c } from './C.ts'" }
    expect(cycles([a, b, { path: 'src/core/C.ts', text: "import { a } from './A.ts'" }])).toEqual([
      'src/core/A.ts -> src/core/B.ts -> src/core/C.ts -> src/core/A.ts',
    ])
    expect(cycles([a, b, { path: 'src/core/C.ts', text: "import type { a } from './A.ts'" }])).toEqual([])
  })

  it('counts the modules with io-ts values', () => {
    const value = { path: 'src/core/Codec.ts', text: "import * as t from 'io-ts'" }
    const type = { path: 'src/core/A.ts', text: "import type * as t from 'io-ts'" }
    expect(codecModules([value, type])).toEqual(['src/core/Codec.ts'])
    expect(codecModules([value, { ...value, path: 'src/core/B.ts' }])).toHaveLength(2)
  })
})
