/* eslint-disable no-restricted-syntax -- it is how the platform's types are made to grow */
/**
 * What `wrangler types` writes into worker-configuration.d.ts, as far as the examples use it: each adds its bindings to
 * `Cloudflare.Env`.
 */
declare namespace Cloudflare {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- examples add to it
  interface Env {}
}

declare module 'cloudflare:workers' {
  export const env: Cloudflare.Env
}
