import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import { isSessionException } from '../../../src/core/SessionError.ts'
import type { Driver, Ref } from '../app.ts'
import { count, pageOf, stage } from '../world.ts'

const cycle = (): object => {
  const self: { me?: object } = {}
  self.me = self
  return self
}

/** What no session can hold, and where the error says it stands. */
const values: ReadonlyArray<readonly [string, unknown, string]> = [
  ['a Date', { at: new Date(0) }, 'data.junk.at'],
  ['a Map', new Map([['a', 1]]), 'data.junk'],
  ['a Set', [new Set()], 'data.junk[0]'],
  ['NaN', { n: [1, Number.NaN] }, 'data.junk.n[1]'],
  ['Infinity', Number.POSITIVE_INFINITY, 'data.junk'],
  ['a cycle', cycle(), 'data.junk.me'],
  ['a BigInt', { big: 1n }, 'data.junk.big'],
  ['a function', () => 1, 'data.junk'],
  ['a symbol', Symbol('s'), 'data.junk'],
  ['a symbol key', { [Symbol('s')]: 1 }, 'data.junk'],
  ['undefined in an array', [1, undefined], 'data.junk[1]'],
  ['a hole in an array', [1, , 2], 'data.junk[1]'],
  ['a __proto__ key', JSON.parse('{"a":{"__proto__":{"admin":true}}}'), 'data.junk.a'],
  ['a lone surrogate', 'a\ud800b', 'data.junk'],
  ['a lone surrogate in a key', { 'a\udc00': 1 }, 'data.junk'],
  ['a class instance', { url: new URL('https://example.com') }, 'data.junk.url'],
]

export const badData = (driver: Driver): void => {
  describe('data that a session can not hold', () => {
    type Change = Parameters<Ref['update']>[0]

    const junk = (value: unknown): Change =>
      Session.set<{ readonly junk?: unknown }, 'junk'>('junk', value) as unknown as Change

    /** Tries to store it, sees that nothing of it was stored, and answers what `transact` was told. */
    const put = async (change: Change, how: 'update' | 'transact') => {
      const told: Array<unknown> = []
      const scene = await stage(driver, {
        routes: {
          '/put': {
            handle: async (session) => {
              session.update(count)
              if (how === 'update') session.update(change)
              else
                await session.transact(change).catch((error: unknown) => {
                  told.push(isSessionException(error) ? error.sessionError : error)
                  throw error
                })
              return { body: 'of the handler' }
            },
          },
        },
      })
      const browser = await scene.member()
      await browser.send('/note?text=earlier')
      const calls = await scene.store.during(async () => {
        const { status, body, setCookies } = await browser.send('/put')
        expect([status, setCookies]).toEqual([500, []])
        expect(body).not.toContain('of the handler')
      })
      expect(calls).toEqual(['load'])
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice', data: { views: 0, note: 'earlier' }, flash: {} })
      return told[0]
    }

    it.each<readonly [string, unknown, string]>(values)(
      '%s: InvalidData that names the place; the session keeps its content',
      async (_, value, path) => {
        await put(junk(value), 'update')
        const error = await put(junk(value), 'transact')
        expect(error).toMatchObject({ _tag: 'InvalidData', on: 'write' })
        expect((error as { readonly path: string }).path.startsWith(path)).toBe(true)
      },
    )

    it.each<readonly [string, Change, string]>([
      ['a value that the codec does not know', Session.set('views', 'many' as unknown as number), 'data.views'],
      ['a message that the flash codec does not know', Session.flash<number>('notice', 1), 'flash.notice'],
    ])('%s, too', async (_, change, path) => {
      await put(change, 'update')
      expect(await put(change, 'transact')).toMatchObject({ _tag: 'InvalidData', on: 'write', path })
    })

    it('five megabytes: PayloadTooLarge with the measured size', async () => {
      const large = junk('x'.repeat(5_000_000))
      await put(large, 'update')
      const error = await put(large, 'transact')
      expect(error).toMatchObject({ _tag: 'PayloadTooLarge', limit: 65_536 })
      expect((error as { readonly bytes: number }).bytes).toBeGreaterThan(5_000_000)
    })

    it('a stranger who tries gets no session', async () => {
      const { visitor, store } = await stage(driver, {
        routes: {
          '/put': {
            handle: (session) => {
              session.update(junk(new Date(0)))
              return {}
            },
          },
        },
      })
      expect(await visitor().send('/put')).toMatchObject({ status: 500, setCookies: [] })
      expect(store.calls).toEqual([])
    })
  })

  it('what is read is what JSON makes of it: undefined properties left out, -0 is 0', async () => {
    const { member } = await stage(driver, {
      routes: {
        '/put': {
          handle: (session) => {
            session.update(
              Session.set<{ readonly junk?: unknown }, 'junk'>('junk', {
                a: undefined,
                b: -0,
                c: null,
              }) as typeof count,
            )
            return {}
          },
        },
        '/look': {
          handle: async (session) => {
            const { data } = await session.read()
            const junk = data.junk as Record<string, unknown>
            return { body: JSON.stringify([Object.keys(junk), Object.is(junk['b'], 0), Object.isFrozen(junk)]) }
          },
        },
      },
    })
    const browser = await member()
    expect((await browser.send('/put')).status).toBe(200)
    expect(JSON.parse((await browser.send('/look')).body)).toEqual([['b', 'c'], true, true])
  })
}
