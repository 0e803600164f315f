import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Driver } from '../app.ts'
import { connectTo, requestText } from '../http.ts'
import { HOUR, MINUTE, read, stage, type Stage } from '../world.ts'

const NAME = '__Host-id'
const FORGED = `${'A'.repeat(22)}.${'A'.repeat(43)}`

/** A member, and the member's own cookie value. */
const memberOf = async (driver: Driver, setting = {}): Promise<Stage & { readonly good: string }> => {
  const scene = await stage(driver, setting)
  const browser = await scene.member()
  return { ...scene, good: browser.jar.get(NAME)! }
}

const show = async ({ visitor }: Stage, cookie: string) => {
  const response = await visitor().send('/me', { headers: { cookie } })
  expect(response.status).toBe(200)
  expect(response.setCookies).toEqual([])
  return read(response)
}

const isAnonymous = { subject: null, data: { views: 0 } }

export const tokens = (driver: Driver): void => {
  describe('a cookie that is no token', () => {
    const values = [
      '',
      '""',
      '.',
      'null',
      'undefined',
      'true',
      '__proto__',
      'constructor',
      '../../etc/passwd',
      "' OR 1=1 --",
      '{"id":1}',
      '%00',
      '%0d%0aset-cookie:x=1',
      'A'.repeat(66),
      `${'A'.repeat(22)}.`,
      `.${'A'.repeat(43)}`,
      `${'A'.repeat(22)}.${'A'.repeat(44)}`,
      `${'A'.repeat(21)}B.${'A'.repeat(43)}`,
      `${'A'.repeat(22)}.${'A'.repeat(42)}B`,
      `"${FORGED}"`,
      `${FORGED}=`,
      `${FORGED},${FORGED}`,
      `${'A'.repeat(21)}ä.${'A'.repeat(43)}`,
      'x'.repeat(8000),
      createHash('sha256').update('x').digest('hex'),
      createHash('sha256').update('x').digest('base64url'),
    ]

    it('is anonymous, and the store never hears of it', async () => {
      const scene = await stage(driver)
      for (const value of values) {
        expect(await show(scene, `${NAME}=${value}`), value).toMatchObject({ ...isAnonymous, status: 'malformed' })
      }
      expect(scene.store.calls).toEqual([])
    })

    it('whatever characters a header may hold', async () => {
      const scene = await stage(driver)
      const allowed = fc.mapToConstant({ num: 95, build: (n) => 32 + n }, { num: 128, build: (n) => 128 + n })
      const text = fc.array(allowed, { maxLength: 120 }).map((codes) => String.fromCharCode(...codes))
      await fc.assert(
        fc.asyncProperty(text, text, async (before, value) => {
          expect(await show(scene, `${before};${NAME}=${value}`)).toMatchObject(isAnonymous)
        }),
        { numRuns: 60 },
      )
      expect(scene.store.calls).toEqual([])
    })

    it('whatever byte stands in it: the server answers and goes on', async () => {
      const scene = await stage(driver)
      for (const byte of [0x00, 0x01, 0x08, 0x09, 0x0a, 0x0b, 0x0d, 0x1f, 0x7f, 0x80, 0xff]) {
        const connection = await connectTo(scene.url)
        const cookie = `${NAME}=A${String.fromCharCode(byte)}A`
        connection.write(requestText('/me', { cookie, connection: 'close' }))
        // 400 is the parser's own answer; a line feed ends the header, and its rest is no header at all.
        expect(await connection.closed(), String(byte)).toMatch(/^HTTP\/1\.1 (200|400) /)
      }
      expect(scene.store.calls).toEqual([])
      expect(await show(scene, 'a=b')).toMatchObject({ status: 'none' })
    })

    it('does not hinder a visitor from signing in', async () => {
      const { visitor, store } = await stage(driver)
      const { status, setCookies } = await visitor().send('/login', { headers: { cookie: `${NAME}=junk` } })
      expect([status, setCookies.length]).toEqual([200, 1])
      expect(store.calls).not.toContain('load')
    })

    it('is only looked for in the cookie', async () => {
      const { visitor, good, store } = await memberOf(driver)
      const calls = await store.during(async () => {
        const response = await visitor().send(`/me?${NAME}=${good}&id=${good}`, {
          headers: { 'x-session': good, authorization: `Bearer ${good}`, [NAME]: good },
        })
        expect(read(response)).toMatchObject({ ...isAnonymous, status: 'none' })
      })
      expect(calls).toEqual([])
    })
  })

  describe('a token that is not accepted', () => {
    it('unknown id, and a wrong secret for a known one', async () => {
      const scene = await memberOf(driver)
      expect(await show(scene, `${NAME}=${FORGED}`)).toMatchObject({ ...isAnonymous, status: 'unknown' })
      scene.advance(2 * MINUTE)
      const id = scene.good.split('.')[0]!
      expect(await show(scene, `${NAME}=${id}.${'A'.repeat(43)}`)).toMatchObject({ ...isAnonymous, status: 'unknown' })
      expect(await show(scene, `${NAME}=${scene.good}`)).toMatchObject({ subject: 'alice' })
      expect(scene.events).toContainEqual({ _tag: 'rejected', reason: 'unknown', id: FORGED.slice(0, 22) })
      expect(scene.events).toContainEqual({ _tag: 'rejected', reason: 'unknown-secret', id })
    })

    it('what the store holds is not what opens it', async () => {
      const scene = await memberOf(driver)
      const [id, secret] = scene.good.split('.')
      scene.advance(2 * MINUTE)
      const digest = createHash('sha256').update(secret!).digest('base64url')
      const stored = await scene.store.load(id as never)()
      expect(JSON.stringify(stored)).toContain(digest)
      expect(JSON.stringify(stored)).not.toContain(secret)
      expect(await show(scene, `${NAME}=${id}.${digest}`)).toMatchObject({ ...isAnonymous, status: 'unknown' })
    })

    it('a write under it begins another session, and harms nobody', async () => {
      const { visitor, good, advance, store } = await memberOf(driver)
      advance(2 * MINUTE)
      const stranger = visitor()
      const id = good.split('.')[0]!
      const cookie = `${NAME}=${id}.${'A'.repeat(43)}`
      expect(await store.during(() => stranger.send('/count', { headers: { cookie } }))).toEqual(['load', 'create'])
      expect(stranger.jar.get(NAME)!.split('.')[0]).not.toBe(id)
      const owner = visitor()
      expect(read(await owner.send('/me', { headers: { cookie: `${NAME}=${good}` } }))).toMatchObject({
        subject: 'alice',
        data: { views: 0 },
      })
    })

    it('expired', async () => {
      const scene = await memberOf(driver)
      scene.advance(HOUR)
      expect(await show(scene, `${NAME}=${scene.good}`)).toMatchObject({ ...isAnonymous, status: 'expired' })
      expect(scene.events).toContainEqual(expect.objectContaining({ _tag: 'expired', deadline: 'idle' }))
    })
  })

  describe('more than one cookie', () => {
    it.each([
      ['malformed', 'junk'],
      ['well-formed and unknown', FORGED],
    ])('a good one beside a %s one, in both orders', async (_, evil) => {
      const scene = await memberOf(driver)
      for (const pair of [
        [scene.good, evil],
        [evil, scene.good],
      ])
        expect(await show(scene, pair.map((value) => `${NAME}=${value}`).join('; '))).toMatchObject({
          subject: 'alice',
          status: 'live',
        })
    })

    it('two live ones: nobody, and an event', async () => {
      const scene = await memberOf(driver)
      const other = await scene.member('mallory')
      const evil = other.jar.get(NAME)!
      for (const pair of [
        [scene.good, evil],
        [evil, scene.good],
      ])
        expect(await show(scene, pair.map((value) => `${NAME}=${value}`).join('; '))).toMatchObject(isAnonymous)
      expect(scene.events).toContainEqual({ _tag: 'rejected', reason: 'ambiguous' })
      expect(await show(scene, `${NAME}=${scene.good}`)).toMatchObject({ subject: 'alice' })
    })

    it('500 cookies around it, and hundreds of its own name', async () => {
      const scene = await memberOf(driver)
      const crowd = Array.from({ length: 250 }, (_, i) => `c${i}=${i}`).join('; ')
      expect(await show(scene, `${crowd}; ${NAME}=${scene.good}; ${crowd}`)).toMatchObject({ subject: 'alice' })
      const own = Array.from({ length: 500 }, (_, i) => `${NAME}=${i}`).join('; ')
      const calls = await scene.store.during(() => show(scene, `${own}; ${NAME}=${scene.good}`))
      expect(calls.length).toBeLessThanOrEqual(2)
    })

    it('several Cookie lines are one', async () => {
      const { url, good } = await memberOf(driver)
      for (const lines of [
        ['theme=dark', `${NAME}=${good}`],
        [`${NAME}=${good}`, 'theme=dark'],
        ['a=1; b=2', `${NAME}=${good}`, 'theme=dark'],
      ]) {
        const connection = await connectTo(url)
        const cookies = lines.map((line) => `Cookie: ${line}\r\n`).join('')
        connection.write(`GET /me HTTP/1.1\r\nHost: localhost\r\n${cookies}Connection: close\r\n\r\n`)
        expect(await connection.closed(), lines.join(' | ')).toContain('"subject":"alice"')
      }
    })

    it('a mis-cased prefix, part of a name and a value that looks like a cookie are other cookies', async () => {
      const scene = await memberOf(driver)
      const calls = await scene.store.during(async () => {
        for (const cookie of [
          `__host-id=${scene.good}`,
          `__HOST-ID=${scene.good}`,
          `__Host-Id=${scene.good}`,
          `x__Host-id=${scene.good}`,
          `id=${scene.good}`,
          `__Host-id2=${scene.good}`,
          `theme="${NAME}=${scene.good}"`,
          `theme=a,${NAME}=${scene.good}`,
          `theme=a ${NAME}=${scene.good}`,
        ])
          expect(await show(scene, cookie), cookie).toMatchObject({ ...isAnonymous, status: 'none' })
      })
      expect(calls).toEqual([])
    })

    it('__proto__ and its like beside it', async () => {
      const scene = await memberOf(driver)
      const cookie = `__proto__=x; constructor=y; toString=z; ${NAME}=${scene.good}; hasOwnProperty=1`
      expect(await show(scene, cookie)).toMatchObject({ subject: 'alice' })
    })
  })
}
