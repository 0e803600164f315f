import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { type File, files, imports, lineOf, nodes, pages, parse } from './tree.ts'

const published = [...files('src', '.ts'), ...files('adapters', '.ts')]
const typescript = [...published, ...files('test', '.ts'), ...files('docs', '.ts')]

const maxLines = 300

const tooLong = (file: File): ReadonlyArray<string> => {
  const lines = file.text.split('\n').length - 1
  return lines > maxLines ? [`${file.path} has ${String(lines)} lines`] : []
}

const directoryImports = (file: File): ReadonlyArray<string> =>
  imports(parse(file))
    .filter(({ specifier }) => /^(fp|io)-ts\/(?!lib\/\w+\.js$)/.test(specifier))
    .map(({ specifier, line }) => `${file.path}:${String(line)} ${specifier}`)

const leftOut = (file: File): ReadonlyArray<string> =>
  nodes(parse(file))
    .filter((node) => ts.isPropertyAccessExpression(node))
    .filter(({ expression, name }) => {
      const [first] = expression.getText().split('.')
      return /^(it|test|describe|suite)$/.test(first!) && /^(skip|only|todo|fails)$/.test(name.text)
    })
    .map((node) => `${file.path}:${String(lineOf(node))} ${node.getText()}`)

// Put together here, so that this file does not hold the words that it looks for.
const words = ['TO-DO', 'FIX-ME', 'X-XX'].map((word) => word.replace('-', ''))
const later = new RegExp(`\\b(${words.join('|')})\\b`)

const postponed = (file: File): ReadonlyArray<string> =>
  file.text
    .split('\n')
    .flatMap((line, index) => (later.test(line) ? [`${file.path}:${String(index + 1)} ${line}`] : []))

describe('the house rules', () => {
  it('no file that is published is longer than 300 lines', () => {
    expect(published.flatMap(tooLong)).toEqual([])
  })

  it('fp-ts and io-ts are imported in a way that plain Node finds', () => {
    expect(typescript.flatMap(directoryImports)).toEqual([])
  })

  it('no test is skipped, alone or announced', () => {
    expect(typescript.flatMap(leftOut)).toEqual([])
  })

  it('nothing is put off', () => {
    expect([...typescript, ...pages].flatMap(postponed)).toEqual([])
  })
})

describe('the rules can be broken', () => {
  const file = (text: string): File => ({ path: 'test/a.test.ts', text })

  it.each([
    [tooLong, 'a\n'.repeat(300), 'a\n'.repeat(301)],
    [
      directoryImports,
      "import * as O from '#fp-ts/Option'\nimport * as t from 'io-ts'\nimport 'fp-ts/lib/Option.js'",
      "import { some } from 'fp-ts/Option'",
    ],
    [directoryImports, 'export {}', "const a = import('fp-ts/es6/Option.js')"],
    [directoryImports, 'export {}', "import { PathReporter } from 'io-ts/PathReporter'"],
    [leftOut, "it('only', () => skip())", "it.only('a', () => 1)"],
    [leftOut, 'list.skip(1)', "describe.concurrent.skip('a', () => 1)"],
    [leftOut, "it.each([])('a', () => 1)", "test.todo('a')"],
    [postponed, '// to do', `// ${words.join(' ')}`],
  ])('%o', (rule, good, bad) => {
    expect(rule(file(good))).toEqual([])
    expect(rule(file(bad))).toHaveLength(1)
  })
})
