import { inspect } from 'node:util'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { isLeft, right } from '#fp-ts/Either'
import { some } from '#fp-ts/Option'
import * as Session from '../../../src/core/Session.ts'
import type { Live, Stored } from '../../../src/core/Stored.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import { cached, encrypted } from '../../../src/effects/combinators.ts'
import { type Keyring, keyring } from '../../../src/effects/Keyring.ts'
import { systemRandom } from '../../../src/effects/Random.ts'
import type { Store } from '../../../src/effects/Store.ts'
import { conflict } from '../../../src/effects/Store.ts'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { answer, newId, record, recordOf, successor } from '../../../src/testing/contract/bench.ts'
import { bad, cookieAfter, ok } from '../../engine/world.ts'
import { type ModelStore, modelStore } from '../../testing/modelStore.ts'

const key = (id: string) => ({ id, secret: systemRandom.secret() })
const [OLD, NEW] = [key('k1'), key('k2')]
const NOW = Date.UTC(2026, 0, 1)
const HOUR = 3_600_000

const complete = (): Live =>
  recordOf(NOW, 'ann@example.org', {
    trail: ['revision-before'],
    epoch: 3,
    credential: { digest: 'd1', mintedAt: NOW, rotatedAt: NOW, renewed: { digest: 'd0', confirmedAt: NOW } },
    subject: { id: 'ann@example.org', authenticatedAt: NOW, level: 2 },
    lifetime: { persistent: true, idleTimeout: HOUR, absoluteTimeout: 2 * HOUR },
    data: { card: '4111-1111' },
    flash: { notice: 'welcome' },
  })

/** A store that can be tampered with, the same one encrypted, and what `load` says of an id. */
const world = (keys: Keyring = keyring([OLD])) => {
  const inner = modelStore()
  const store = encrypted(keys)(inner)
  const raw = (id: SessionId): Live => inner.rows.get(id) as Live
  return {
    inner,
    store,
    raw,
    tamper: (id: SessionId, change: (live: Live) => Stored): void => {
      inner.rows.set(id, change(raw(id)))
    },
    fault: async (id: SessionId): Promise<string> => {
      const loaded = await store.load(id)()
      if (!isLeft(loaded)) return 'no fault'
      expect(loaded.left).toMatchObject({ _tag: 'StoreError', operation: 'load' })
      return (loaded.left.cause as Error).message
    },
  }
}

const stored = async (store: Store, live: Live = complete()): Promise<SessionId> => {
  const id = newId()
  expect(await answer(store.create(id, live))).toEqual({ _tag: 'Created' })
  return id
}

const loaded = async (store: Store, id: SessionId): Promise<Live> => {
  const found = await answer(store.load(id))
  return (found._tag === 'Some' ? found.value : undefined) as Live
}

describe('at rest', () => {
  it('nobody reads data, flash or subject; what the store needs is as it was', async () => {
    const { store, raw } = world()
    const live = complete()
    const id = await stored(store, live)
    const text = JSON.stringify(raw(id))
    for (const secret of ['4111', 'card', 'welcome', 'notice', 'ann', 'example']) expect(text).not.toContain(secret)
    const { data: _d, flash: _f, subject: _s, ...rest } = live
    const { data, flash, subject, ...kept } = raw(id)
    expect(kept).toEqual(rest)
    expect(flash).toEqual({})
    expect(subject).toEqual({ id: expect.stringMatching(/^[\w-]{43}$/), authenticatedAt: NOW, level: 2 })
    expect(data).toMatch(/^v1\.k1\.[\w-]+$/)
    expect(await loaded(store, id)).toEqual(live)
  })

  it('takes a third more than the JSON of data, flash and subject, and 38 bytes and the id of the key', async () => {
    const { store, raw } = world()
    const id = await stored(store)
    const plain = JSON.stringify([{ card: '4111-1111' }, { notice: 'welcome' }, 'ann@example.org']).length
    expect((raw(id).data as string).length).toBe('v1.k1.'.length + Math.ceil(((plain + 28) * 4) / 3))
  })

  it('no two writes look alike', async () => {
    const { store, raw } = world()
    const live = complete()
    const [one, two] = [await stored(store, live), await stored(store, live)]
    expect(raw(one).data).not.toBe(raw(two).data)
  })

  it('an anonymous record has no subject', async () => {
    const { store, raw } = world()
    const id = await stored(store, record(NOW))
    expect(raw(id)).not.toHaveProperty('subject')
    expect(await loaded(store, id)).not.toHaveProperty('subject')
  })
})

