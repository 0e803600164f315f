/**
 * Sealed cookies, with nothing behind them: what one runtime seals another can open. A request says in its query which
 * keys there are, what time it is, and what to put into the session; the answer says what the session is then.
 */
import { sessionManager } from 'coatcheck'
import { session } from 'coatcheck/hono'
import { keyring } from 'coatcheck/Keyring'
import { sealedCookie } from 'coatcheck/sealed-cookie'
import { set, signIn, subjectId } from 'coatcheck/Session'
import { Hono } from 'hono'
import * as t from 'io-ts'

const SECRETS = {
  first: 'Zm9yIHRoZSB0ZXN0cyBvZiBydW50aW1lcyBhbG9uZSE',
  second: 'YW5vdGhlciBvbmUsIGZvciB0aGVtIGFsb25lIHRvby4',
} as const

export interface Asked {
  /** The ring, in order. */
  readonly keys: ReadonlyArray<keyof typeof SECRETS>
  readonly now: number
  readonly note?: string
  readonly who?: string
}

export interface Told {
  readonly id: string
  readonly note: string
  readonly subject: string | null
  readonly status: string
  readonly rejected: ReadonlyArray<string>
}

export const sealed = async (request: Request): Promise<Response> => {
  const { keys, now, note, who } = JSON.parse(new URL(request.url).searchParams.get('asked')!) as Asked
  const rejected: Array<string> = []
  const sessions = sessionManager({
    data: t.type({ note: t.string }),
    initial: { note: '' },
    carrier: sealedCookie({ keys: keyring(keys.map((id) => ({ id, secret: SECRETS[id] }))), chunks: 4 }),
    clock: () => now,
    observer: (event) => {
      if (event._tag === 'rejected') rejected.push(event.reason)
    },
  })
  const app = new Hono().use(session(sessions)).all('*', async (c) => {
    if (who !== undefined) c.var.session.update(signIn(who))
    if (note !== undefined) c.var.session.update(set('note', note))
    const read = await c.var.session.read()
    const told: Told = {
      id: read.id,
      note: read.data.note,
      subject: subjectId(read) ?? null,
      status: await c.var.session.status(),
      rejected,
    }
    return c.json(told)
  })
  return app.fetch(request)
}
