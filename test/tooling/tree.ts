/** The repository as the tooling tests see it: its files, its manifest, and what a TypeScript source imports. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** Absolute path of the repository, with a slash at its end. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

/** The part of package.json that the tests are about. */
export interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string>>
}

export const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Manifest

/** Each module that a user may import: its public name, the built file, and the source of it (paths from the root). */
export const entries = Object.entries(manifest.exports)
  .filter(([entry]) => entry !== './package.json')
  .map(([entry, target]) => ({
    name: `${manifest.name}${entry.slice(1)}`,
    target,
    source: target.replace(/^\.\/dist\//, '').replace(/\.js$/, '.ts'),
  }))

/** Path (from the root) and text of one file. */
export interface File {
  readonly path: string
  readonly text: string
}

/** Every file under a folder of the repository with one of the endings, but what npm installed; none if the folder is not there. */
export const files = (folder: string, ...endings: ReadonlyArray<string>): ReadonlyArray<File> => {
  const walk = (path: string): ReadonlyArray<string> =>
    readdirSync(root + path, { withFileTypes: true })
      .filter(({ name }) => name !== 'node_modules')
      .flatMap((entry) => (entry.isDirectory() ? walk(`${path}/${entry.name}`) : [`${path}/${entry.name}`]))
  try {
    return walk(folder)
      .filter((path) => endings.some((ending) => path.endsWith(ending)))
      .sort()
      .map((path) => ({ path, text: readFileSync(root + path, 'utf8') }))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Every page that people read: those at the top, and docs. */
export const pages: ReadonlyArray<File> = [
  ...readdirSync(root)
    .filter((path) => path.endsWith('.md'))
    .sort()
    .map((path) => ({ path, text: readFileSync(root + path, 'utf8') })),
  ...files('docs', '.md'),
]

const parsed = new WeakMap<File, ts.SourceFile>()

/** The syntax tree of a file, made once. */
export const parse = (file: File): ts.SourceFile => {
  const known = parsed.get(file)
  if (known !== undefined) return known
  const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2022, true)
  parsed.set(file, source)
  return source
}

/** Every node of a tree, the root included. */
export const nodes = (node: ts.Node): ReadonlyArray<ts.Node> => {
  const found: Array<ts.Node> = []
  const visit = (child: ts.Node): void => {
    found.push(child)
    ts.forEachChild(child, visit)
  }
  visit(node)
  return found
}

/** Line of a node, from 1. */
export const lineOf = (node: ts.Node): number =>
  node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1

/** One module that a file names; `typeOnly` ones are gone after compilation. */
export interface Import {
  readonly specifier: string
  readonly typeOnly: boolean
  readonly line: number
}

const literal = (node: ts.Node | undefined): string | undefined =>
  node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined

const importOf = (
  node: ts.Node,
): { readonly specifier: string | undefined; readonly typeOnly: boolean } | undefined => {
  if (ts.isImportDeclaration(node)) {
    const phase = node.importClause?.phaseModifier
    return { specifier: literal(node.moduleSpecifier), typeOnly: phase === ts.SyntaxKind.TypeKeyword }
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined)
    return { specifier: literal(node.moduleSpecifier), typeOnly: node.isTypeOnly }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return { specifier: literal(node.arguments[0]), typeOnly: false }
  if (ts.isImportTypeNode(node))
    return {
      specifier: ts.isLiteralTypeNode(node.argument) ? literal(node.argument.literal) : undefined,
      typeOnly: true,
    }
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference))
    return { specifier: literal(node.moduleReference.expression), typeOnly: node.isTypeOnly }
  return undefined
}

/**
 * What a source imports: declarations, re-exports, `import()` and `import('…')` types. A computed specifier is the empty
 * string, which no rule allows. `import { type A }` is not type-only: `verbatimModuleSyntax` leaves `import {}` behind.
 */
export const imports = (source: ts.SourceFile): ReadonlyArray<Import> =>
  nodes(source).flatMap((node) => {
    const found = importOf(node)
    return found === undefined
      ? []
      : [{ specifier: found.specifier ?? '', typeOnly: found.typeOnly, line: lineOf(node) }]
  })
