/**
 * ```ts
 * loading: (asking, load, loads) => (id) => Promise<string | undefined>
 * ```
 * Loads that are wanted in one turn of the event loop are asked for together: a statement costs the driver ten times what
 * a row costs it. A load that is alone in its turn goes alone. A statement that fails, fails for all that it was for.
 *
 * Law: whoever asks for an id is given the row that stood under it at some time between question and answer.
 *
 * @since 0.1.0
 */
import type { IO } from '#fp-ts/IO'
import type { Asking, Statement } from './client.ts'
import { textArray } from './row.ts'

interface Wanted {
  readonly id: string
  readonly found: (text: string | undefined) => void
  readonly failed: (thrown: unknown) => void
}

/** A bound on what one answer may hold: 64 sessions of at most 64 KiB are 4 MiB. */
const MOST = 64

/** Calls a function when everything that is ready now has had its turn. */
export type EndOfTurn = (run: IO<void>) => unknown

interface Runtime {
  readonly setImmediate?: EndOfTurn
  readonly navigator?: { readonly userAgent?: string }
}

/**
 * The runtime's; undefined where it has none, and in Cloudflare's Workers, where a request may not wait for what another
 * request has sent.
 */
export const endOfTurn = ({ setImmediate, navigator }: Runtime): EndOfTurn | undefined =>
  navigator?.userAgent === 'Cloudflare-Workers' ? undefined : setImmediate

/** See the module's head. */
export const loading = (
  { ask, askAll }: Asking,
  load: Statement,
  loads: Statement,
  later: EndOfTurn | undefined,
): ((id: string) => Promise<string | undefined>) => {
  if (later === undefined) return (id) => ask(load, [id])
  let wanted: Array<Wanted> = []

  const together = async (all: ReadonlyArray<Wanted>): Promise<void> => {
    try {
      const texts = new Map<unknown, string>()
      for (const { id, a } of await askAll(loads, [textArray(all.map(({ id }) => id))])) texts.set(id, a)
      for (const { id, found } of all) found(texts.get(id))
    } catch (thrown) {
      for (const { failed } of all) failed(thrown)
    }
  }

  const send = (): void => {
    const all = wanted
    wanted = []
    const [first] = all
    if (all.length === 1 && first !== undefined) ask(load, [first.id]).then(first.found, first.failed)
    else for (let from = 0; from < all.length; from += MOST) void together(all.slice(from, from + MOST))
  }

  return (id) =>
    new Promise((found, failed) => {
      if (wanted.push({ id, found, failed }) === 1) later(send)
    })
}