describe('what was tampered with is an error, never data', () => {
  const changes: Readonly<Record<string, (live: Live) => Live>> = {
    format: (live) => ({ ...live, format: 0 }),
    revision: (live) => ({ ...live, revision: 'other' }),
    trail: (live) => ({ ...live, trail: [] }),
    epoch: (live) => ({ ...live, epoch: 4 }),
    'the digest of the secret': (live) => ({ ...live, credential: { ...live.credential, digest: 'mine' } }),
    mintedAt: (live) => ({ ...live, credential: { ...live.credential, mintedAt: NOW + 1 } }),
    rotatedAt: ({ credential: { rotatedAt: _, ...credential }, ...live }) => ({ ...live, credential }),
    'the renewed digest': (live) => ({ ...live, credential: { ...live.credential, renewed: { digest: 'mine' } } }),
    confirmedAt: (live) => ({
      ...live,
      credential: { ...live.credential, renewed: { digest: 'd0', confirmedAt: NOW + 1 } },
    }),
    'the subject': (live) => ({ ...live, subject: { ...live.subject!, id: 'bob' } }),
    'no subject': ({ subject: _, ...live }) => live,
    authenticatedAt: (live) => ({ ...live, subject: { ...live.subject!, authenticatedAt: NOW + 1 } }),
    level: (live) => ({ ...live, subject: { ...live.subject!, level: 3 } }),
    createdAt: (live) => ({ ...live, createdAt: NOW + 1 }),
    lifetime: (live) => ({ ...live, lifetime: { ...live.lifetime, absoluteTimeout: 9 * HOUR } }),
    'no lifetime': ({ lifetime: _, ...live }) => live,
    schema: (live) => ({ ...live, schema: 1 }),
    'the data of no record': (live) => ({ ...live, data: 'v1.k1.AAAA' }),
  }

  it.each(Object.entries(changes))('%s', async (_, change) => {
    const { store, tamper, fault } = world()
    const id = await stored(store)
    expect(await fault(id)).toBe('no fault')
    tamper(id, change)
    expect(await fault(id)).toBe(
      `Session ${id} can not be read: it was altered in the store, belongs to another session, or key "k1" has another secret than it had.`,
    )
  })

  it('not what the store may change: times of activity, and the fence', async () => {
    const { store, tamper } = world()
    const id = await stored(store)
    const times = { touchedAt: NOW + 1, expiresAt: NOW + 9 * HOUR, fence: 7 }
    tamper(id, (live) => ({ ...live, ...times }))
    expect(await loaded(store, id)).toMatchObject({ ...times, data: { card: '4111-1111' } })
  })

  it('each character of the ciphertext', async () => {
    const { store, raw, tamper, fault } = world()
    const id = await stored(store, record(NOW, { data: 1 }))
    const whole = raw(id)
    const text = whole.data as string
    for (let at = 0; at < text.length; at++) {
      tamper(id, () => ({ ...whole, data: `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}` }))
      expect(await fault(id)).toContain(`Session ${id} can not be read`)
      tamper(id, () => ({ ...whole, data: text.slice(0, at) }))
      expect(await fault(id)).toContain(`Session ${id} can not be read`)
    }
  })

  it('the content of another session, and the whole record of another session', async () => {
    const { store, raw, tamper, fault } = world()
    const [mine, theirs] = [await stored(store), await stored(store)]
    tamper(mine, (live) => ({ ...live, data: raw(theirs).data }))
    expect(await fault(mine)).toContain('belongs to another session')
    tamper(mine, () => raw(theirs))
    expect(await fault(mine)).toContain('belongs to another session')
    expect(await fault(theirs)).toBe('no fault')
  })

  it('the content of an earlier revision', async () => {
    const { store, raw, tamper, fault } = world()
    const id = await stored(store)
    const first = raw(id)
    const live = await loaded(store, id)
    await answer(store.update(id, live.revision, successor(live)))
    tamper(id, (present) => ({ ...present, data: first.data }))
    expect(await fault(id)).toContain('altered')
  })

  it('a Conflict leaves out a record that can not be read', async () => {
    const { store, tamper } = world()
    const id = await stored(store)
    const live = await loaded(store, id)
    const other = successor(recordOf(NOW, 'ann'))
    expect(await answer(store.update(id, 'other', other))).toEqual(conflict(live))
    expect(await answer(store.end(id, 'other', NOW))).toEqual(conflict(live))
    tamper(id, (present) => ({ ...present, epoch: 9 }))
    expect(await answer(store.update(id, 'other', other))).toEqual(conflict())
    expect(await answer(store.end(id, 'other', NOW))).toEqual(conflict())
  })

  it('a tombstone has nothing to encrypt', async () => {
    const { store, inner } = world()
    const id = await stored(store)
    await answer(store.end(id, (await loaded(store, id)).revision, NOW + HOUR))
    expect(inner.rows.get(id)).toEqual({ _tag: 'Ended', until: NOW + HOUR })
    expect(await loaded(store, id)).toEqual({ _tag: 'Ended', until: NOW + HOUR })
  })
})

