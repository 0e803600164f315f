import { describe, expect, it } from 'vitest'
import { compare } from './against.ts'
import { answerLength, cookieOf, parseAnswer } from './drive.ts'
import { readOptions } from './options.ts'
import { peers } from './peers.ts'
import { coresIn } from './pin.ts'
import type { Result } from './result.ts'
import { drift, median, percentile, spread } from './statistics.ts'
import { keyOf } from './Subject.ts'
import { fastestPeer, judge, type Kind } from './targets.ts'

const row = (library: string, adapter: string, scenario: string, metric: Result['metric'], value: number): Result => ({
  library,
  store: 'memory',
  adapter,
  scenario,
  metric,
  unit: 'µs',
  median: value,
  min: value,
  max: value,
  rounds: 5,
})

describe('statistics', () => {
  it('takes the middle of the values as numbers, whatever their order', () => {
    expect(median([10, 9, 2])).toBe(9)
    expect(median([4, 1, 3, 10])).toBe(3.5)
    expect(median([])).toBeNaN()
    expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, rounds: 3 })
  })

  it('measures a drift as a part of the smaller figure, in both directions', () => {
    expect(drift(10, 12)).toBeCloseTo(0.2)
    expect(drift(12, 10)).toBeCloseTo(0.2)
  })
})

describe('percentile', () => {
  it('is a value that so many of the values do not exceed', () => {
    expect(percentile([3, 1, 2, 4], 0.5)).toBe(2)
    expect(percentile([...Array(200).keys()], 0.99)).toBe(197)
    expect(percentile([7], 0.99)).toBe(7)
    expect(percentile([], 0.5)).toBeNaN()
  })
})

describe('cores', () => {
  it('are read from taskset’s list', () => {
    expect(coresIn('0-2,5')).toEqual([0, 1, 2, 5])
    expect(coresIn('3')).toEqual([3])
  })
})

describe('targets', () => {
  const results = [
    row('express-session', 'express', 'read', 'added_process_us', 90),
    row('express-session', 'node', 'read', 'added_process_us', 25),
    row('@fastify/session', 'fastify', 'read', 'added_process_us', 20),
    row('koa-session', 'koa', 'read', 'added_process_us', 4),
    row('coatcheck', 'node', 'read', 'added_process_us', 4),
    row('coatcheck', 'node', 'untouched', 'added_process_us', 0.51),
    row('coatcheck', 'hono', '50 at once', 'survived', 49),
    { ...row('iron-session', 'node', 'read', 'added_process_us', 200), store: 'cookie' },
    { ...row('@fastify/secure-session', 'fastify', 'read', 'added_process_us', 10), store: 'cookie' },
    { ...row('coatcheck', 'node', 'read', 'added_process_us', 21), store: 'sealed' },
  ]
  const verdict = (adapter: string, scenario: string, kind: Kind = 'on the server') =>
    judge(results).find(
      ({ target }) =>
        target.scenario === scenario &&
        (target._tag === 'ratio' ? target.group === adapter && target.kind === kind : target.adapter === adapter),
    )

  it('compares with the fastest library of the same group and kind, and never with ourselves', () => {
    expect(fastestPeer(results, 'node', 'read', 'added_process_us')?.adapter).toBe('fastify')
    expect(verdict('node', 'read')).toMatchObject({ measured: 0.2, met: true, peer: { library: '@fastify/session' } })
  })

  it('compares the sealed cookie with the library that the target names', () => {
    expect(verdict('node', 'read', 'in the cookie')).toMatchObject({
      measured: 0.105,
      met: false,
      peer: { library: 'iron-session' },
    })
  })

  it('does not meet a bound that it misses by little, from either side', () => {
    expect(verdict('node', 'untouched')).toMatchObject({ measured: 0.51, met: false })
    expect(verdict('hono', '50 at once')).toMatchObject({ measured: 49, met: false })
  })

  it('does not meet what was not measured', () => {
    expect(verdict('koa', 'read')).toMatchObject({ measured: undefined, met: false })
    expect(verdict('koa', '50 at once')).toMatchObject({ measured: undefined, met: false })
    expect(verdict('node', '200 writers')).toMatchObject({ measured: undefined, met: false })
  })
})

