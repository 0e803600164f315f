// A process that does as it is told: takes the session and says so; commits; counts; or is killed meanwhile.
import * as Session from '../../../src/core/Session.ts'
import { isSessionException } from '../../../src/core/SessionError.ts'
import { type KindName, kindOf } from './stores.ts'
import { visits } from './visits.ts'

/** What the process is to do. */
export interface Order {
  readonly kind: KindName
  readonly place: string
  readonly cookie: string
  readonly lockLease: number
}

const { kind, place, cookie, lockLease } = JSON.parse(process.argv[2]!) as Order
const { counted, request } = visits(await kindOf(kind).open(place), { lockLease })
const { ref } = request(cookie, 'explicit')

const say = (word: string): void => void process.send?.(word)

const steps: Readonly<Record<string, () => Promise<string>>> = {
  take: async () => `taken ${String((await ref.lock()).data.views)}`,
  write: async () => `stored ${String((await ref.transact(Session.set('views', 1_000))).data.views)}`,
  count: async () => {
    for (let times = 10; times > 0; times -= 1) await counted(cookie)
    return 'counted'
  },
}

process.on('message', (word: string) => {
  void steps[word]!()
    .catch((error: unknown) => (isSessionException(error) ? error.sessionError._tag : String(error)))
    .then(say)
})
say('ready')
