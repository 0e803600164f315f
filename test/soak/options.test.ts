import { describe, expect, it } from 'vitest'
import { readOptions, usage } from './options.ts'

describe('the command line', () => {
  it('means ten thousand sessions and some minutes by default, and less by --quick', () => {
    expect(readOptions([])).toMatchObject({
      stores: ['postgres', 'redis'],
      ms: 240_000,
      sessions: 10_000,
      processes: 4,
    })
    expect(readOptions(['--quick'])).toMatchObject({ ms: 30_000, sessions: 1_000 })
    expect(readOptions(['--only', 'redis', '--minutes', '2', '--sessions', '50', '--seed', '9'])).toMatchObject({
      ...{ stores: ['redis'], ms: 120_000, sessions: 50, seed: 9 },
    })
  })

  it.each([
    [['--only', 'mysql'], "--only: there is postgres, redis, not 'mysql'"],
    [['--minutes', '0'], "--minutes: a number from 0.1 to 600, not '0'"],
    [['--minutes', 'many'], "--minutes: a number from 0.1 to 600, not 'many'"],
    [['--sessions', '10.5'], '--sessions: a whole number, not 10.5'],
    [['--clients', ''], "--clients: a number from 1 to 256, not ''"],
  ])('%o is refused', (args, sentence) => {
    expect(() => readOptions(args)).toThrow(sentence)
  })

  it('is described', () => {
    for (const name of ['quick', 'only', 'minutes', 'sessions', 'clients', 'seed', 'json'])
      expect(usage).toContain(`--${name}`)
  })
})