describe('keys are replaced', () => {
  /** One store as processes with different rings see it. */
  const rings = (inner: ModelStore = modelStore()) => ({
    inner,
    before: encrypted(keyring([OLD]))(inner),
    prepared: encrypted(keyring([OLD, NEW]))(inner),
    after: encrypted(keyring([NEW, OLD]))(inner),
    retired: encrypted(keyring([NEW]))(inner),
  })
  const keyOf = (inner: ModelStore, id: SessionId): string => ((inner.rows.get(id) as Live).data as string).slice(3, 5)

  it('what the old one encrypted is read, and encrypted under the new one at its next write', async () => {
    const { inner, before, prepared, after } = rings()
    const id = await stored(before)
    const live = await loaded(after, id)
    expect(live.data).toEqual({ card: '4111-1111' })
    await answer(after.touch(id, 3, NOW + 1, NOW + 2))
    expect(keyOf(inner, id)).toBe('k1')
    await answer(after.update(id, live.revision, successor(live)))
    expect(keyOf(inner, id)).toBe('k2')
    expect((await loaded(prepared, id)).subject?.id).toBe('ann@example.org')
  })

  it('a key that is not in the ring is an error for that session alone, which names the key and no secret', async () => {
    const { before, retired } = rings()
    const id = await stored(before)
    const other = await stored(retired)
    const failed = await retired.load(id)()
    expect(failed).toMatchObject({
      left: {
        operation: 'load',
        cause: {
          message: `Session ${id} can not be read: it is encrypted under the key "k1", which is not in the key ring.`,
        },
      },
    })
    const said = inspect(failed, { depth: 9, showHidden: true }) + JSON.stringify(failed)
    for (const secret of [OLD.secret, NEW.secret, '4111', 'ann']) expect(said).not.toContain(secret)
    expect((await loaded(retired, other)).data).toEqual({ card: '4111-1111' })
  })

  it('a subject’s sessions are found under both, listed once, and ended', async () => {
    const { inner, before, after } = rings()
    const old = await stored(before, recordOf(NOW, 'ann'))
    const young = await stored(after, recordOf(NOW, 'ann', { createdAt: NOW + 1 }))
    const bobs = await stored(after, recordOf(NOW, 'bob'))
    expect((await answer(after.list('ann'))).map(({ id }) => id)).toEqual([old, young])
    expect(await answer(after.count('ann'))).toBe(2)
    expect(await answer(after.endOne('ann', bobs, NOW + HOUR))).toEqual({ _tag: 'Gone' })
    expect(await answer(after.endOne('ann', old, NOW + HOUR))).toEqual({ _tag: 'Done' })
    expect(await answer(after.endOne('ann', young, NOW + HOUR))).toEqual({ _tag: 'Done' })
    const [one, two] = [await stored(before, recordOf(NOW, 'ann')), await stored(after, recordOf(NOW, 'ann'))]
    expect(await answer(after.endAll('ann', NOW + HOUR, two))).toBe(1)
    expect(await answer(after.endAll('ann', NOW + HOUR))).toBe(1)
    for (const id of [one, two]) expect(inner.rows.get(id)?._tag).toBe('Ended')
    expect(inner.rows.get(bobs)?._tag).toBe('Live')
  })

  it('a session that moves to another key while its subject’s are ended is ended', async () => {
    for (const from of ['before', 'after'] as const)
      for (const to of ['prepared', 'after'] as const)
        for (const moment of [0, 1, 2]) {
          const inner = modelStore()
          let asked = 0
          const moving: ModelStore = {
            ...inner,
            endAll: (subject, until) => async () => {
              if (asked++ === moment) {
                const live = await loaded(rings(inner)[to], id)
                if ((live as Stored)._tag === 'Live')
                  await answer(rings(inner)[to].update(id, live.revision, successor(live)))
              }
              return inner.endAll(subject, until)()
            },
          }
          const id = await stored(rings(inner)[from], recordOf(NOW, 'ann'))
          await answer(rings(moving).after.endAll('ann', NOW + HOUR))
          expect(inner.rows.get(id)?._tag, `${from} to ${to} at ${moment}`).toBe('Ended')
        }
  })

  it('an epoch that any process raised is seen by every one, and each raise is above all before', async () => {
    const { before, prepared, after } = rings()
    let highest = await answer(before.raiseEpoch('ann', NOW))
    for (const store of [after, prepared, after, after, prepared]) {
      expect(await answer(store.readEpoch('ann'))).toBe(highest)
      const raised = await answer(store.raiseEpoch('ann', NOW - HOUR))
      expect(raised).toBeGreaterThan(highest)
      highest = raised
    }
    expect(await answer(after.readEpoch('bob'))).toBe(0)
  })
})

