import { describe, expect, it, vi } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import type { LockMode } from '../../../src/engine/SessionRef.ts'
import type { Driver, Handle, Route } from '../app.ts'
import { gate, type Gate } from '../gates.ts'
import type { Browser } from '../http.ts'
import { count, pageOf, shown, type Stage, stage } from '../world.ts'

export const under = (lock: LockMode, handle: Handle): Route => ({ handle, mount: { lock } })

/** Adds one to what it read: a lost update, if another does the same meanwhile. */
export const slowly =
  (held: Gate): Handle =>
  async (session) => {
    const { data } = await session.read()
    await held.pass()
    session.update(Session.set('views', data.views + 1))
    return { body: 'counted' }
  }

export const idOf = async (browser: Browser): Promise<SessionId> => (await pageOf(browser)).id as SessionId

/** Whether the session is free, asked of the store itself. */
export const isFree = async ({ store }: Stage, id: SessionId): Promise<boolean> => {
  const asked = await store.acquire(id, { wait: 0, lease: 1_000 })()
  if (asked._tag === 'Left' || asked.right._tag !== 'Acquired') return false
  await store.release(id, asked.right.fence)()
  return true
}

/** Resolves once this many requests have asked for a lease that they have to wait for, or have got. */
const asked = ({ store }: Stage, times: number): Promise<void> =>
  vi.waitFor(() => {
    expect(store.calls.filter((verb) => verb === 'acquire').length).toBeGreaterThanOrEqual(times)
  })

