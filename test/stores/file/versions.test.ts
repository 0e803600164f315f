import { describe, expect, it } from 'vitest'
import { ended } from '../../../src/core/Stored.ts'
import { disk as diskOf } from '../../../src/stores/file/disk.ts'
import { newTag, places } from '../../../src/stores/file/places.ts'
import { encode, REMOVAL } from '../../../src/stores/file/record.ts'
import { type Versions, versions as versionsOf } from '../../../src/stores/file/versions.ts'
import { driven, fakeFiles, idle } from './fakeFiles.ts'

/**
 * The protocol alone, under schedules that let one process sleep while others go on (priorities that change at a few
 * random moments, which finds what needs few such moments): writers, a thief of drafts, one who finishes claims.
 */
const hex = '0123456789abcdef0123456789abcdef'
const at = places('/s')

/** A record that says which writes it is made of. `until` has room for no more, so they are in the version's text. */
const textOf = (version: string, writes: ReadonlyArray<string>): string =>
  encode({ version, leasedUntil: 0, entry: '', stored: ended(0) }).replace(
    /\n$/,
    `${writes.map((tag) => ` ${tag}`).join('')}\n`,
  )

const writesIn = (text: string): ReadonlyArray<string> => text.trim().split('\n')[1]!.split(' ').slice(1)

const random = (seed: number) => {
  let state = seed * 2_654_435_761 + 1
  return (below: number): number => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 3_266_489_917) | 0
    return ((state ^ (state >>> 13)) >>> 0) % below
  }
}

interface Outcome {
  readonly won: Set<string>
  readonly lost: Set<string>
}

const round = async (seed: number, removals: boolean): Promise<void> => {
  const files = fakeFiles()
  const chance = random(seed)
  const diskFor = (owner: number) => diskOf(files.of(owner), false)
  const main = diskFor(0)
  const begun = newTag()
  const prepare = async (): Promise<void> => {
    for (const path of ['/s', ...at.all]) await main.mkdir(path)
    await main.write(at.removal, REMOVAL)
    await main.write(at.record(hex), textOf(begun, []))
  }
  await files.atOnce(prepare)

  const outcome: Outcome = { won: new Set(), lost: new Set() }
  const writer = async (owner: number, times: number): Promise<void> => {
    const disk = diskFor(owner)
    const versions: Versions = versionsOf(disk, at)
    for (let attempt = 0; attempt < times; attempt += 1) {
      const text = await disk.read(at.record(hex))
      if (text === undefined) return
      const version = text.split(' ')[2]!
      const tag = newTag()
      const fate = { unknown: false }
      const won = await versions
        .replace(hex, version, tag, textOf(tag, [...writesIn(text), tag]), fate)
        .catch(() => false)
      if (won) outcome.won.add(tag)
      else if (!fate.unknown) outcome.lost.add(tag)
    }
  }
  const thief = async (owner: number): Promise<void> => {
    const disk = diskFor(owner)
    for (let theft = 0; theft < 3; theft += 1) {
      const drafts = (await disk.list(at.tmp)).filter((name) => name.length === 24)
      if (drafts.length > 0) await disk.unlink(at.draft(drafts[chance(drafts.length)]!))
    }
  }
  const finisher = async (owner: number): Promise<void> => {
    const disk = diskFor(owner)
    const versions = versionsOf(disk, at)
    for (const name of (await disk.list(at.tmp)).filter((found) => found.length > 24))
      await versions.finish(hex, name.split('.')[1]!, name)
  }
  const remover = async (owner: number): Promise<void> => {
    const text = await diskFor(owner).read(at.record(hex))
    if (text !== undefined) await versionsOf(diskFor(owner), at).remove(hex, text.split(' ')[2]!)
  }
  const owners = [writer(1, 2), writer(2, 2), writer(3, 2), writer(4, 1), thief(5), finisher(6), finisher(7)]
  if (removals) owners.push(remover(8))

  const priority = owners.map(() => chance(1_000_000))
  const moments = new Set(Array.from({ length: 1 + chance(6) }, () => chance(150)))
  for (let step = 0; ; step += 1) {
    await idle()
    const waiting = new Set(files.pending.map(({ owner }) => owner))
    if (waiting.size === 0) break
    const [first] = [...waiting].sort((a, b) => priority[b - 1]! - priority[a - 1]!)
    const next = chance(12) === 0 ? [...waiting][chance(waiting.size)]! : first!
    if (moments.has(step)) priority[next - 1] = -step
    const [call] = files.pending.splice(
      files.pending.findIndex(({ owner }) => owner === next),
      1,
    )
    call!.happen()
  }

  const text = await driven(files, main.read(at.record(hex)))
  if (removals && text === undefined) return
  const writes = writesIn(text!)
  expect(new Set(writes).size).toBe(writes.length)
  for (const tag of outcome.won) expect(writes, `seed ${seed}`).toContain(tag)
  for (const tag of outcome.lost) expect(writes, `seed ${seed}`).not.toContain(tag)
}

