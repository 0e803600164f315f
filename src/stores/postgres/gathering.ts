/**
 * ```ts
 * gathering: (later, send) => (wish) => void
 * ```
 * What is wanted in one turn of the event loop, to be sent together: a statement costs the driver ten times what a row
 * costs it.
 *
 * @since 0.1.0
 */
import type { IO } from '#fp-ts/IO'

/** A bound on what one statement or answer may hold: 64 sessions of at most 64 KiB are 4 MiB. */
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

/** See the module's head. `send` is given one wish or more, in the order in which they came. */
export const gathering = <A>(later: EndOfTurn, send: (wishes: ReadonlyArray<A>) => void): ((wish: A) => void) => {
  let wishes: Array<A> = []

  const sendAll = (): void => {
    const all = wishes
    wishes = []
    for (let from = 0; from < all.length; from += MOST) send(all.slice(from, from + MOST))
  }

  return (wish) => {
    if (wishes.push(wish) === 1) later(sendAll)
  }
}
