/**
 * A server that dies and comes back under load, over real HTTP: what was acknowledged is there, nothing is there twice, a
 * route that does not use its session never notices, and no request waits longer than the store's time limit.
 */
import { describe, expect, it, onTestFinished } from 'vitest'
import { counting } from './load.ts'
import { remotes } from './remotes.ts'
import { serveSite, type Site } from './site.ts'
import { miscount } from './tally.ts'

const begun = async (site: Site): Promise<string> => {
  const { status, cookie } = await site.get('/count')
  expect(status).toBe(200)
  return cookie!
}

describe.each(Object.entries(remotes))('%s', (_name, start) => {
  it('is killed and restarted under load, three times', async () => {
    const remote = await start()
    onTestFinished(remote.stop)
    const site = await serveSite(remote.store)
    onTestFinished(site.close)
    const cookie = await begun(site)
    const load = counting(site, cookie)
    for (let time = 0; time < 3; time += 1) {
      await load.more(30)
      await remote.kill()
      // While it is away: 503, and routes without the session as ever.
      const [away, home] = await Promise.all([site.get('/read', cookie), site.get('/', cookie)])
      expect(away).toMatchObject({ status: 503, cookie: undefined })
      expect(home).toMatchObject({ status: 200, body: 'home' })
      await remote.restart()
      await load.more(30)
    }
    await load.stop()
    const { status, body } = await site.get('/read', cookie)
    expect(status).toBe(200)
    const counted = Number(body) - 1
    expect(miscount(load.tally(), counted)).toBeUndefined()
  }, 90_000)

  it('is unreachable: the session’s routes answer 503 in time, the others at once', async () => {
    const remote = await start()
    onTestFinished(remote.stop)
    const site = await serveSite(remote.store)
    onTestFinished(site.close)
    const cookie = await begun(site)
    remote.proxy.weather('black-hole')
    const asked = Promise.all(Array.from({ length: 20 }, () => site.get('/count', cookie)))
    let answered = false
    void asked.then(() => {
      answered = true
    })
    for (let time = 0; time < 20; time += 1)
      expect(await site.get('/', cookie)).toMatchObject({ status: 200, body: 'home' })
    // The home page was served twenty times while the others still waited for the store.
    expect(answered).toBe(false)
    for (const { status, cookie: sent } of await asked)
      expect({ status, sent }).toEqual({ status: 503, sent: undefined })
  }, 60_000)
})