/** How many schedules are tried. More by COATCHECK_SCHEDULES. */
const schedules = Number(process.env['COATCHECK_SCHEDULES'] ?? 150)

describe('a claim whose draft was taken away', () => {
  /** One process has claimed the first version, and its draft is gone. */
  const orphaned = async () => {
    const files = fakeFiles()
    const begun = newTag()
    const main = diskOf(files.of(0), false)
    await files.atOnce(async () => {
      for (const path of ['/s', ...at.all]) await main.mkdir(path)
      await main.write(at.record(hex), textOf(begun, []))
    })
    const tags = Array.from({ length: 6 }, newTag)
    /** Each of them would replace the first version: one may. */
    const write = (owner: number): Promise<boolean> => {
      const tag = tags[owner]!
      const fate = { unknown: false }
      return versionsOf(diskOf(files.of(owner), false), at).replace(hex, begun, tag, textOf(tag, [tag]), fate)
    }
    /** Lets one process go on until it is about to do this, or has nothing to do. */
    const go = async (owner: number, before?: string): Promise<void> => {
      for (;;) {
        await idle()
        const next = files.pending.findIndex((call) => call.owner === owner)
        if (next < 0 || files.pending[next]!.name === before) return
        files.pending.splice(next, 1)[0]!.happen()
      }
    }
    const past = async (owner: number, name: string): Promise<void> => {
      await go(owner, name)
      files.pending
        .splice(
          files.pending.findIndex((call) => call.owner === owner),
          1,
        )[0]!
        .happen()
    }
    const first = write(1)
    await go(1, 'rename')
    await files.atOnce(() => main.unlink(at.draft(tags[1]!)))
    const winnersOf = async (writers: ReadonlyArray<Promise<boolean>>): Promise<void> => {
      const won = (await Promise.all(writers)).filter((one) => one)
      expect(won).toHaveLength(1)
    }
    return { first, write, go, past, winnersOf }
  }

  it('stays though its owner goes on: others may have built on it', async () => {
    const { first, write, go, past, winnersOf } = await orphaned()
    const second = write(2)
    // It tries to finish the first one's, and then is about to do its own.
    await past(2, 'rename')
    await go(2, 'rename')
    await go(1)
    const third = write(3)
    await go(3)
    await go(2)
    await winnersOf([first, second, third])
  })

  it('stays though somebody has found it void: others may have built on it', async () => {
    const { first, write, go, past, winnersOf } = await orphaned()
    const second = write(2)
    await past(2, 'rename')
    await go(2, 'unlink')
    const third = write(3)
    await go(3)
    const fourth = write(4)
    await go(4, 'rename')
    await go(2)
    const fifth = write(5)
    await go(5)
    await go(4)
    await go(1)
    await winnersOf([first, second, third, fourth, fifth])
  })
})

describe('versions of a file, by processes in any order', () => {
  it.each([
    ['writers, a thief of drafts, and who finishes claims', false],
    ['the same beside one who removes the record', true],
  ])(
    '%s',
    async (_, removals) => {
      for (let seed = 1; seed <= schedules; seed += 1) await round(seed, removals)
    },
    600_000,
  )
})
