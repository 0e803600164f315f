/**
 * ```ts
 * interface CookieJar { header: (url?) => string | undefined; accept: (setCookies, url?) => void; get: (name, url?) => string | undefined; … }
 * ```
 * A browser's cookies, for tests: a small model of the user agent of RFC 6265bis (draft 22, §5). What a browser would
 * refuse is refused, and what arrives last wins, whatever was sent first.
 *
 * Laws (test/testing/cookieJar.test.ts):
 * 1. A cookie is kept exactly when the prefix, Secure, SameSite=None and domain rules of §5.7 allow it.
 * 2. Of two cookies with one name, host and path the one that was accepted last counts; an expired one removes it.
 * 3. `header` gives longer paths first, and then older cookies first (§5.8.3).
 *
 * Not modelled: the public suffix list, cross-site requests, eviction, partitions.
 *
 * @since 0.1.0
 */
import type { Millis } from '../core/Millis.ts'
import type { Clock } from '../effects/Clock.ts'
import { systemClock } from '../effects/Clock.ts'
import type { SetCookie } from './setCookie.ts'
import { parseSetCookie } from './setCookie.ts'

/** A cookie that the jar holds. */
export interface JarCookie {
  readonly name: string
  readonly value: string
  readonly host: string
  /** Whether only `host` itself gets it, and not its subdomains. */
  readonly hostOnly: boolean
  readonly path: string
  readonly secure: boolean
  readonly httpOnly: boolean
  /** ms since the epoch; undefined: until the browser closes. */
  readonly expiresAt: Millis | undefined
}

/** See the module's head. URLs are absolute; without one the jar's own is meant. */
export interface CookieJar {
  /** The Cookie header of a request to `url`, or undefined when there is nothing to send. */
  readonly header: (url?: string) => string | undefined
  /** Takes the Set-Cookie values of a response from `url`, in order, at the moment of the call: `jar.accept(response.headers.getSetCookie())`. */
  readonly accept: (setCookies: ReadonlyArray<string>, url?: string) => void
  /** The value of the first cookie of this name that a request to `url` would carry. */
  readonly get: (name: string, url?: string) => string | undefined
  /** Everything that has not expired. */
  readonly cookies: () => ReadonlyArray<JarCookie>
  /** What closing the browser does: cookies without an expiry are forgotten. */
  readonly closeBrowser: () => void
  /** Another jar with the same content: a thief's copy, a second browser. */
  readonly copy: () => CookieJar
}

/** Options of a jar. */
export interface JarOptions {
  /** The page's URL, when `header` and `accept` are called without one. Default `https://localhost/`. */
  readonly url?: string
  /** Decides what has expired. Default: the system's clock. */
  readonly clock?: Clock
}

/** Browsers keep no cookie longer than 400 days (§5.5). */
const LONGEST: Millis = 400 * 24 * 3_600_000

interface Kept extends JarCookie {
  /** The order of first arrival. */
  readonly order: number
}

// `http://localhost` is a trustworthy origin, and browsers take and send Secure cookies there.
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || /^127(\.[0-9]+){3}$/.test(host) || host === '[::1]'

const isSecure = ({ protocol, hostname }: URL): boolean => protocol === 'https:' || isLoopback(hostname)

const isAddress = (host: string): boolean => host.startsWith('[') || /^[0-9.]+$/.test(host)

/** §5.1.3 */
const domainMatches = (host: string, domain: string): boolean =>
  host === domain || (host.endsWith(`.${domain}`) && !isAddress(host))

/** §5.1.4 */
const defaultPath = (path: string): string => {
  const last = path.lastIndexOf('/')
  return last <= 0 ? '/' : path.slice(0, last)
}

/** §5.1.4 */
const pathMatches = (path: string, cookiePath: string): boolean =>
  path === cookiePath ||
  (path.startsWith(cookiePath) && (cookiePath.endsWith('/') || path.charAt(cookiePath.length) === '/'))

