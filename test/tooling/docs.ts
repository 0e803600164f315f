/**
 * The examples of the pages, as modules that can be checked and run.
 *
 * - Each fence that begins with three backticks and `ts` is a module of its own, type-checked like the tests.
 * - `ts run`: also run by plain node against the built package; it must end by itself, with exit code 0.
 * - `ts file=session.ts`: other fences of the same page import it from './session.ts'.
 * - `ts ignore <why>`: not checked; the reason stands where the reader of the source sees it.
 * - A comment `<!-- setup` … `-->` right before a fence is code that goes before it and that readers do not see.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import ts from 'typescript'
import { entries, type File, imports, manifest, parse, root } from './tree.ts'

/** One example: where it stands, where its module is written (from the root), and what is in it. */
export interface Example {
  readonly page: string
  readonly line: number
  readonly path: string
  readonly text: string
  readonly run: boolean
  /** Page lines of the module's lines, in order. */
  readonly lines: ReadonlyArray<number>
}

export interface Extracted {
  readonly examples: ReadonlyArray<Example>
  readonly problems: ReadonlyArray<string>
}

interface Block {
  readonly first: number
  readonly text: ReadonlyArray<string>
  readonly next: number
}

const opening = /^(\s*)(`{3,}|~{3,})\s*(.*)$/
const otherNames = /^(typescript|tsx|mts|cts|js|jsx|mjs|cjs|javascript)$/

/** The lines from `start` to the one that `ends`; all that are left if none does. */
const block = (lines: ReadonlyArray<string>, start: number, ends: (line: string) => boolean): Block => {
  const found = lines.findIndex((line, index) => index >= start && ends(line))
  const end = found === -1 ? lines.length : found
  return { first: start + 1, text: lines.slice(start, end), next: end + 1 }
}

/** The examples of one page; `problems` are fences whose first line nobody would understand. */
export const extract = ({ path: page, text }: File): Extracted => {
  const lines = text.split('\n')
  const examples: Array<Example> = []
  const problems: Array<string> = []
  let setup: Block | undefined
  let at = 0
  while (at < lines.length) {
    const line = lines[at]!
    const fence = opening.exec(line)
    if (line.trim() === '<!-- setup') {
      setup = block(lines, at + 1, (candidate) => candidate.trim() === '-->')
      at = setup.next
    } else if (fence !== null) {
      const [, indent = '', marks = '', info = ''] = fence
      const body = block(lines, at + 1, (candidate) => candidate.trim() === marks)
      const [language = '', ...words] = info.trim().split(/\s+/)
      const say = (what: string): number => problems.push(`${page}:${String(at + 1)} ${what}`)
      const name = words.find((word) => word.startsWith('file='))?.slice('file='.length)
      if (otherNames.test(language)) say(`write ts instead of ${language}: only ts is checked`)
      else if (language === 'ts' && words[0] === 'ignore') {
        if (words.length === 1) say('ts ignore needs a reason')
      } else if (language === 'ts') {
        const unknown = words.filter((word) => word !== 'run' && !/^file=[\w.-]+\.ts$/.test(word))
        if (unknown.length > 0) say(`not understood: ${unknown.join(' ')}`)
        const code = body.text.map((row) => (row.startsWith(indent) ? row.slice(indent.length) : row))
        examples.push({
          page,
          line: at + 1,
          path: `.cache/docs/${page}/${name ?? `line-${String(at + 1)}.ts`}`,
          text: [...(setup?.text ?? []), ...code, 'export {}', ''].join('\n'),
          run: words.includes('run'),
          lines: [setup, body].flatMap((part) => part?.text.map((_, index) => part.first + index) ?? []),
        })
      }
      setup = undefined
      at = body.next
    } else {
      if (line.trim() !== '' && setup !== undefined) {
        problems.push(`${page}:${String(setup.first)} this setup has no example behind it`)
        setup = undefined
      }
      at++
    }
  }
  const twice = examples.filter(({ path }, index) => examples.findIndex((other) => other.path === path) !== index)
  return {
    examples,
    problems: [...problems, ...twice.map((example) => `${page}:${String(example.line)} file name taken`)],
  }
}

/** Writes the examples where node and TypeScript take them for files of this package; earlier ones are removed. */
export const write = (examples: ReadonlyArray<Example>): void => {
  for (const page of new Set(examples.map(({ page }) => page)))
    rmSync(`${root}.cache/docs/${page}`, { recursive: true, force: true })
  for (const { path, text } of examples) {
    mkdirSync(dirname(root + path), { recursive: true })
    writeFileSync(root + path, text)
  }
}

const names = new Set(entries.map(({ name }) => name))

/** Imports of modules of this package that a user can not have. */
const privateImports = (example: Example): ReadonlyArray<string> =>
  imports(parse(example))
    .filter(({ specifier }) => specifier.startsWith(`${manifest.name}/`) || specifier.startsWith('#'))
    .filter(({ specifier }) => !names.has(specifier))
    .map(({ specifier }) => `${example.page}:${String(example.line)} a user can not import ${specifier}`)

/** What TypeScript says about examples that were written, with the settings of the tests (`page:line what`). */
export const check = (examples: ReadonlyArray<Example>): ReadonlyArray<string> => {
  const { config } = ts.readConfigFile(`${root}test/tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, `${root}test`)
  const paths = examples.map(({ path }) => root + path)
  const program = ts.createProgram({ rootNames: paths, options })
  return examples.flatMap((example) => {
    const source = program.getSourceFile(root + example.path)
    if (source === undefined) return [`${example.page}:${String(example.line)} was not found`]
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    return [
      ...privateImports(example),
      ...found.map(({ start, messageText }) => {
        const row = source.getLineAndCharacterOfPosition(start ?? 0).line
        const line = example.lines[row] ?? example.line
        return `${example.page}:${String(line)} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
      }),
    ]
  })
}
