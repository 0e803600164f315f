import { sessionManager } from 'coatcheck'
import { keyring } from 'coatcheck/Keyring'
import { sealedCookie } from 'coatcheck/sealed-cookie'
import * as t from 'io-ts'

/** `secret`: what the platform keeps as SESSION_KEY, 43 characters: 32 random bytes as base64url. */
export const sessionsUnder = (secret: string) =>
  sessionManager({
    data: t.type({ visits: t.number }),
    initial: { visits: 0 },
    carrier: sealedCookie({ keys: keyring([{ id: 'k1', secret }]) }),
  })
