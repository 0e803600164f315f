// eslint-disable-next-line no-restricted-syntax -- it is how the platform's types are made to grow
declare namespace Cloudflare {
  interface Env {
    /** Not there before wrangler.jsonc has it. */
    readonly HYPERDRIVE?: { readonly connectionString: string }
  }
}
