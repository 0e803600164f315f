import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { randomFrom, systemRandom, type Random } from '../../src/effects/Random.ts'
import { isSessionId, parse } from '../../src/core/Token.ts'

/** A source whose n-th fill is recorded, with bytes that depend on their place in the stream. */
const recorded = () => {
  const pools: Array<{ readonly pool: Uint8Array; readonly given: Buffer }> = []
  let at = 0
  const fill = (pool: Uint8Array): void => {
    // 1 … 251, never 0: an erased byte is told from a fresh one.
    for (let i = 0; i < pool.length; i++) pool[i] = (at++ % 251) + 1
    pools.push({ pool, given: Buffer.from(pool) })
  }
  return { pools, random: randomFrom(fill) }
}

const draws: ReadonlyArray<readonly [draw: (r: Random) => string, bytes: number]> = [
  [(r) => r.id(), 16],
  [(r) => r.secret(), 32],
  [(r) => r.tag(), 12],
]

describe('randomFrom', () => {
  it('law: asks for nothing before the first use', () => {
    const { pools, random } = recorded()
    expect(pools).toHaveLength(0)
    random.unit()
    expect(pools).toHaveLength(0)
    random.id()
    expect(pools).toHaveLength(1)
  })

  it('law: ids, secrets and tags are the bytes that fill gave, in order, each once', () => {
    const order = fc.array(fc.constantFrom(...draws), { minLength: 1, maxLength: 1200 })
    fc.assert(
      fc.property(order, (sequence) => {
        const { pools, random } = recorded()
        let used = 0
        let pool = 0
        for (const [draw, bytes] of sequence) {
          const text = draw(random)
          const size = pools[0]?.given.length ?? 0
          if (used + bytes > size) {
            pool++
            used = 0
          }
          expect(text).toBe(pools[pool]?.given.toString('base64url', used, used + bytes))
          used += bytes
        }
        expect(pools).toHaveLength(pool + 1)
      }),
      { numRuns: 30 },
    )
  })

  it('erases what it hands out, and keeps the rest', () => {
    const { pools, random } = recorded()
    random.id()
    random.secret()
    const { pool, given } = pools[0] ?? expect.fail('nothing was filled')
    expect([...pool.subarray(0, 48)]).toEqual(Array.from({ length: 48 }, () => 0))
    expect(Buffer.from(pool.subarray(48)).equals(given.subarray(48))).toBe(true)
  })

  it('hands out nothing of a pool whose filling failed', () => {
    let broken = true
    const random = randomFrom((bytes) => {
      bytes.fill(broken ? 0 : 255)
      if (broken) throw new Error('no entropy')
    })
    expect(() => random.id()).toThrow('no entropy')
    expect(() => random.tag()).toThrow('no entropy')
    broken = false
    expect(random.tag()).toBe('________________')
  })

  it('hands out nothing of a later pool whose filling failed', () => {
    let broken = false
    const random = randomFrom((bytes) => {
      bytes.fill(broken ? 0 : 255)
      if (broken) throw new Error('no entropy')
    })
    // 8192 = 16 + 255 × 32 + 16: what is left is too little for a secret and enough for a tag.
    random.id()
    for (let i = 0; i < 255; i++) random.secret()
    broken = true
    expect(() => random.secret()).toThrow('no entropy')
    expect(() => random.tag()).toThrow('no entropy')
  })
})

describe('systemRandom', () => {
  afterEach(() => {
    vi.restoreAllMocks()
    vi.resetModules()
  })

  it('makes 10⁵ ids that differ, in the shape of ids', () => {
    const ids = new Set(Array.from({ length: 100_000 }, () => systemRandom.id()))
    expect(ids.size).toBe(100_000)
    expect([...ids].every(isSessionId)).toBe(true)
  })

  it('makes tokens that parse, tags of 96 bits, units in [0, 1)', () => {
    for (let i = 0; i < 1000; i++) {
      expect(parse(`${systemRandom.id()}.${systemRandom.secret()}`)._tag).toBe('Some')
      expect(Buffer.from(systemRandom.tag(), 'base64url')).toHaveLength(12)
      const unit = systemRandom.unit()
      expect(unit >= 0 && unit < 1).toBe(true)
    }
  })

  it('draws from crypto.getRandomValues alone, and not while the module loads', async () => {
    const source = vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
      new Uint8Array((array as Uint8Array).buffer).fill(0x69)
      return array
    })
    vi.resetModules()
    const fresh = await import('../../src/effects/Random.ts')
    expect(source).not.toHaveBeenCalled()
    expect(fresh.systemRandom.id()).toBe(Buffer.alloc(16, 0x69).toString('base64url'))
    expect(fresh.systemRandom.secret()).toBe(Buffer.alloc(32, 0x69).toString('base64url'))
    expect(fresh.systemRandom.tag()).toBe(Buffer.alloc(12, 0x69).toString('base64url'))
    expect(source).toHaveBeenCalledTimes(1)
  })
})
