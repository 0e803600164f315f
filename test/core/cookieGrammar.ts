/**
 * A strict reader of Set-Cookie: the grammar that servers must keep to (RFC 6265bis draft 22 §4.1.1), not the lenient
 * one of browsers. Written from the ABNF alone.
 */
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
const OCTET = '[\\x21\\x23-\\x2B\\x2D-\\x3A\\x3C-\\x5B\\x5D-\\x7E]'
const AV_OCTET = '[\\x20-\\x3A\\x3C-\\x7E]'
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`)

const PAIR = whole(`(${TOKEN})=(${OCTET}*|"${OCTET}*")`)

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const DATE = /^(\w{3}), (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/

/** IMF-fixdate (RFC 9110 §5.6.7), its weekday right: ms, or undefined. */
const dateOf = (text: string): number | undefined => {
  const [, day, date, month, year, hour, minute, second] = DATE.exec(text) ?? []
  const at = Date.UTC(
    Number(year),
    MONTHS.indexOf(month ?? ''),
    Number(date),
    Number(hour),
    Number(minute),
    Number(second),
  )
  const back = new Date(at)
  return DAYS[back.getUTCDay()] === day && back.getUTCDate() === Number(date) ? at : undefined
}

const ATTRIBUTES: Readonly<Record<string, (value: string | undefined) => boolean>> = {
  Expires: (value) => value !== undefined && dateOf(value) !== undefined,
  'Max-Age': (value) => /^[1-9][0-9]*$/.test(value ?? ''),
  Domain: (value) => whole(`${LABEL}(?:\\.${LABEL})*`).test(value ?? ''),
  Path: (value) => value !== undefined && whole(`${AV_OCTET}*`).test(value),
  Secure: (value) => value === undefined,
  HttpOnly: (value) => value === undefined,
  SameSite: (value) => ['Strict', 'Lax', 'None'].includes(value ?? ''),
  // extension-av, of CHIPS
  Partitioned: (value) => value === undefined,
}

export interface Strict {
  readonly name: string
  readonly value: string
  readonly attributes: ReadonlyMap<string, string | undefined>
  readonly expires: number | undefined
}

/** Reads `text`, or says which rule it breaks. */
export const strictly = (text: string): Strict | string => {
  const [pair = '', ...avs] = text.split(';')
  const [, name, value] = PAIR.exec(pair) ?? []
  if (name === undefined || value === undefined) return `no cookie-pair: ${pair}`
  const attributes = new Map<string, string | undefined>()
  for (const av of avs) {
    // OWS allows more; servers write one space.
    const [, key = '', given] = /^ ([^=]+)(?:=(.*))?$/s.exec(av) ?? []
    if (ATTRIBUTES[key]?.(given) !== true) return `no cookie-av: ${av}`
    if (attributes.has(key)) return `a second ${key}`
    attributes.set(key, given)
  }
  const expires = attributes.get('Expires')
  return { name, value, attributes, expires: expires === undefined ? undefined : dateOf(expires) }
}
