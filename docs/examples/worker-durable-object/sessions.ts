import { env } from 'cloudflare:workers'
import { sessionManager } from 'coatcheck'
import { durableObjectStore } from 'coatcheck/stores/durable-object'
import * as t from 'io-ts'

/** One for all requests: the bindings of a Worker do not change while it runs. */
export const sessions = sessionManager({
  data: t.type({ cart: t.readonlyArray(t.string) }),
  initial: { cart: [] },
  store: durableObjectStore({ namespace: env.SESSIONS }),
})
