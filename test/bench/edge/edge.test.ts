import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Result } from '../result.ts'
import { edgeSubjects, keyOf, none, runtimes } from './subjects.ts'
import { judge } from './targets.ts'

const added = (
  library: string,
  store: string,
  median: number,
  scenario = 'read',
  adapter = 'hono on deno',
): Result => ({
  ...{ library, store, adapter, scenario, metric: 'added_cpu_us', unit: 'µs' },
  ...{ median, min: median, max: median, rounds: 1 },
})

describe('the subjects of the edge', () => {
  it('have names of their own, and a bare application for each adapter', () => {
    expect(new Set(edgeSubjects.map(keyOf)).size).toBe(edgeSubjects.length)
    const bare = edgeSubjects.filter(({ library }) => library === none).map(({ adapter }) => adapter)
    expect(bare).toEqual(expect.arrayContaining(edgeSubjects.map(({ adapter }) => adapter)))
  })

  it('are in modules that are there', () => {
    const missing = edgeSubjects.filter(({ module }) => !existsSync(new URL(module, import.meta.url)))
    expect(missing).toEqual([])
  })
})

describe('the targets of the edge', () => {
  const results = [
    added('coatcheck', 'memory', 10),
    added('hono-sessions', 'memory', 40),
    added('@hono/session', 'memory', 20),
    added('coatcheck', 'cookie', 30),
    added('@hono/session', 'cookie', 60),
    added('coatcheck', 'cookie', 1, 'read', 'fetch on deno'),
    added('no session', 'none', 5),
  ]

  it('compare with the fastest peer that keeps its sessions in the same kind of place', () => {
    expect(judge(results, ['deno'], ['read'])).toMatchObject([
      { measured: 0.5, met: true, beside: '@hono/session: 20.0 µs' },
      { measured: 0.5, met: true, beside: '@hono/session: 60.0 µs' },
      { target: expect.stringContaining('0.35') as string, measured: 0.5, met: false },
    ])
  })

  it('do not meet what was not measured', () => {
    const verdicts = judge(results, runtimes, ['read', 'write'])
    expect(verdicts.filter(({ met }) => met)).toHaveLength(2)
    expect(verdicts.filter(({ measured }) => measured !== undefined)).toHaveLength(3)
  })

  it('form no ratio of what is noise', () => {
    const still = [added('coatcheck', 'memory', 0.5), added('hono-sessions', 'memory', -3)]
    const [memory] = judge(still, ['deno'], ['read'])
    expect(memory).toMatchObject({ met: true })
    expect(memory).not.toHaveProperty('measured')
  })
})
