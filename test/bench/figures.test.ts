import { describe, expect, it } from 'vitest'
import { answerLength, cookieOf, parseAnswer } from './drive.ts'
import { readOptions } from './options.ts'
import { peers } from './peers.ts'
import { coresIn } from './pin.ts'
import type { Result } from './result.ts'
import { drift, median, percentile, spread } from './statistics.ts'
import { keyOf } from './Subject.ts'
import { fastestPeer, judge } from './targets.ts'

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
    row('express-session', 'express', 'read', 'added_us', 90),
    row('express-session', 'node', 'read', 'added_us', 24),
    row('@fastify/session', 'fastify', 'read', 'added_us', 20),
    row('koa-session', 'koa', 'read', 'added_us', 4),
    row('coatcheck', 'node', 'read', 'added_us', 5),
    row('coatcheck', 'node', 'untouched', 'added_us', 0.51),
    row('coatcheck', 'hono', '50 at once', 'survived', 49),
  ]
  const verdict = (adapter: string, scenario: string) =>
    judge(results).find(
      ({ target }) =>
        target.scenario === scenario && (target._tag === 'ratio' ? target.group : target.adapter) === adapter,
    )

  it('compares with the fastest library of the same group, and never with ourselves', () => {
    expect(fastestPeer(results, 'node', 'read', 'added_us')?.adapter).toBe('fastify')
    expect(verdict('node', 'read')).toMatchObject({ measured: 0.25, met: true, peer: { library: '@fastify/session' } })
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
