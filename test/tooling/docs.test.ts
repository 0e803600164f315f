import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { check, type Example, extract, write } from './docs.ts'
import { pages, root } from './tree.ts'

const run = promisify(execFile)

/** Runs an example as a reader would, against the built package; the value is what it printed. */
const output = async (path: string): Promise<string> => {
  const { NODE_OPTIONS: _, ...env } = process.env
  const args = ['--import', './.config/strip-types.js', root + path]
  const { stdout } = await run(process.execPath, args, { cwd: root, env, timeout: 20_000 })
  return stdout
}

const extracted = pages.map(extract)
const examples = extracted.flatMap((page) => page.examples)

describe('the examples of the pages', () => {
  beforeAll(() => {
    write(examples)
  })

  it('say on their first line what a reader and this test understand', () => {
    expect(extracted.flatMap((page) => page.problems)).toEqual([])
  })

  it('compile', () => {
    expect(check(examples)).toEqual([])
  }, 120_000)

  it.each(examples.filter((example) => example.run).map(({ page, line, path }) => [`${page}:${line}`, path]))(
    '%s runs',
    async (_, path) => {
      await output(path)
    },
  )
})

const page = (text: string): { readonly path: string; readonly text: string } => ({ path: 'fixture.md', text })

describe('the check can fail', () => {
  let found: ReadonlyArray<Example> = []
  let said: ReadonlyArray<string> = []
  beforeAll(() => {
    const { examples } = extract(
      page(
        [
          ...['<!-- setup', "import * as Session from 'coatcheck/Session'", 'const n = 1', '-->', ''],
          ...['```ts', 'export const key: string = n', 'Session.nothing()', '```', ''],
          ...[
            '```ts run file=good.ts',
            "import { sessionManager } from 'coatcheck'",
            'console.log(typeof sessionManager)',
            '```',
          ],
          ...['  ```ts run', "  import './good.ts'", '  process.exitCode = 3', '  ```'],
          ...['```ts', "import { plan } from 'coatcheck/Plan'", '```'],
          ...['```ts ignore a fragment', 'nonsense nonsense', '```', '```sh', 'npm test', '```'],
        ].join('\n'),
      ),
    )
    write(examples)
    found = examples
    said = check(examples)
  }, 120_000)

  afterAll(() => {
    rmSync(`${root}.cache/docs/fixture.md`, { recursive: true })
  })

  it('names the page and the line of a wrong type, a wrong name and a private module', () => {
    expect(said.map((line) => line.split(' ')[0])).toEqual([
      'fixture.md:7',
      'fixture.md:8',
      'fixture.md:19',
      'fixture.md:20',
    ])
  })

  it('leaves fragments and other languages alone', () => {
    expect(found.map(({ line }) => line)).toEqual([6, 11, 15, 19])
  })

  it('runs what is to be run', async () => {
    expect(await output(found[1]!.path)).toBe('function\n')
    await expect(output(found[2]!.path)).rejects.toMatchObject({ code: 3, stdout: 'function\n' })
  })

  it.each([
    ['```typescript\n```', 'write ts'],
    ['```ts ignore\n```', 'needs a reason'],
    ['```ts rnu\n```', 'not understood: rnu'],
    ['```ts file=a.ts\n```\n```ts file=a.ts\n```', 'file name taken'],
    ['<!-- setup\nconst a = 1\n-->\nWords.\n```ts\n```', 'no example behind it'],
  ])('%j', (text, problem) => {
    expect(extract(page(text)).problems).toEqual([expect.stringContaining(problem)])
  })

  it('has nothing to say about a page without examples', () => {
    expect(extract(page('# Title\n\nWords.\n'))).toEqual({ examples: [], problems: [] })
    expect(check([])).toEqual([])
  })
})
