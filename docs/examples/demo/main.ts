/** npm run demo -- --store memory|file|pglite|postgres|redis */
import { parseArgs } from 'node:util'
import { startDemo } from './demo.ts'
import { type Opened, openStore } from './stores.ts'

const refuse = (reason: unknown): never => {
  console.error(`\n  ${reason instanceof Error ? reason.message : String(reason)}\n`)
  process.exit(1)
}

const opened = (): Promise<Opened> => {
  const { values } = parseArgs({ options: { store: { type: 'string', default: 'memory' } } })
  return openStore(values.store, '.cache/demo')
}

const { store, where, close } = await Promise.resolve().then(opened).catch(refuse)
const demo = await startDemo(
  [8787, 8788, 8789],
  (line) => {
    console.log(`  ${new Date().toISOString().slice(11, 23)}  ${line}`)
  },
  store,
)
const [hono, koa, node] = demo.origins

console.log(`
  coatcheck: one session, three frameworks; sessions are kept in ${where}

  Hono       ${hono}   <- open this one in a browser
  Koa        ${koa}
  Node http  ${node}

  Try: click the counters, press "150 at once", sign in, open a second browser and sign in there too,
  then "sign out everywhere". Or without a browser:

    curl -s -c jar -b jar -X POST ${hono}/increment
    curl -s -c jar -b jar -X POST ${koa}/increment
    curl -s -c jar -b jar -X POST ${node}/increment

  Ctrl-C stops it. What happens to sessions, as it happens:
`)

const stop = (): void => {
  void demo
    .stop()
    .then(close)
    .then(() => {
      console.log('\n  stopped')
      process.exit(0)
    })
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)
