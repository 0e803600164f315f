import { sessionManager } from 'coatcheck'
import { keyring } from 'coatcheck/Keyring'
import { sealedCookie } from 'coatcheck/sealed-cookie'
import * as t from 'io-ts'

const secret = Deno.env.get('SESSION_KEY')
if (secret === undefined) throw new Error('Set SESSION_KEY to 43 characters: 32 random bytes as base64url.')

/** On Deno Deploy requests meet many short-lived processes that share nothing: the session travels in its cookie. */
export const sessions = sessionManager({
  data: t.type({ visits: t.number }),
  initial: { visits: 0 },
  carrier: sealedCookie({ keys: keyring([{ id: 'k1', secret }]) }),
})
