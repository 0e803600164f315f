/**
 * ```ts
 * interface Place<A> { readonly item: A | undefined; before: Place<A>; after: Place<A> }
 * ```
 * A circular list of places that know their neighbours: an item leaves, or moves to the end, in constant time. The place
 * without an item is the list's head.
 *
 * @since 0.1.0
 */

/** A place in a list. Alone, it is its own neighbour. */
export interface Place<A> {
  readonly item: A | undefined
  before: Place<A>
  after: Place<A>
}

/** A place that is in no list; without an item, an empty list. */
export const place = <A>(item?: A): Place<A> => {
  // All three members at once: added later they would be kept apart from the object, at twice the memory.
  const made = { item, before: undefined, after: undefined } as unknown as Place<A>
  made.before = made
  made.after = made
  return made
}

/** Takes a place out of its list, if it is in one. */
export const leave = <A>(at: Place<A>): void => {
  at.before.after = at.after
  at.after.before = at.before
  at.before = at
  at.after = at
}

/** Moves a place to the end of a list. */
export const join = <A>(list: Place<A>, at: Place<A>): void => {
  leave(at)
  at.before = list.before
  at.after = list
  list.before.after = at
  list.before = at
}

/** The item that joined first. */
export const first = <A>(list: Place<A>): A | undefined => list.after.item