/** §5.7 steps 20 to 22; `__Http-` and `__Host-Http-` are of its successor, layered cookies. Any spelling of a prefix counts. */
const prefixAllows = ({ name, value, domain, path, secure, httpOnly }: SetCookie): boolean => {
  const shown = name.toLowerCase()
  if (shown === '' && /^__(secure|host|http)-/i.test(value)) return false
  const isHost = shown.startsWith('__host-')
  const isHttp = shown.startsWith('__http-') || shown.startsWith('__host-http-')
  if (isHost && !(secure && domain === undefined && path === '/')) return false
  if (isHttp && !(secure && httpOnly)) return false
  return secure || !shown.startsWith('__secure-')
}

const allowed = (cookie: SetCookie, url: URL): boolean =>
  (cookie.domain === undefined || domainMatches(url.hostname, cookie.domain)) &&
  (!cookie.secure || isSecure(url)) &&
  (cookie.sameSite !== 'none' || cookie.secure) &&
  (!cookie.partitioned || cookie.secure) &&
  prefixAllows(cookie)

const expiryOf = ({ maxAge, expires }: SetCookie, now: Millis): Millis | undefined => {
  const at = maxAge === undefined ? expires : maxAge <= 0 ? -Infinity : now + maxAge * 1000
  return at === undefined ? undefined : Math.min(at, now + LONGEST)
}

const same = (a: JarCookie, b: JarCookie): boolean =>
  a.name === b.name && a.host === b.host && a.hostOnly === b.hostOnly && a.path === b.path

/** §5.7 step 16: an insecure page can not put itself before a secure cookie. */
const shadowsSecure = (kept: ReadonlyArray<Kept>, cookie: JarCookie): boolean =>
  kept.some(
    ({ name, secure, host, path }) =>
      secure &&
      name === cookie.name &&
      (domainMatches(host, cookie.host) || domainMatches(cookie.host, host)) &&
      pathMatches(cookie.path, path),
  )

/** An empty jar, or, inside `copy`, one that begins with `kept`. */
const jarOf = (page: string, clock: Clock, begin: ReadonlyArray<Kept>, orders: number): CookieJar => {
  let kept = begin
  let order = orders

  const live = (): ReadonlyArray<Kept> => {
    const now = clock()
    kept = kept.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
    return kept
  }

  const sent = (url: URL): ReadonlyArray<Kept> =>
    live()
      .filter(
        ({ host, hostOnly, path, secure }) =>
          (hostOnly ? url.hostname === host : domainMatches(url.hostname, host)) &&
          pathMatches(url.pathname, path) &&
          (!secure || isSecure(url)),
      )
      .sort((a, b) => b.path.length - a.path.length || a.order - b.order)

  const take = (text: string, url: URL): void => {
    const parsed = parseSetCookie(text)
    if (parsed._tag === 'None' || !allowed(parsed.value, url)) return
    const { name, value, domain, path, secure, httpOnly } = parsed.value
    const cookie: JarCookie = {
      name,
      value,
      host: domain ?? url.hostname,
      hostOnly: domain === undefined,
      path: path ?? defaultPath(url.pathname),
      secure,
      httpOnly,
      expiresAt: expiryOf(parsed.value, clock()),
    }
    if (!secure && !isSecure(url) && shadowsSecure(live(), cookie)) return
    const before = live().find((other) => same(other, cookie))
    kept = [...kept.filter((other) => other !== before), { ...cookie, order: before?.order ?? order++ }]
  }

  return {
    header: (url = page) => {
      const pairs = sent(new URL(url)).map(({ name, value }) => (name === '' ? value : `${name}=${value}`))
      return pairs.length === 0 ? undefined : pairs.join('; ')
    },
    accept: (setCookies, url = page) => {
      for (const text of setCookies) take(text, new URL(url))
    },
    get: (name, url = page) => sent(new URL(url)).find((cookie) => cookie.name === name)?.value,
    cookies: () => live().map(({ order: _order, ...cookie }) => cookie),
    closeBrowser: () => {
      kept = kept.filter(({ expiresAt }) => expiresAt !== undefined)
    },
    copy: () => jarOf(page, clock, kept, order),
  }
}

/** An empty jar. */
export const cookieJar = ({ url = 'https://localhost/', clock = systemClock }: JarOptions = {}): CookieJar =>
  jarOf(url, clock, [], 0)