describe('the guard', () => {
  const peer = (value: number, library = 'express-session') => row(library, 'node', 'read', 'added_process_us', value)
  const mine = (value: number) => row('coatcheck', 'node', 'read', 'added_process_us', value)
  const committed = [peer(20), mine(4)]

  it('compares ratios, not the figures of two machines', () => {
    expect(compare([peer(60), mine(12)], committed)).toEqual({ compared: 1, worse: [] })
    expect(compare([peer(10), mine(3.4)], committed)).toEqual({ compared: 1, worse: [] })
    expect(compare([peer(10), mine(3.6)], committed).worse).toEqual([
      {
        subject: 'coatcheck/memory/node',
        scenario: 'read',
        metric: 'added_process_us',
        committed: 0.2,
        measured: 0.36,
        peer: 'express-session/memory/node',
      },
    ])
  })

  it('compares with the fastest peer of those that both runs have', () => {
    expect(compare([peer(20), peer(2, 'newcomer'), mine(4)], committed).worse).toEqual([])
    expect(compare([peer(20), mine(4)], [...committed, peer(2, 'left out')]).worse).toEqual([])
    expect(compare([peer(20), peer(10, 'other'), mine(4)], [...committed, peer(20, 'other')]).worse).toHaveLength(1)
  })

  it('compares nothing where there is nothing to compare with', () => {
    expect(compare([mine(4)], committed)).toEqual({ compared: 0, worse: [] })
    expect(compare([peer(20), mine(4)], [])).toEqual({ compared: 0, worse: [] })
    expect(compare([peer(0.1), mine(4)], committed)).toEqual({ compared: 0, worse: [] })
    expect(compare([peer(0.1), mine(4)], [peer(0.1), mine(0.1)])).toEqual({ compared: 0, worse: [] })
  })

  it('lets a cost that was below the noise stay there, and no further', () => {
    expect(compare([peer(20), mine(0.4)], [peer(20), mine(-0.1)]).worse).toEqual([])
    expect(compare([peer(20), mine(0.6)], [peer(20), mine(-0.1)]).worse).toHaveLength(1)
  })

  it('compares sizes and counts as they are, and what survives without tolerance', () => {
    const counts = (size: number, calls: number, survived: number) => [
      row('coatcheck', 'hono', 'bundle', 'gzip_bytes', size),
      row('coatcheck', 'node', '200 writers', 'store_calls', calls),
      row('coatcheck', 'node', '50 at once', 'survived', survived),
    ]
    expect(compare(counts(9000, 3, 50), counts(6000, 2, 50))).toEqual({ compared: 3, worse: [] })
    expect(compare(counts(9001, 3.1, 49), counts(6000, 2, 50)).worse.map(({ metric }) => metric)).toEqual([
      'gzip_bytes',
      'store_calls',
      'survived',
    ])
  })

  it('does not compare wall time', () => {
    const wall = (value: number) => [
      row('express-session', 'node', 'read', 'added_us', 20),
      row('coatcheck', 'node', 'read', 'added_us', value),
    ]
    expect(compare(wall(19), wall(2))).toEqual({ compared: 0, worse: [] })
  })
})

describe('options', () => {
  it('tells subjects from scenarios in --only', () => {
    const options = readOptions(['--only', 'koa-session,read'], peers)
    expect(options.subjects.map(keyOf)).toEqual(['koa-session/memory/koa', 'koa-session/cookie/koa'])
    expect(['read', 'write'].map(options.wants)).toEqual([true, false])
    expect(readOptions(['--only', 'write'], peers).subjects).toEqual(peers)
  })

  it('refuses a term that names nothing', () => {
    expect(() => readOptions(['--only', 'koa-sesion'], peers)).toThrow('koa-sesion')
  })

  it('runs at least five rounds unless it must be quick', () => {
    expect(readOptions([], peers)).toMatchObject({ rounds: 5, overHttp: true })
    expect(readOptions(['--quick', '--json', 'out.json'], peers)).toMatchObject({ rounds: 3, json: 'out.json' })
  })
})

describe('answers on the wire', () => {
  const withLength =
    'HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b=2; Secure\r\nContent-Length: 2\r\n\r\nok'
  const inChunks = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n10\r\n1\r\n0\r\n0\r\n\r\n'

  it('ends an answer where its length or its last chunk says', () => {
    expect(answerLength(withLength)).toBe(withLength.length)
    expect(answerLength(`${withLength}HTTP/1.1`)).toBe(withLength.length)
    expect(answerLength(withLength.slice(0, -1))).toBe(-1)
    expect(answerLength(inChunks)).toBe(inChunks.length)
    expect(answerLength(inChunks.slice(0, -3))).toBe(-1)
  })

  it('reads the body and every cookie', () => {
    const seen = parseAnswer(withLength)
    expect(seen).toEqual({ body: 'ok', setCookie: ['a=1; Path=/', 'b=2; Secure'] })
    expect(cookieOf(seen.setCookie)).toBe('a=1; b=2')
    expect(cookieOf([])).toBeUndefined()
    expect(parseAnswer(inChunks).body).toBe('100')
    expect(cookieOf(['a=1; Path=/', 'b=2; Secure', 'a=3; Path=/'])).toBe('a=3; b=2')
  })
})
