/** What Deno declares by itself, as far as the example uses it. */
declare const Deno: {
  readonly env: { readonly get: (name: string) => string | undefined }
  readonly serve: (
    options: { readonly port: number; readonly hostname: string; readonly onListen: (at: { port: number }) => void },
    handler: (request: Request) => Response | Promise<Response>,
  ) => unknown
}
