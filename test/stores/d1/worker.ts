/** A Worker that runs the store contract on its own binding, and answers how that went. */
import { type D1Binding, d1Store } from '../../../src/stores/d1.ts'
import { storeContract } from '../../../src/testing/storeContract.ts'
import { verdicts } from '../sqlite/verdicts.ts'

export const capabilities = { guarantee: 'cas', sweeping: true, directory: true } as const

// workerd takes the default export for the Worker.
// eslint-disable-next-line no-restricted-syntax
export default {
  fetch: async (_: Request, { DB }: { readonly DB: D1Binding }): Promise<Response> => {
    const store = d1Store({ database: DB })
    const migrated = await store.migrate()
    if (migrated._tag === 'Left') throw migrated.left.cause
    return Response.json(await verdicts(storeContract('d1', () => store, capabilities)))
  },
}
