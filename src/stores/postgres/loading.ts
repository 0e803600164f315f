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
import type { Asking, Statement } from './client.ts'
import { type EndOfTurn, gathering } from './gathering.ts'
import { arrayOf } from './row.ts'

interface Wanted {
  readonly id: string
  readonly found: (text: string | undefined) => void
  readonly failed: (thrown: unknown) => void
}

/** See the module's head. */
export const loading = (
  { ask, askAll }: Asking,
  load: Statement,
  loads: Statement,
  later: EndOfTurn | undefined,
): ((id: string) => Promise<string | undefined>) => {
  if (later === undefined) return (id) => ask(load, [id])

  const together = async (all: ReadonlyArray<Wanted>): Promise<void> => {
    try {
      const texts = new Map<unknown, string>()
      for (const { id, a } of await askAll(loads, [arrayOf(all.map(({ id }) => id))])) texts.set(id, a)
      for (const { id, found } of all) found(texts.get(id))
    } catch (thrown) {
      for (const { failed } of all) failed(thrown)
    }
  }

  const want = gathering<Wanted>(later, (all) => {
    const [first] = all
    if (all.length === 1 && first !== undefined) ask(load, [first.id]).then(first.found, first.failed)
    else void together(all)
  })
  return (id) =>
    new Promise((found, failed) => {
      want({ id, found, failed })
    })
}
