/** The layers of the design as rules about one file, so that a test can also feed them files that break the rules. */
import { posix } from 'node:path'
import ts from 'typescript'
import { type File, imports, lineOf, nodes, parse } from './tree.ts'

/** Lowest first: a file imports from its own layer and from the layers before it. */
const layers = ['core', 'effects', 'stores', 'carriers', 'engine', 'adapters'] as const
type Layer = (typeof layers)[number]
type Place = Layer | 'testing' | 'index'

/** The files that run under Node alone. */
const nodeOnly = (path: string): boolean =>
  ['src/effects/digest.node.ts', 'src/effects/cipher.node.ts', 'src/stores/file.ts', 'adapters/node.ts'].includes(
    path,
  ) ||
  path.startsWith('src/stores/file/') ||
  path.startsWith('adapters/node/')

const place = (path: string): Place | undefined => {
  if (path === 'src/index.ts') return 'index'
  if (path.startsWith('adapters/')) return 'adapters'
  if (path.startsWith('src/testing/')) return 'testing'
  return layers.find((layer) => path.startsWith(`src/${layer}/`))
}

/** Which adapter may name which framework; a type costs an edge user nothing, so Hono may be imported as a type alone. */
const frameworks: Readonly<Record<string, { readonly at: ReadonlyArray<string>; readonly values: boolean }>> = {
  hono: { at: ['adapters/hono.ts', 'adapters/hono/'], values: false },
  koa: { at: ['adapters/koa.ts', 'adapters/koa/'], values: true },
}

const relative = (from: Place, path: string, specifier: string): string | undefined => {
  const target = posix.join(posix.dirname(path), specifier)
  const to = place(target)
  if (!specifier.endsWith('.ts')) return `relative imports end in .ts: ${specifier}`
  if (to === undefined) return `${specifier} is in no layer`
  if (to === 'index') return 'the front door is for users: import the module itself'
  if (to === 'testing') return from === 'testing' ? undefined : 'nothing imports the testing kit'
  if (from === 'index') return to === 'adapters' ? 'the front door names no adapter' : undefined
  if (from === 'testing') return to === 'adapters' ? 'the testing kit needs no adapter' : undefined
  return layers.indexOf(to) > layers.indexOf(from) ? `${from} may not import ${to}` : undefined
}

const external = (from: Place, path: string, specifier: string, typeOnly: boolean): string | undefined => {
  if (/^#fp-ts\/[A-Z]?\w+$/.test(specifier)) return undefined
  if (specifier === '#digest' || specifier === '#cipher') return from === 'core' ? 'core has no effects' : undefined
  // The interface `{ decode, encode }` is all that the rest may know; which module holds values is a rule of the whole tree.
  if (specifier === 'io-ts')
    return typeOnly || from === 'core' ? undefined : 'io-ts values belong to one module of core'
  if (specifier.startsWith('node:')) return nodeOnly(path) ? undefined : 'runs on the edge too: no node: import'
  const framework = Object.entries(frameworks).find(([name]) => specifier === name || specifier.startsWith(`${name}/`))
  if (framework === undefined) return `not among the imports that this layer may have: ${specifier || '(computed)'}`
  const [name, { at, values }] = framework
  if (!at.some((prefix) => path === prefix || (prefix.endsWith('/') && path.startsWith(prefix))))
    return `${name} belongs to its adapter`
  return typeOnly || values ? undefined : `${name} is imported as a type alone`
}

const impureNames = new Set([
  ...['Promise', 'crypto', 'performance', 'fetch', 'process', 'console', 'globalThis', 'self'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
])
const impureMembers = new Set(['Date.now', 'Math.random'])

/** Whether an identifier stands for a value: not a type, not a property of something, not a name that is being given. */
export const isValue = (node: ts.Identifier): boolean => {
  const { parent } = node
  if (ts.isTypeNode(parent) || ts.isQualifiedName(parent) || ts.isTypeQueryNode(parent)) return false
  if (ts.isExpressionWithTypeArguments(parent)) return !ts.isInterfaceDeclaration(parent.parent.parent)
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isShorthandPropertyAssignment(parent)) return true
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent) || ts.isBindingElement(parent))
    return ts.isBindingElement(parent) && parent.initializer === node
  return (parent as ts.NamedDeclaration).name !== node
}

const impurity = (node: ts.Node): string | undefined => {
  if (ts.isAwaitExpression(node)) return 'await'
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async'
  if (ts.isPropertyAccessExpression(node) && impureMembers.has(node.getText())) return node.getText()
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && (node.arguments?.length ?? 0) === 0)
    return 'new Date()'
  if (ts.isCallExpression(node) && node.expression.getText() === 'Date') return 'Date()'
  if (ts.isIdentifier(node) && impureNames.has(node.text) && isValue(node)) return node.text
  return undefined
}

/** What is wrong with one file under src or adapters, a line each (`path:line what`). */
export const violations = (file: File): ReadonlyArray<string> => {
  const from = place(file.path)
  if (from === undefined) return [`${file.path}:1 is in no layer`]
  const source = parse(file)
  const say = (line: number, what: string | undefined): ReadonlyArray<string> =>
    what === undefined ? [] : [`${file.path}:${String(line)} ${what}`]
  return [
    ...imports(source).flatMap(({ specifier, typeOnly, line }) =>
      say(
        line,
        specifier.startsWith('.')
          ? relative(from, file.path, specifier)
          : external(from, file.path, specifier, typeOnly),
      ),
    ),
    ...(from === 'core'
      ? nodes(source).flatMap((node) => {
          const found = impurity(node)
          return found === undefined ? [] : say(lineOf(node), `core is pure: ${found}`)
        })
      : []),
  ]
}

/** The modules that import io-ts values. */
export const codecModules = (all: ReadonlyArray<File>): ReadonlyArray<string> =>
  all
    .filter((file) => imports(parse(file)).some(({ specifier, typeOnly }) => specifier === 'io-ts' && !typeOnly))
    .map(({ path }) => path)

/** Cycles of imports that are there after compilation, each as the path that closes it. */
export const cycles = (all: ReadonlyArray<File>): ReadonlyArray<string> => {
  const graph = new Map(
    all.map((file) => [
      file.path,
      imports(parse(file))
        .filter(({ specifier, typeOnly }) => specifier.startsWith('.') && !typeOnly)
        .map(({ specifier }) => posix.join(posix.dirname(file.path), specifier)),
    ]),
  )
  const done = new Set<string>()
  const walk = (path: string, trail: ReadonlyArray<string>): ReadonlyArray<string> => {
    if (trail.includes(path)) return [[...trail.slice(trail.indexOf(path)), path].join(' -> ')]
    if (done.has(path)) return []
    const found = (graph.get(path) ?? []).flatMap((next) => walk(next, [...trail, path]))
    done.add(path)
    return found
  }
  return [...graph.keys()].flatMap((path) => walk(path, []))
}