export const locks = (driver: Driver): void => {
  describe('an exclusive session', () => {
    it.each(['implicit', 'early'] as const)(
      '(%s) serialises requests of one session: no update is lost',
      async (mode) => {
        const held = gate()
        const scene = await stage(driver, { routes: { '/slow': under(mode, slowly(held)) } })
        const browser = await scene.member()
        const flying = [1, 2, 3].map(() => browser.send('/slow'))
        await held.reached
        // One holds it, two asked once, and then to wait.
        await asked(scene, 5)
        held.open()
        for (const { status, body } of await Promise.all(flying)) expect([status, body]).toEqual([200, 'counted'])
        expect((await pageOf(browser)).data.views).toBe(3)
        expect(await isFree(scene, await idOf(browser))).toBe(true)
        expect(scene.events.filter(({ _tag }) => _tag === 'lock-waited')).toHaveLength(2)
      },
    )

    it('(without a lock the same requests lose updates)', async () => {
      const held = gate(3)
      const { member } = await stage(driver, { routes: { '/slow': under('none', slowly(held)) } })
      const browser = await member()
      const flying = [1, 2, 3].map(() => browser.send('/slow'))
      await held.reached
      held.open()
      await Promise.all(flying)
      expect((await pageOf(browser)).data.views).toBe(1)
    })

    it('serialises requests to two processes', async () => {
      const held = gate()
      const routes = { '/slow': under('implicit', slowly(held)) }
      const first = await stage(driver, { routes })
      const second = await stage(driver, { routes, like: first })
      const browser = await first.member()
      const flying = [browser.send('/slow')]
      await held.reached
      flying.push(browser.at(second.url).send('/slow'))
      await asked(first, 3)
      held.open()
      await Promise.all(flying)
      expect((await pageOf(browser)).data.views).toBe(2)
    })

    it('blocks neither other sessions, nor visitors without one, nor routes that do not take it', async () => {
      const held = gate()
      const scene = await stage(driver, {
        routes: {
          '/slow': under('implicit', slowly(held)),
          '/mine': under('implicit', shown),
          '/poll': { handle: shown, mount: { lock: 'implicit', passive: true } },
          '/untouched': under('implicit', () => ({ body: 'nothing' })),
        },
      })
      const browser = await scene.member()
      const flying = browser.send('/slow')
      await held.reached
      for (const [who, path] of [
        [await scene.member('bob'), '/mine'],
        [scene.visitor(), '/mine'],
        [browser, '/me'],
        [browser, '/poll'],
        [browser, '/untouched'],
        [browser, '/ping'],
      ] as const)
        expect((await who.send(path)).status).toBe(200)
      held.open()
      expect((await flying).status).toBe(200)
    })

    it('that is not to be had in time: 503 with Retry-After, and nothing of the handler’s', async () => {
      const held = gate()
      const scene = await stage(driver, {
        lockTimeout: 4_000,
        routes: { '/slow': under('implicit', slowly(held)), '/early': under('early', slowly(gate())) },
      })
      const browser = await scene.member()
      const flying = browser.send('/slow')
      await held.reached
      for (const path of ['/slow', '/early']) {
        const before = scene.store.calls.filter((verb) => verb === 'acquire').length
        const late = browser.send(path)
        await asked(scene, before + 2)
        scene.advance(4_000)
        const { status, headers, body, setCookies } = await late
        expect([status, headers['retry-after'], setCookies]).toEqual([503, '1', []])
        expect(headers['cache-control']).toContain('no-store')
        expect(body).not.toContain('counted')
      }
      held.open()
      expect((await flying).body).toBe('counted')
      expect((await pageOf(browser)).data.views).toBe(1)
    })

    it('is given back by hand, and reading goes on', async () => {
      const held = gate()
      const scene = await stage(driver, {
        routes: {
          '/part': under('explicit', async (session) => {
            const { data } = await session.lock()
            session.update(Session.set('views', data.views + 1))
            await session.release()
            await held.pass()
            return { body: String((await session.read()).data.views) }
          }),
          '/count': under('implicit', async (session) => ({
            body: String((await session.transact(count)).data.views),
          })),
        },
      })
      const browser = await scene.member()
      const flying = browser.send('/part')
      await held.reached
      expect((await browser.send('/count')).body).toBe('2')
      held.open()
      expect((await flying).body).toBe('1')
      expect((await pageOf(browser)).data.views).toBe(2)
    })

    it('is waited for by a write that takes no lock', async () => {
      const held = gate()
      const scene = await stage(driver, { routes: { '/slow': under('implicit', slowly(held)) } })
      const browser = await scene.member()
      const flying = browser.send('/slow')
      await held.reached
      const writing = browser.send('/count')
      await vi.waitFor(() => {
        expect(scene.store.calls.filter((verb) => verb === 'update').length).toBeGreaterThan(2)
      })
      held.open()
      expect((await flying).status).toBe(200)
      expect((await writing).status).toBe(200)
      expect((await pageOf(browser)).data.views).toBe(2)
      expect(scene.events.map(({ _tag }) => _tag)).toContain('lock-waited')
    })

    it('behind a guard is taken by the guard', async () => {
      const held = gate()
      const scene = await stage(driver, {
        routes: { '/slow': { handle: slowly(held), mount: { lock: 'implicit' }, require: {} } },
      })
      expect((await scene.visitor().send('/slow')).status).toBe(401)
      const browser = await scene.member()
      const flying = [1, 2].map(() => browser.send('/slow'))
      await held.reached
      await asked(scene, 3)
      held.open()
      await Promise.all(flying)
      expect((await pageOf(browser)).data.views).toBe(2)
    })

    it('that its holder logged out of does not come back with who waited for it', async () => {
      const held = gate()
      const scene = await stage(driver, {
        routes: {
          '/bye': under('implicit', async (session) => {
            await session.read()
            await held.pass()
            await session.destroy()
            return { body: 'gone' }
          }),
          '/count': under('implicit', async (session) => {
            await session.read()
            session.update(count)
            return { body: 'counted' }
          }),
        },
      })
      const browser = await scene.member()
      const flying = browser.send('/bye')
      await held.reached
      const waiting = browser.lose('/count')
      await asked(scene, 3)
      held.open()
      expect((await flying).body).toBe('gone')
      expect(await waiting).toMatchObject({ status: 409, setCookies: [] })
      expect(await pageOf(browser)).toMatchObject({ status: 'none', subject: null })
    })
  })
}
