import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { valuesOf, VALUES_LIMIT } from '../../src/core/Cookie.ts'
import { isToken } from '../../src/core/Token.ts'

const NAME = '__Host-id'
const tokenOf = (n: number): string => {
  const text = (fill: number, length: number): string => Buffer.alloc(length, fill).toString('base64url')
  return `${text(n, 16)}.${text(n + 1, 32)}`
}
const [A, B, C, D] = [tokenOf(1), tokenOf(2), tokenOf(3), tokenOf(4)]

describe('valuesOf', () => {
  it.each<[what: string, header: string, values: ReadonlyArray<string>]>([
    ['no cookie', '', []],
    ['other cookies', 'a=b; c=d', []],
    ['the cookie alone', `${NAME}=${A}`, [A]],
    ['the cookie among others', `a=b; ${NAME}=${A}; c=d`, [A]],
    ['no space between pairs', `a=b;${NAME}=${A};c=d`, [A]],
    ['spaces and tabs around pairs', ` \t ${NAME}=\t${A} \t;  `, [A]],
    ['separators alone around it', `;;; ;${NAME}=${A};;`, [A]],
    ['an empty value', `${NAME}=`, ['']],
    ['an empty value and more', `${NAME}=; a=b`, ['']],
    ['a value of spaces', `${NAME}=   ; a=b`, ['']],
    ['a value with =', `${NAME}=a=b==`, ['a=b==']],
    ['two values, in order', `${NAME}=${A}; ${NAME}=${B}`, [A, B]],
    ['the same two, the other way round', `${NAME}=${B}; ${NAME}=${A}`, [B, A]],
    ['one value twice', `${NAME}=${A}; a=b; ${NAME}=${A}`, [A]],
    // names: only this one, exactly
    ['a longer name', `x${NAME}=${A}; ${NAME}2=${A}`, []],
    ['a longer name before it', `x${NAME}=${B}; ${NAME}=${A}`, [A]],
    ['mis-cased prefixes', `__host-id=${A}; __HOST-id=${A}; __Host-ID=${A}`, []],
    ['a space within the pair', `${NAME} =${A}`, []],
    ['no =', NAME, []],
    ['no name', `=${NAME}=${A}`, []],
    ['a prototype', '__proto__=1; constructor=2', []],
    // whitespace that browsers leave in names and a careless trim takes away
    ...['\u00a0', '\u2003', '\u0085', '\ufeff', '\v', '\f', '\r', '\n', '\r\n', '\0', '\x1f'].map(
      (space): [string, string, ReadonlyArray<string>] => [
        `${JSON.stringify(space)} before the name`,
        `a=b; ${space}${NAME}=${A}`,
        [],
      ],
    ),
    // values of other cookies
    ['the pair as the value of another', `a=${NAME}=${A}`, []],
    ['after a space in the value of another', `a=b ${NAME}=${A}; c= ${NAME}=${A}`, []],
    ['after a comma in the value of another', `a=b,${NAME}=${A}; c=d, ${NAME}=${A}`, []],
    ['in the query of another', `a=?x&${NAME}=${A}`, []],
    // no quoted strings: `;` ends a pair anywhere
    ['in a quoted value', `a="; ${NAME}=${A}; b="`, [A]],
    ['quoted itself', `${NAME}="${A}"`, [`"${A}"`]],
    ['a quote that opens and does not close', `${NAME}="${A}; a=b`, [`"${A}`]],
    ['an escaped semicolon', `${NAME}=a\\;b`, ['a\\']],
    ['$Version and $Path', `$Version=1; ${NAME}=${A}; $Path=/`, [A]],
    ['percent encoding is left alone', `${NAME}=%41; %5F_Host-id=${A}`, ['%41']],
  ])('%s', (_, header, values) => {
    expect(valuesOf(NAME, header)).toEqual(values)
  })

  it.each<[what: string, values: ReadonlyArray<string>, found: ReadonlyArray<string>]>([
    ['a token', [A], [A]],
    ['a malformed one alone, so that it can be told from none', ['junk'], ['junk']],
    ['the first of several malformed ones', ['x', 'y', 'z'], ['x']],
    ['a malformed empty one', [''], ['']],
    ['a token behind malformed ones', ['x', 'y', '', 'z', A], [A]],
    ['a token before malformed ones', [A, 'x', 'y'], [A]],
    ['two tokens among malformed ones', ['x', A, 'y', B, 'z'], [A, B]],
    ['repeated tokens once', [A, A, A, B, A], [A, B]],
    ['three at most', [A, B, C, D], [A, B, C]],
  ])('with isToken finds %s', (_, values, found) => {
    const header = values.map((value) => `${NAME}=${value}`).join('; ')
    expect(valuesOf(NAME, header, isToken)).toEqual(found)
  })

  it('of 500 cookies finds the one, and of 500 tokens looks at three', () => {
    const others = Array.from({ length: 500 }, (_, i) => `${NAME}${i}=v${i}`)
    expect(valuesOf(NAME, [...others, `${NAME}=${A}`].join('; '), isToken)).toEqual([A])
    let looks = 0
    const counted = (value: string): boolean => {
      looks++
      return isToken(value)
    }
    const many = Array.from({ length: 500 }, (_, i) => `${NAME}=${tokenOf(i % 250)}`).join('; ')
    expect(valuesOf(NAME, many, counted)).toHaveLength(VALUES_LIMIT)
    expect(looks).toBe(VALUES_LIMIT)
  })

  // The same, said slowly: split, trim, compare.
  const slowly = (name: string, header: string, accept: (value: string) => boolean): ReadonlyArray<string> => {
    const trim = (text: string): string => text.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '')
    const all = header
      .split(';')
      .map((pair) => pair.replace(/^[ \t]+/, ''))
      .filter((pair) => pair.startsWith(`${name}=`))
      .map((pair) => trim(pair.slice(name.length + 1)))
    const accepted = [...new Set(all.filter(accept))].slice(0, VALUES_LIMIT)
    return accepted.length > 0 ? accepted : all.slice(0, 1)
  }

  it('law: means what splitting at semicolons means, on any text', () => {
    const piece = fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom('id', 'id=', '=', ';', '; ', ' ', '\t', 'i', 'd', 'v', ',', '"') },
      { weight: 1, arbitrary: fc.constantFrom('\0', '\r\n', '\\', 'ID=', '\u2003', '__proto__', 'idid=') },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
    )
    const accepts = fc.constantFrom<(value: string) => boolean>(
      () => true,
      () => false,
      (value) => value.includes('v'),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), accepts, (pieces, accept) => {
        const header = pieces.join('')
        expect(valuesOf('id', header, accept)).toEqual(slowly('id', header, accept))
      }),
      { numRuns: 5000 },
    )
  })

  it('law: never throws, whatever the name and the header', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 })
    fc.assert(fc.property(text, text, (name, header) => Array.isArray(valuesOf(name, header, isToken))))
    for (const filler of ['a', ' ', ';', '=', '\0', `${NAME}=`, `${NAME} `, `;${NAME}=`]) {
      const header = filler.repeat(Math.ceil((1 << 20) / filler.length))
      expect(valuesOf(NAME, header, isToken).length).toBeLessThanOrEqual(1)
      expect(valuesOf(NAME, `${header};${NAME}=${A}`, isToken)).toEqual([A])
    }
  })
})
