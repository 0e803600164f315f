/**
 * One round against the size of the data, in a process of its own: a memory store, and a sealed cookie up to its limit.
 */
import { randomBytes } from 'node:crypto'
import { sessionManager } from 'coatcheck'
import { keyring } from 'coatcheck/Keyring'
import { sealedCookie } from 'coatcheck/sealed-cookie'
import { withSession } from 'coatcheck/node'
import * as Session from 'coatcheck/Session'
import { memoryStore } from 'coatcheck/stores/memory'
import { cookieOf, drive } from '../drive.ts'
import { answer, type App, paths } from '../Subject.ts'
import { bare, count, type Data, manager, ours, terms, userOf } from './apps.ts'
import { allocations, costs, type Operation, same } from './measure.ts'

export interface SizeJob {
  readonly _tag: 'size'
  readonly carrier: 'memory' | 'sealed cookie'
  readonly bytes: readonly number[]
  readonly cycles: number
  readonly times: number
}

export type SizeRound = readonly {
  readonly at: number
  readonly cost: Readonly<Record<string, number>>
  readonly allocated: Readonly<Record<string, number>>
}[]

/** Bytes of JSON that the other fields take. */
const OTHERS = 60

const sealed = (filling: string): App => {
  const sessions = sessionManager<Data>({
    ...terms,
    carrier: sealedCookie({ keys: keyring([{ id: 'k1', secret: randomBytes(32) }]), chunks: 4 }),
  })
  let created = 0
  return {
    _tag: 'listener',
    listener: withSession(sessions, (req, res, session): void | Promise<void> => {
      if (req.url === paths.read) return session.read().then(({ data }) => answer(res, data.user))
      if (req.url === paths.write) {
        session.update(count)
        return session.read().then(({ data }) => answer(res, String(data.views)))
      }
      session.update(Session.update<Data>({ user: userOf(created++), theme: 'dark', views: 0, filling }))
      return answer(res, 'nothing')
    }),
  }
}

/** Words, so that JSON takes as many bytes as characters. */
const fillingOf = (bytes: number): string =>
  'filling of a session, '.repeat(Math.ceil(bytes / 22)).slice(0, Math.max(0, bytes - OTHERS))

export const sizeRound = async ({ carrier, bytes, cycles, times }: SizeJob): Promise<SizeRound> => {
  const bareSend = drive(bare)
  const measured = async (at: number, many: typeof cycles): Promise<SizeRound[number]> => {
    const filling = fillingOf(at)
    const app = carrier === 'memory' ? ours(manager(memoryStore()), filling) : sealed(filling)
    const send = drive(app)
    const cookie = cookieOf((await send(paths.create, undefined, 1)).setCookie)!
    // A cookie with the data in it is another one after each write, and the old one is still good.
    let views = 0
    const operations: Readonly<Record<'read' | 'write' | 'new', Operation>> = {
      read: async () => same('read', (await send(paths.read, cookie, 1)).body, userOf(0)),
      write: async () => {
        views = carrier === 'memory' ? views + 1 : 1
        same('write', (await send(paths.write, cookie, 1)).body, String(views))
      },
      new: async () => same('new', (await send(paths.create, undefined, 1)).setCookie.length > 0, true),
    }
    const bareRequest: Operation = async () => {
      await bareSend('/', cookie, 1)
    }
    const cost = await costs(bareRequest, operations, { cycles: many, times })
    return { at, cost, allocated: await allocations(bareRequest, operations, 20) }
  }
  await measured(bytes[0]!, cycles * 15)
  const round: SizeRound[number][] = []
  for (const at of bytes) round.push(await measured(at, cycles))
  return round
}
