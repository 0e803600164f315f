import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entries, manifest, parse, root } from './tree.ts'

const run = promisify(execFile)

/** The names that a module exports, asked of a plain node: no bundler, no loader, none of the conditions of the tests. */
const namesOf = async (name: string, cwd: string): Promise<ReadonlyArray<string>> => {
  const program = `console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(name)}))))`
  const { NODE_OPTIONS: _, ...env } = process.env
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], { cwd, env })
  return JSON.parse(stdout) as ReadonlyArray<string>
}

/** Whether a module is there for its types alone: it exports something, and none of it is left after compilation. */
const typesOnly = (path: string): boolean => {
  const { statements } = parse({ path, text: readFileSync(root + path, 'utf8') })
  const exported = statements.filter(
    (statement) =>
      ts.isExportDeclaration(statement) ||
      (ts.canHaveModifiers(statement) &&
        ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)),
  )
  const ofTypes = (statement: ts.Statement): boolean =>
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    (ts.isExportDeclaration(statement) && statement.isTypeOnly)
  return exported.length > 0 && exported.every(ofTypes)
}

/**
 * What TypeScript says about one program and about the declarations of this package, in a strict program that checks
 * libraries; and the files that it read.
 */
const compile = (
  program: string,
  settings: ts.CompilerOptions,
): { readonly diagnostics: ReadonlyArray<string>; readonly types: ReadonlyArray<string> } => {
  const options: ts.CompilerOptions = {
    ...settings,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: ['node'],
    typeRoots: [`${root}node_modules/@types`],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
  }
  const built = ts.createProgram({ rootNames: [program], options })
  const own = built
    .getSourceFiles()
    .filter(({ fileName }) => fileName === program || fileName.includes(`/node_modules/${manifest.name}/`))
  const say = ({ file, messageText }: ts.Diagnostic): string =>
    `${file === undefined ? '' : basename(file.fileName)} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
  return {
    diagnostics: [
      ...built.getOptionsDiagnostics().map(say),
      ...own.flatMap((file) =>
        [...built.getSyntacticDiagnostics(file), ...built.getSemanticDiagnostics(file)].map(say),
      ),
    ],
    types: own.map(({ fileName }) => fileName),
  }
}

describe('package.json, exports', () => {
  it('names one source file per entry', () => {
    expect(entries.length).toBeGreaterThan(0)
    expect(entries.filter(({ target }) => !/^\.\/dist\/(src|adapters)\/[\w./-]+\.js$/.test(target))).toEqual([])
    expect(entries.filter(({ source }) => !existsSync(root + source))).toEqual([])
    expect(new Set(entries.map(({ source }) => source)).size).toBe(entries.length)
  })

  it('keeps everything else private', async () => {
    await expect(namesOf(`${manifest.name}/dist/src/index.js`, root)).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED')
  })
})

describe('every entry of the built package under plain node', () => {
  it.each(entries)('$name', async ({ name, target, source }) => {
    expect(existsSync(root + target), `${target} is not there: npm run build`).toBe(true)
    expect((await namesOf(name, root)).length > 0).toBe(!typesOnly(source))
  })
})

describe('every entry as a user has it: packed, and installed into another package', () => {
  // Under the repository, so that node finds the peer dependencies further up.
  mkdirSync(`${root}.cache`, { recursive: true })
  const consumer = mkdtempSync(`${root}.cache/consumer-`)
  const installed = `${consumer}/node_modules/${manifest.name}`

  beforeAll(async () => {
    mkdirSync(installed, { recursive: true })
    // Without a manifest of its own the folder would be part of this package, and the name would mean dist.
    writeFileSync(`${consumer}/package.json`, '{ "name": "consumer", "type": "module" }')
    const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', consumer]
    const { stdout } = await run('npm', pack, { cwd: root, shell: process.platform === 'win32' })
    await run('tar', ['-xzf', `${consumer}/${stdout.trim()}`, '--strip-components=1', '-C', installed])
  })
  afterAll(() => {
    rmSync(consumer, { recursive: true, force: true })
  })

  it.each(entries)('$name', async ({ name, source }) => {
    expect((await namesOf(name, consumer)).length > 0).toBe(!typesOnly(source))
  })

  // attw can not tell: it looks at the package without its peers, to which `#fp-ts/*` in the declarations leads.
  it.each([
    ['nodenext', ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext],
    ['bundler', ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler],
  ])(
    'its declarations compile in a program of theirs (%s)',
    (_, module, moduleResolution) => {
      const program = `${consumer}/program.ts`
      const lines = entries.map(({ name }, index) => `export * as m${index} from '${name}'`)
      const probe = "import { sessionManager } from 'coatcheck'\nexport const wrong: number = sessionManager"
      writeFileSync(program, [...lines, probe].join('\n'))
      const { diagnostics, types } = compile(program, { module, moduleResolution })
      expect(diagnostics).toEqual([expect.stringMatching(/^program\.ts Type .* is not assignable to type 'number'/)])
      expect(types.filter((path) => path.includes('/dist/')).length).toBeGreaterThan(entries.length)
    },
    120_000,
  )

  it('has the sources that the source maps name, and no tests', () => {
    expect(entries.filter(({ source }) => !existsSync(`${installed}/${source}`))).toEqual([])
    expect(existsSync(`${installed}/test`)).toBe(false)
  })
})
