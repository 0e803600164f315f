// eslint-disable-next-line no-restricted-syntax -- it is how the platform's types are made to grow
declare namespace Cloudflare {
  interface Env {
    /** A secret: `<id>:<secret>`, the newest first, separated by commas. Not there before somebody puts it. */
    readonly SESSION_KEYS?: string
  }
}
