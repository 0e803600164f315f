/**
 * `npm run soak`: thousands of sessions on four processes and one database that is restarted and killed meanwhile. Exit code 0:
 * every acknowledged increment was counted, nothing dead was read, nothing leaked. docs/promises.md tells what it does.
 */
import { writeFile } from 'node:fs/promises'
import { readOptions, usage } from './options.ts'
import { render } from './report.ts'
import { type Outcome, soak } from './run.ts'

const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`)
  else process.stderr.write(`${text}\n`)
}

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    // Who asks twice does not want to wait: what was started ends with this process.
    if (stopping.signal.aborted) process.exit(130)
    stopping.abort(new Error(`interrupted by ${signal}`))
  })

const run = async (args: ReadonlyArray<string>): Promise<boolean> => {
  const { stores, ms, json, ...options } = readOptions(args)
  const outcomes: Array<Outcome> = []
  for (const store of stores) {
    const { signal } = stopping
    const outcome = await soak({
      ...options,
      store,
      span: { ms },
      signal,
      tell: (text) => progress(`${store}: ${text}`),
    })
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K')
    console.log(render(outcome))
    outcomes.push(outcome)
  }
  if (json !== undefined) await writeFile(json, `${JSON.stringify({ seed: options.seed, outcomes }, null, 2)}\n`)
  return outcomes.every(({ wrong }) => wrong.length === 0)
}

if (process.argv.includes('--help')) console.log(usage)
else
  try {
    process.exitCode = (await run(process.argv.slice(2))) ? 0 : 1
  } catch (cause) {
    console.error(stopping.signal.aborted ? 'Interrupted; all that was started has ended.' : cause)
    process.exitCode = stopping.signal.aborted ? 130 : 1
  }