describe('a store that was used without encryption', () => {
  const keys = keyring([OLD])

  it('fails by default, and says what to do', async () => {
    const { inner, fault } = world(keys)
    const id = await stored(inner)
    expect(await fault(id)).toBe(
      `Session ${id} can not be read: it is not encrypted. Was the store used without encryption? See plaintext: 'read'.`,
    )
  })

  it('is read if allowed, found by subject, and encrypted at the next write', async () => {
    const { inner, raw } = world(keys)
    const store = encrypted(keys, { plaintext: 'read' })(inner)
    const id = await stored(inner)
    const live = await loaded(store, id)
    expect(live).toEqual(await loaded(inner, id))
    expect(await answer(store.count('ann@example.org'))).toBe(1)
    await answer(store.update(id, live.revision, successor(live)))
    expect(raw(id).data).toMatch(/^v1\.k1\./)
    expect(JSON.stringify(raw(id))).not.toContain('ann@')
    expect(await answer(store.count('ann@example.org'))).toBe(1)
    expect(await answer(store.endAll('ann@example.org', NOW))).toBe(1)
  })
})

it('encryption that fails is a fault that changed nothing', async () => {
  const keys: Keyring = {
    ids: ['broken'],
    purpose: () => ({
      sealers: new Map(),
      seal: () => Promise.reject(new Error('no entropy')),
      open: () => Promise.resolve(right('')),
      blind: () => Promise.reject(new Error('no entropy')),
    }),
  }
  const { store, inner } = world(keys)
  const unchanged = (operation: string) => ({ _tag: 'Left', left: { operation, unchanged: true } })
  expect(await store.create(newId(), record(NOW))()).toMatchObject(unchanged('create'))
  expect(await store.update(newId(), 'a', record(NOW))()).toMatchObject(unchanged('update'))
  expect(await store.endAll('ann', NOW)()).toMatchObject(unchanged('endAll'))
  expect(inner.rows.size).toBe(0)
})

it('does not go around a cache, which would hand out ciphertext', () => {
  // @ts-expect-error Nor does it compile.
  expect(() => encrypted(keyring([OLD]))(cached({ ttl: 1 })(modelStore()))).toThrow('goes inside of cached')
})

describe('under a session manager', () => {
  const application = () => {
    const w = world()
    const options = { data: t.type({ views: t.number }), initial: { views: 0 } }
    const sessions = sessionManager({ ...options, store: w.store })
    const visit = (cookie?: string) => sessions.open(cookie === undefined ? { _tag: 'None' } : some(cookie))
    const signIn = async (subject: string): Promise<string> => {
      const request = visit()
      request.update(Session.signIn(subject))()
      return cookieAfter(await ok(request.commit))!
    }
    const idOf = (cookie: string): SessionId => cookie.split('=')[1]!.slice(0, 22) as SessionId
    return { ...w, sessions, visit, signIn, idOf }
  }

  it('subjects are who they are, and the directory finds them', async () => {
    const { inner, sessions, visit, signIn, idOf } = application()
    const cookie = await signIn('ann')
    expect(Session.subjectId(await ok(visit(cookie).read))).toBe('ann')
    expect(JSON.stringify([...inner.rows])).not.toContain('"ann"')
    expect((await ok(sessions.subject('ann').list)).map(({ id }) => id)).toEqual([idOf(cookie)])
    expect(await ok(sessions.subject('ann').endAll)).toBe(1)
    expect(Session.isSignedIn(await ok(visit(cookie).read))).toBe(false)
  })

  it('whoever writes the digest of a secret of their own into the store does not become the user', async () => {
    const { raw, tamper, visit, signIn, idOf } = application()
    const [victim, thief] = [await signIn('ann'), await signIn('mallory')]
    tamper(idOf(victim), (live) => ({ ...live, credential: raw(idOf(thief)).credential }))
    const forged = `__Host-id=${idOf(victim)}${thief.slice(thief.indexOf('.'))}`
    expect(await bad(visit(forged).read)).toMatchObject({ _tag: 'InvalidData', on: 'read', path: 'record' })
  })
})
