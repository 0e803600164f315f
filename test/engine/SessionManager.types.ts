/** What a manager over a store whose last writer wins does not offer, compiled by `tsc -p test` and never run. */
import * as t from 'io-ts'
import { sessionManager } from '../../src/index.ts'
import { kvStore } from '../../src/stores/kv.ts'
import { memoryStore } from '../../src/stores/memory.ts'

declare const namespace: Parameters<typeof kvStore>[0]

const data = t.type({ views: t.number })
const initial = { views: 0 }

sessionManager({ data, initial, store: memoryStore(), onConflict: 'fail' })
sessionManager({ data, initial, store: kvStore(namespace) })
// @ts-expect-error The last writer wins: there is no conflict to fail on.
sessionManager({ data, initial, store: kvStore(namespace), onConflict: 'fail' })
