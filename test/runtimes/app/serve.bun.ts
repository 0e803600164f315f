/** The application on Bun. Its first line says where. */
import { fetch } from './app.ts'

interface Bun {
  readonly serve: (options: {
    readonly port: number
    readonly hostname: string
    readonly fetch: (request: Request) => Promise<Response>
  }) => { readonly port: number }
}
declare const Bun: Bun

const { port } = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch })
console.log(`http://127.0.0.1:${port}`)
