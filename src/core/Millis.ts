/**
 * ```ts
 * type Millis = number
 * ```
 * A time or a span of time, always in milliseconds.
 *
 * @since 0.1.0
 */

/** As a point in time: milliseconds since 1970-01-01T00:00:00Z. As a span: milliseconds. */
export type Millis = number
