import { Agent } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Driver, Route } from '../app.ts'
import { gate, type Gate } from '../gates.ts'
import { connectTo, requestText } from '../http.ts'
import { count, pageOf, stage } from '../world.ts'

const held = (hold: Gate): Readonly<Record<string, Route>> => ({
  '/held': {
    handle: async (session) => {
      await hold.pass()
      const { data } = await session.transact(count)
      return { body: `<held ${data.views}>` }
    },
  },
  '/quick': {
    handle: async (session) => {
      const { data } = await session.transact(count)
      return { body: `<quick ${data.views}>` }
    },
  },
})

export const connections = (driver: Driver): void => {
  describe('connections', () => {
    it('one that is kept alive serves one request after another, each with its own session', async () => {
      const { visitor } = await stage(driver)
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      onTestFinished(() => {
        agent.destroy()
      })
      const [alice, bob] = [visitor(), visitor()]
      await alice.send('/login?as=alice', { agent })
      await bob.send('/login?as=bob', { agent })
      for (let i = 0; i < 5; i++) {
        await alice.send('/count', { agent })
        await bob.send('/nowhere', { agent })
      }
      expect(await pageOf(alice)).toMatchObject({ subject: 'alice', data: { views: 5 } })
      expect(await pageOf(bob)).toMatchObject({ subject: 'bob', data: { views: 0 } })
      const { setCookies } = await visitor().send('/me', { agent })
      expect(setCookies).toEqual([])
    })

    it('pipelined requests are answered in their order, whichever is done first', async () => {
      const hold = gate()
      const { member, url, next } = await stage(driver, { routes: held(hold) })
      const browser = await member()
      const cookie = browser.jar.header(`${url}/`)!
      const connection = await connectTo(url)
      const quick = next('committed')
      connection.write(
        requestText('/held', { cookie }) +
          requestText('/quick', { cookie }) +
          requestText('/ping') +
          requestText('/me', { cookie, connection: 'close' }),
      )
      await hold.reached
      await quick
      expect(connection.received()).toBe('')
      hold.open()
      const text = await connection.closed()
      expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(Array.from({ length: 4 }, () => 'HTTP/1.1 200'))
      expect(text.match(/<held 2>|<quick 1>|pong|"subject":"alice"/g)).toEqual([
        '<held 2>',
        '<quick 1>',
        'pong',
        '"subject":"alice"',
      ])
    })

    it('fifty pipelined increments are all there', async () => {
      const { member, url } = await stage(driver)
      const browser = await member()
      const cookie = browser.jar.header(`${url}/`)!
      const connection = await connectTo(url)
      connection.write(requestText('/count', { cookie }).repeat(49))
      connection.write(requestText('/count', { cookie, connection: 'close' }))
      expect((await connection.closed()).match(/HTTP\/1\.1 200 /g)).toHaveLength(50)
      expect((await pageOf(browser)).data.views).toBe(50)
    })
  })
}
