/** The application on Deno. Its first line says where. */
import { fetch } from './app.ts'

interface Deno {
  readonly serve: (
    options: { readonly port: number; readonly hostname: string; onListen: (at: { readonly port: number }) => void },
    handler: (request: Request) => Promise<Response>,
  ) => unknown
}
declare const Deno: Deno

Deno.serve(
  {
    port: 0,
    hostname: '127.0.0.1',
    onListen: ({ port }) => {
      console.log(`http://127.0.0.1:${port}`)
    },
  },
  fetch,
)
