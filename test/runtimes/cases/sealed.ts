import { describe, expect, it } from 'vitest'
import { type Asked, sealed, type Told } from '../app/sealed.ts'
import { EPOCH } from '../app/world.ts'
import { type Begin, HOUR } from '../stage.ts'

interface Answered extends Told {
  /** Every cookie that was set, as a browser sends them. */
  readonly cookie: string
}

type Ask = (asked: Partial<Asked>, cookie?: string) => Promise<Answered>

const asking =
  (url: string, send: (request: Request) => Promise<Response>): Ask =>
  async (asked, cookie) => {
    const text = JSON.stringify({ keys: ['first'], now: EPOCH, ...asked } satisfies Asked)
    const headers = cookie === undefined ? undefined : { cookie }
    const response = await send(new Request(`${url}?asked=${encodeURIComponent(text)}`, headers && { headers }))
    const told = (await response.json()) as Told
    const pairs = response.headers.getSetCookie().map((line) => line.slice(0, line.indexOf(';')))
    return { ...told, cookie: pairs.join('; ') }
  }

/** The present process, whose cipher is that of node:crypto. */
const here = asking('http://localhost/sealed', sealed)

/** Another character at this place. */
const altered = (text: string, at: number): string =>
  text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)

/** Cookies of one runtime, opened in another: here, and in the one that is served. */
export const sealing = (stage: Begin): void => {
  const both = async () => {
    const there = asking((await stage()).url('/sealed'), fetch)
    return [
      ['sealed here', here, there],
      ['sealed there', there, here],
    ] as const
  }

  describe('sealed cookies', () => {
    it.each([
      ['one cookie', 'Zoë 🧥 “coat”\n', 1],
      ['pieces', 'ë'.repeat(2_500), 2],
    ])('are opened by another runtime: %s', async (_, note, pieces) => {
      for (const [where, from, to] of await both()) {
        const { id, cookie } = await from({ note, who: 'zoë' })
        expect(cookie.split('; '), where).toHaveLength(pieces)
        const opened = { id, note, subject: 'zoë', status: 'live', rejected: [], cookie: '' }
        expect(await to({}, cookie), where).toEqual(opened)
      }
    })

    it('changed anywhere, they are nothing to either', async () => {
      for (const [where, from, to] of await both()) {
        const { id, cookie } = await from({ note: 'mine' })
        const [dots, end] = [cookie.indexOf('..'), cookie.length]
        // Header, nonce, text, and the tag's last character, whose spare bits no other spelling may use.
        for (const at of [20, dots - 1, dots + 2, dots + 30, end - 20, end - 1]) {
          const { status, rejected, id: other } = await to({}, altered(cookie, at))
          expect([status, rejected.length], `${where} ${at}`).toEqual(['malformed', 1])
          expect(other).not.toBe(id)
        }
        expect((await to({}, cookie.slice(0, -30))).status).toBe('malformed')
        expect((await to({}, cookie)).note).toBe('mine')
      }
    })

    it('end when they were sealed to end', async () => {
      for (const [where, from, to] of await both()) {
        const { cookie } = await from({ note: 'mine' })
        expect((await to({ now: EPOCH + HOUR - 1 }, cookie)).status, where).toBe('live')
        expect(await to({ now: EPOCH + HOUR }, cookie), where).toMatchObject({ status: 'expired', note: '' })
      }
    })

    it('are sealed anew under the next key, and no more opened without theirs', async () => {
      for (const [where, from, to] of await both()) {
        const { id, cookie } = await from({ note: 'mine' })
        const anew = await to({ keys: ['second', 'first'] }, cookie)
        expect(anew, where).toMatchObject({ id, note: 'mine', cookie: expect.stringMatching(/^__Host-id=/) as string })
        expect(await from({ keys: ['second'] }, anew.cookie), where).toMatchObject({ id, note: 'mine', cookie: '' })
        const { rejected } = await to({ keys: ['second'] }, cookie)
        expect(rejected, where).toEqual(['unknown-key'])
      }
    })
  })
}
