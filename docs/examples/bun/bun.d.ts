/* eslint-disable no-restricted-syntax -- it is how the platform's types are made to grow */
/** What `bun-types` declares, as far as the example uses it. */
declare const Bun: {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly serve: (options: {
    readonly port: number
    readonly hostname: string
    readonly fetch: (request: Request) => Response | Promise<Response>
  }) => { readonly port: number }
}

declare module 'bun:sqlite' {
  import type { SqliteDatabase } from 'coatcheck/stores/sqlite'
  export const Database: new (path: string) => SqliteDatabase & { close: () => void }
}
