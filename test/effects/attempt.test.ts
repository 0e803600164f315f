import { left, right } from '#fp-ts/Either'
import { expect, it } from 'vitest'
import { attempt } from '../../src/effects/attempt.ts'

const asCause = (cause: unknown) => ({ _tag: 'Failed', cause }) as const

it('does nothing until it is run, and runs again each time', async () => {
  let runs = 0
  const effect = attempt(() => Promise.resolve(++runs), asCause)
  expect(runs).toBe(0)
  expect(await effect()).toEqual(right(1))
  expect(await effect()).toEqual(right(2))
})

it.each([new Error('down'), 'text', undefined, null, 0])(
  'is Left of what the promise rejects with: %s',
  async (cause) => {
    const result = await attempt(() => Promise.reject(cause), asCause)()
    expect(result).toEqual(left({ _tag: 'Failed', cause }))
  },
)

it('is Left, with the very cause, of what f throws before it has a promise', async () => {
  const cause = new Error('not connected')
  const effect = attempt((): Promise<number> => {
    throw cause
  }, asCause)
  const result = await effect()
  expect(result._tag === 'Left' && result.left.cause === cause).toBe(true)
})

it('waits for the promise', async () => {
  const seen: Array<string> = []
  const { promise, resolve } = deferred<string>()
  const running = attempt(() => promise, asCause)().then((r) => seen.push(r._tag))
  await Promise.resolve()
  expect(seen).toEqual([])
  resolve('late')
  await running
  expect(seen).toEqual(['Right'])
})

const deferred = <A>() => {
  let resolve: (a: A) => void = () => undefined
  const promise = new Promise<A>((r) => (resolve = r))
  return { promise, resolve }
}
