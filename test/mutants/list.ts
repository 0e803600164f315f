/**
 * Ways to break promises that session libraries were found to break them in (docs/promises.md), each as a patch of one source file.
 * `find` must stand in the file exactly once; `red` names a test that must fail then.
 */

export interface Mutant {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
  readonly suites: ReadonlyArray<string>
  readonly red: string
}

const INTERLEAVINGS = 'test/engine/interleavings.test.ts'
const world = (name: string): string => `test/engine/interleavings/${name}.test.ts`
const STEPS = 'test/engine/steps.test.ts'
const LOSING = 'test/engine/exclusive/losing.test.ts'
const MODEL = 'test/model/memory.test.ts'

const MODEL_IS_BROKEN = 'the engine does what the model allows'

export const MUTANTS: ReadonlyArray<Mutant> = [
  {
    name: 'a store that upserts instead of updating',
    file: 'src/stores/memory.ts',
    find: 'if (entry === undefined) return right(gone)',
    replace: `if (entry === undefined) {
      const old = table.get(id)
      if (old !== undefined) table.drop(old)
      table.add(id, kept(live, 0, live.touchedAt, live.expiresAt))
      return right(updated)
    }`,
    suites: [INTERLEAVINGS],
    red: 'a logout is never undone',
  },
  {
    name: 'get, then set: a write that compares nothing',
    file: 'src/stores/memory.ts',
    find: 'if (present.revision !== expected) return right(conflict(present))',
    replace: '',
    suites: [INTERLEAVINGS],
    red: 'no acknowledged function is lost or applied twice',
  },
  {
    name: 'a session that is lost is saved under a new id',
    file: 'src/engine/adopt.ts',
    find: '  req.status = status\n',
    replace: "  req.status = 'none'\n  req.grant = undefined\n",
    suites: [INTERLEAVINGS],
    red: 'a logout is never undone',
  },
  {
    name: 'touch that writes data',
    file: 'src/engine/commit.ts',
    find: 'engine.store.touch(base.id, record.epoch, now, until), false)',
    replace:
      "(async () => { const { some: _, ...there } = (await engine.store.load(base.id)()) as never as { some: 0; right: { value: Live } }; const written = await engine.store.update(base.id, there.right.value.revision, { ...record, revision: engine.random.tag(), trail: [there.right.value.revision], touchedAt: now, expiresAt: until })(); return written._tag === 'Right' ? { _tag: 'Right' as const, right: { _tag: 'Touched' as const } } : written }), false)",
    suites: [MODEL],
    red: MODEL_IS_BROKEN,
  },
  {
    name: 'a stale token clears the cookie',
    file: 'src/engine/load.ts',
    find: `  req.status = status
  if (rejection`,
    replace: `  req.status = status
  if (rejection !== undefined) req.cookie = req.engine.cookie.name + '=; Max-Age=0'
  if (rejection`,
    suites: [MODEL],
    red: MODEL_IS_BROKEN,
  },
  {
    name: 'a rotation that deletes and creates',
    file: 'src/core/Plan.ts',
    find: "return outlived(policy, now, record, situation) ? REPLACE : update('rotate', false, true)",
    replace: 'return REPLACE',
    suites: [INTERLEAVINGS],
    red: 'rotation',
  },
  {
    name: 'functions applied again without being admitted again',
    file: 'src/core/Admission.ts',
    find: "    if (record.epoch !== grant.epoch) return { _tag: 'Superseded', record }\n",
    replace: '',
    suites: [INTERLEAVINGS],
    red: 'nothing that was not admitted again gets into the new session',
  },
  {
    name: 'the cookie is sent again at touch',
    file: 'src/engine/commit.ts',
    find: 'req.cookie = engine.carriage?.line() ?? req.cookie',
    replace: 'req.cookie = req.cookieHeader()',
    suites: [MODEL],
    red: MODEL_IS_BROKEN,
  },
  {
    name: 'an end that compares nothing',
    file: 'src/stores/memory.ts',
    find: 'if (entry.stored.revision !== expected) return conflict(entry.stored)',
    replace: '',
    suites: [world('rotations')],
    red: 'whoever came too late is told, and has written nothing',
  },
  {
    name: 'revisions that tell nothing of who wrote them, and a write that is tried again',
    file: 'src/core/Stored.ts',
    find: 'live.revision === revision || live.trail.includes(revision)',
    replace: 'false',
    suites: [STEPS],
    red: 'after its effect',
  },
  {
    name: 'a lease without a fence',
    file: 'src/stores/memory.ts',
    find: 'return held?.fence === fence ? undefined : conflict(live)',
    replace: 'return held?.fence === fence || live.fence > 0 ? undefined : conflict(live)',
    suites: [LOSING],
    red: 'under a stalled holder',
  },
  {
    name: 'a renewal whose predecessor dies at the first sight of the new secret',
    file: 'src/core/Admission.ts',
    find: 'now >= confirmedAt + policy.renewGrace',
    replace: 'now >= confirmedAt',
    suites: [INTERLEAVINGS],
    red: 'nobody is logged out',
  },
  {
    name: 'a lease that ran out, and what was decided under it is applied all the same',
    file: 'src/engine/exclusive.ts',
    find: 'lock.lost = true',
    replace: '',
    suites: [world('leases')],
    red: 'whoever was told that it is stored has stored it on what it read',
  },
  {
    name: 'a failing response that discards a logout',
    file: 'src/engine/finish.ts',
    find: 'if (!isLogout(base.session, applied(req, base, req.pending, req.engine.clock()).session))',
    replace: '',
    suites: [world('failures')],
    red: 'is kept, whatever others do',
  },
  {
    name: 'a failing response that stores its updates',
    file: 'src/engine/finish.ts',
    find: 'if (!isLogout(base.session, applied(req, base, req.pending, req.engine.clock()).session))',
    replace: 'if (isLogout(base.session, base.session))',
    suites: [world('failures')],
    red: 'its updates are discarded',
  },
  {
    name: 'a logout that loses against a regenerate',
    file: 'src/core/Admission.ts',
    find: 'record.subject?.id === grant.subject',
    replace: 'record.subject?.id === grant.subject && record.epoch < 0',
    suites: [world('failures')],
    red: 'is kept, whatever others do',
  },
  {
    name: 'of two cookies that live the first is taken',
    file: 'src/engine/load.ts',
    find: "return stand(req, anonymous(req, 'malformed', 'ambiguous'))",
    replace: 'break',
    suites: [world('twoCookies')],
    red: 'two that live',
  },
  {
    name: 'a sweep that does not look again',
    file: 'src/stores/memory/records.ts',
    find: '(dueAt(at) >= time || found.push(entryAt(at)) > 0)',
    replace: 'found.push(entryAt(at)) > 0',
    suites: [world('time')],
    red: 'it looks again, and removes nothing',
  },
  {
    name: 'a touch that revives what is over',
    file: 'src/stores/memory.ts',
    find: 'if (present.epoch !== epoch || touchedAt > present.expiresAt) return gone',
    replace: 'if (present.epoch !== epoch) return gone',
    suites: [world('time')],
    red: 'after it revives nothing',
  },
  {
    name: 'a deadline that is forgiven for ever',
    file: 'src/core/Admission.ts',
    find: "return now < Math.min(idleAt, absoluteAt) + policy.supersededFor ? { _tag: 'Readmitted', record } : endedBefore",
    replace: "return now > Math.min(idleAt, absoluteAt, 0) ? { _tag: 'Readmitted', record } : endedBefore",
    suites: [world('time')],
    red: 'nothing is forgiven',
  },
  {
    name: 'a write that moves the absolute deadline',
    file: 'src/core/Record.ts',
    find: '      createdAt: record.createdAt',
    replace: '      createdAt: now',
    suites: [world('time')],
    red: 'the deadline stays',
  },
  {
    name: 'what was committed half-way is applied again by the next commit',
    file: 'src/engine/finish.ts',
    find: 'if (!isLeft(stored)) req.pending = req.pending.slice(carried.length)',
    replace: '',
    suites: [world('streams')],
    red: 'every part is stored, once',
  },
  {
    name: 'a revocation that sign-ins under way do not hear of',
    file: 'src/stores/memory.ts',
    find: 'raised.raise(subject, now)',
    replace: 'raised.read(subject)',
    suites: [INTERLEAVINGS],
    red: 'one that was proven before does not survive',
  },
  {
    name: 'a reused secret that ends nothing',
    file: 'src/engine/load.ts',
    find: "engine.policy.onReuse === 'end' && admission._tag === 'Reused'",
    replace: "engine.policy.onReuse !== 'end' && admission._tag === 'Reused'",
    suites: [world('rotations')],
    red: 'the thief has nothing',
  },
]
