/**
 * ```ts
 * interface CookieRule { readonly option: string; readonly value: string; readonly rule: string }
 * ```
 * What can be wrong with the settings of a cookie, checked when it is constructed, so for set and clear alike.
 *
 * @since 0.1.0
 */

/** A setting that breaks a rule: which one, what it was, and the rule. */
export interface CookieRule {
  readonly option: string
  readonly value: string
  readonly rule: string
}

/** The settings as given, by whoever gave them: JavaScript has no types. */
export type GivenCookie = Readonly<Record<(typeof OPTIONS)[number], unknown>>

const OPTIONS = ['name', 'secure', 'sameSite', 'path', 'domain', 'partitioned', 'persistent'] as const

// The longer of two that begin alike comes first.
const PREFIXES = ['__Host-Http-', '__Host-', '__Http-', '__Secure-']

// token of RFC 9110 §5.6.2
const NAME = /^[!#$%&'*+\-.^`|~\w]+$/
// path-value of RFC 6265bis §4.1.1, but for spaces: no URL has one. Without a leading `/` browsers ignore it (§5.6.4).
const PATH = /^\/[!-:<-~]*$/
// A host name of RFC 1123: labels of letters, digits and inner hyphens.
const DOMAIN = /^(?=.{1,253}$)[a-z\d]([a-z\d-]{0,61}[a-z\d])?(\.[a-z\d]([a-z\d-]{0,61}[a-z\d])?)*$/i
// The longest value of an attribute (RFC 6265bis §5.6), in bytes. A domain is shorter anyway.
const ATTRIBUTE_LIMIT = 1024

const isText = (value: unknown, pattern: RegExp): boolean => typeof value === 'string' && pattern.test(value)
const isFlag = (value: unknown): boolean => typeof value === 'boolean'
const FLAG = 'must be true or false'

// Browsers look at prefixes in any case (RFC 6265bis §5.7), and refuse or misread a name that spells one otherwise.
const prefixOf = (name: string): string | undefined =>
  PREFIXES.find((prefix) => name.toLowerCase().startsWith(prefix.toLowerCase()))

type Rule = readonly [option: keyof GivenCookie, holds: boolean, rule: string]

const formRules = ({ name, secure, sameSite, path, domain, ...given }: GivenCookie): ReadonlyArray<Rule> => [
  ['name', isText(name, NAME), 'must be a token, letters and digits for example (RFC 6265bis §4.1.1)'],
  ['secure', isFlag(secure), FLAG],
  ['sameSite', isText(sameSite, /^(Lax|Strict|None)$/), 'must be Lax, Strict or None (RFC 6265bis §4.1.2.7)'],
  ['path', isText(path, PATH), 'must begin with / and hold printable ASCII without ; and spaces (RFC 6265bis §4.1.1)'],
  ['path', shown(path).length <= ATTRIBUTE_LIMIT, 'must take at most 1024 bytes (RFC 6265bis §5.6)'],
  [
    'domain',
    domain === undefined || isText(domain, DOMAIN),
    'must be a host name without a leading dot (RFC 6265bis §4.1.2.3)',
  ],
  ['partitioned', isFlag(given.partitioned), FLAG],
  ['persistent', isFlag(given.persistent), FLAG],
]

const prefixRules = ({ name, secure, path, domain }: GivenCookie, prefix: string): ReadonlyArray<Rule> => {
  const because = `because the name begins with ${prefix} (RFC 6265bis §4.1.3)`
  const hostOnly = prefix.startsWith('__Host-')
  return [
    ['name', shown(name).startsWith(prefix), `must spell its prefix ${prefix} (RFC 6265bis §5.7)`],
    ['secure', secure === true, `must be true ${because}; for development choose a name without a prefix`],
    ['path', !hostOnly || path === '/', `must be / ${because}`],
    ['domain', !hostOnly || domain === undefined, `must be left out ${because}`],
  ]
}

const attributeRules = ({ secure, sameSite, partitioned }: GivenCookie): ReadonlyArray<Rule> => [
  ['sameSite', sameSite !== 'None' || secure === true, 'None needs secure: true (RFC 6265bis §5.7)'],
  ['partitioned', partitioned !== true || secure === true, 'needs secure: true (CHIPS)'],
]

const unknownOption = (given: object): CookieRule | undefined => {
  const option = Object.keys(given).find((key) => !(OPTIONS as ReadonlyArray<string>).includes(key))
  if (option === undefined) return undefined
  const rule =
    option === 'httpOnly' ? 'is always sent and has no option' : `is no option; there are ${OPTIONS.join(', ')}`
  return { option, value: shown((given as Readonly<Record<string, unknown>>)[option]), rule }
}

const shown = (value: unknown): string =>
  typeof value === 'object' || typeof value === 'function' ? typeof value : String(value)

/** The first rule that the settings break, or undefined: each alone, then together, then names that mean nothing. Never throws. */
export const brokenRule = (given: GivenCookie): CookieRule | undefined => {
  const prefix = prefixOf(shown(given.name))
  const rules = [
    ...formRules(given),
    ...(prefix === undefined ? [] : prefixRules(given, prefix)),
    ...attributeRules(given),
  ]
  const broken = rules.find(([, holds]) => !holds)
  if (broken === undefined) return unknownOption(given)
  const [option, , rule] = broken
  return { option, value: shown(given[option]), rule }
}
