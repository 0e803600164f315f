import { once } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import type { Driver, Handle } from '../app.ts'
import { gate } from '../gates.ts'
import { type Browser, connectTo, requestText } from '../http.ts'
import { count, pageOf, type Stage, stage } from '../world.ts'
import { idOf, isFree, slowly, under } from './locks.ts'

export const lockExits = (driver: Driver): void => {
  describe('an exclusive session is given back', () => {
    const free = async (scene: Stage, browser: Browser, path: string, sending = {}, expected = 200): Promise<void> => {
      const id = await idOf(browser)
      const { status } = await browser.send(path, sending)
      expect(status).toBe(expected)
      expect(scene.store.calls).toContain('acquire')
      await vi.waitFor(async () => {
        expect(await isFree(scene, id)).toBe(true)
      })
    }

    const reading =
      (then: Handle): Handle =>
      async (session, request) => {
        await session.read()
        session.update(count)
        return then(session, request)
      }

    it.each<[string, Handle, number]>([
      ['a page', reading(() => ({ body: 'page' })), 200],
      ['304', reading(() => ({ status: 304 })), 304],
      ['404', reading(() => ({ status: 404, body: 'none' })), 404],
      ['500', reading(() => ({ status: 500, body: 'broken' })), 500],
      [
        'a thrown error',
        reading(() => {
          throw new Error('broken')
        }),
        500,
      ],
      [
        'a thrown 403',
        reading((_, { error }) => {
          throw error(403)
        }),
        403,
      ],
      [
        'a commit that can not be stored',
        reading((session) => {
          session.update(Session.set('junk', new Map()))
          return { body: 'never' }
        }),
        500,
      ],
      [
        'a stream',
        reading(() => ({
          stream: async (write) => {
            await write('first')
            await write('last')
          },
        })),
        200,
      ],
    ])('with %s', async (_, handle, status) => {
      const scene = await stage(driver, {
        routes: { '/way': under('implicit', handle), '/early': under('early', handle) },
      })
      const browser = await scene.member()
      await free(scene, browser, '/way', {}, status)
      await free(scene, browser, '/early', {}, status)
    })

    it('with HEAD', async () => {
      const scene = await stage(driver, {
        routes: {
          '/way': under(
            'early',
            reading(() => ({ body: 'page' })),
          ),
        },
      })
      const browser = await scene.member()
      const { status } = await browser.send('/way', { method: 'HEAD' })
      expect([200, 404]).toContain(status)
      expect(await isFree(scene, await idOf(browser))).toBe(true)
    })

    it('when an early handler never touches it', async () => {
      const scene = await stage(driver, { routes: { '/way': under('early', () => ({ body: 'page' })) } })
      await free(scene, await scene.member(), '/way')
    })

    it('when the store fails the commit', async () => {
      const scene = await stage(driver, {
        routes: {
          '/way': under(
            'implicit',
            reading(() => ({ body: 'page' })),
          ),
        },
      })
      const browser = await scene.member()
      const id = await idOf(browser)
      scene.store.fail('update')
      expect((await browser.send('/way')).status).toBe(503)
      scene.store.heal()
      expect(await isFree(scene, id)).toBe(true)
    })

    it('before the first byte of a stream, in which others may change the session', async () => {
      const between = gate()
      const scene = await stage(driver, {
        routes: {
          '/stream': under('implicit', async (session) => {
            await session.read()
            return {
              stream: async (write) => {
                await write('first,')
                await between.pass()
                await write(String((await session.transact(count)).data.views))
              },
            }
          }),
        },
      })
      const browser = await scene.member()
      const flying = browser.send('/stream')
      await between.reached
      expect(await isFree(scene, await idOf(browser))).toBe(true)
      await browser.send('/count')
      between.open()
      expect((await flying).body).toBe('first,2')
    })

    it('when the client goes away and the handler goes on', async () => {
      const held = gate()
      const scene = await stage(driver, { routes: { '/slow': under('implicit', slowly(held)) } })
      const browser = await scene.member()
      const id = await idOf(browser)
      const met = once(scene.server, 'connection')
      const connection = await connectTo(scene.url)
      const [socket] = await met
      connection.write(requestText('/slow', { cookie: browser.jar.header(`${scene.url}/`)! }))
      await held.reached
      const gone = once(socket, 'close')
      connection.abort()
      await gone
      held.open()
      await vi.waitFor(async () => {
        expect(await isFree(scene, id)).toBe(true)
      })
      expect((await pageOf(browser)).data.views).toBe(1)
    })
  })
}
