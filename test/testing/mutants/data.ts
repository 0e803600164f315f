/** Mutants that lose something of what they store. */
import type { Live } from '../../../src/core/Stored.ts'
import { type Mutant, mutant, type Plain } from './mutant.ts'

/** A store whose every stored value went through something that is not quite JSON. */
const garbled = (flaw: string, noticedBy: string, garble: (live: Live) => Live): Mutant<Plain> =>
  mutant(flaw, noticedBy, (model) => ({
    create: (id, live) => model.create(id, garble(live)),
    update: (id, expected, live, fence) => model.update(id, expected, garble(live), fence),
  }))

const viaText = (change: (text: string) => string) => (live: Live) => JSON.parse(change(JSON.stringify(live))) as Live

const spreadKeys = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(spreadKeys)
  const copy: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) copy[key] = spreadKeys(inner)
  return copy
}

const sortedKeys = (value: unknown): unknown =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))

const lowerSubject = ({ subject, ...live }: Live): Live =>
  subject === undefined ? live : { ...live, subject: { ...subject, id: subject.id.toLowerCase() } }

export const garblers: ReadonlyArray<Mutant<Plain>> = [
  garbled(
    'NUL is cut out',
    'data: texts of every kind',
    viaText((text) => text.replace(/(?<!\\)\\u0000/g, '')),
  ),
  garbled(
    'only the basic plane',
    'data: every character of Unicode',
    viaText((text) => text.replace(/[\u{10000}-\u{10ffff}]/gu, '?')),
  ),
  garbled(
    'text is normalised',
    'data: texts of every kind',
    viaText((text) => text.normalize('NFC')),
  ),
  garbled(
    'numbers are 32-bit floats',
    'data: numbers keep every digit',
    viaText((text) => text.replace(/\d+\.\d+(?![\d:eE-])/g, (digits) => String(Math.fround(Number(digits))))),
  ),
  garbled('keys are copied by assignment', 'data: keys of every kind', (live) => spreadKeys(live) as Live),
  garbled('keys are sorted', 'data: keys keep their order', (live) => ({
    ...live,
    data: sortedKeys(live.data) as never,
  })),
  garbled(
    'null members are dropped',
    'data: every shape of JSON',
    viaText((text) => text.replace('"a":null', '')),
  ),
  garbled('flash is text', 'create: a record with every member', (live) => ({
    ...live,
    flash: JSON.stringify(live.flash) as never,
  })),
  garbled('subjects are trimmed', 'data: subjects of every kind', (live) =>
    live.subject === undefined ? live : { ...live, subject: { ...live.subject, id: live.subject.id.trim() } },
  ),
  garbled('subjects are lower-cased', 'directory: subjects match exactly', lowerSubject),
  garbled(
    'levels are forgotten',
    'create: a record with every member',
    viaText((text) => text.replace(',"level":2', '')),
  ),
  garbled('long values are cut', 'data: as large as the store takes', (live) =>
    typeof live.data === 'string' ? { ...live, data: live.data.slice(0, 60_000) } : live,
  ),
]
