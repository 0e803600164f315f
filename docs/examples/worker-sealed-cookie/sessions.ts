import { env } from 'cloudflare:workers'
import { sessionManager } from 'coatcheck'
import { keyring } from 'coatcheck/Keyring'
import { sealedCookie } from 'coatcheck/sealed-cookie'
import * as t from 'io-ts'

/** `2026-11:<43 characters>,2026-05:<43 characters>`: the first one seals, all of them open. */
const keysIn = (text: string | undefined) => {
  if (text === undefined) throw new Error('SESSION_KEYS is not there: npx wrangler secret put SESSION_KEYS')
  return text.split(',').map((key) => {
    const [id = '', secret = ''] = key.trim().split(':')
    return { id, secret }
  })
}

/** One for all requests: the bindings of a Worker do not change while it runs. */
export const sessions = sessionManager({
  data: t.type({ cart: t.readonlyArray(t.string) }),
  initial: { cart: [] },
  // Up to two cookies of 4 KB: a cart of some hundred articles.
  carrier: sealedCookie({ keys: keyring(keysIn(env.SESSION_KEYS)), chunks: 2 }),
})
