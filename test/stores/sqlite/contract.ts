/** Runs the store contract on a file, and prints how that went. Arguments: the file, its journal mode. */
import { sqliteStore } from '../../../src/stores/sqlite.ts'
import { storeContract } from '../../../src/testing/storeContract.ts'
import { capabilities } from './capabilities.ts'
import { open } from './open.ts'
import { verdicts } from './verdicts.ts'

const [path, journal] = process.argv.slice(2)
const database = await open(path!)
database.exec(`pragma journal_mode = ${journal!}`)
const store = sqliteStore({ database })
const migrated = await store.migrate()
if (migrated._tag === 'Left') throw migrated.left.cause
console.log(JSON.stringify(await verdicts(storeContract('sqlite', () => store, capabilities))))
database.close()
