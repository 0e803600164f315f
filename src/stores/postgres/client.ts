/**
 * ```ts
 * interface PostgresClient { query: (text, values?) => Promise<{ rows }> }
 * asking: (client, prepare) => { ask: (statement, values) => Promise<string | undefined>; … }
 * ```
 * How the store talks to whatever speaks to PostgreSQL. A statement answers one cell of text, or no row: the driver has
 * little to describe and nothing to convert, and type parsers that an application has set make no difference.
 *
 * @since 0.1.0
 */

/**
 * What the store needs of a client: a `Pool` or a connected `Client` of `pg`, a `Pool` of `@neondatabase/serverless`, a
 * `PGlite`. Unless `prepare` is off the first argument may also be pg's `{ name, text, values }`.
 */
export interface PostgresClient {
  // The arrays are not `readonly` because those of the clients are not.
  query(text: string, values?: Array<unknown>): Promise<{ readonly rows: ReadonlyArray<unknown> }>
}

/** pg's form with a name: the server parses and plans the statement once per connection. */
interface Prepared {
  query(config: {
    readonly name: string
    readonly text: string
    readonly values: Array<unknown>
  }): Promise<{ readonly rows: ReadonlyArray<unknown> }>
}

/** A statement whose answer is a column called `a`. */
export interface Statement {
  readonly name: string
  readonly text: string
}

/** Runs a statement; the text in its first row, undefined when there is none. Rejects with what the client rejects with. */
export type Ask = (statement: Statement, values: Array<unknown>) => Promise<string | undefined>

/** A row of a statement that is asked about several sessions. */
export interface Row {
  readonly id?: string
  readonly a: string
}

/** See the module's head. */
export interface Asking {
  readonly ask: Ask
  /** All rows of a statement. */
  readonly askAll: (statement: Statement, values: Array<unknown>) => Promise<ReadonlyArray<Row>>
}

// FNV-1a, 32 bits. PostgreSQL cuts names at 63 bytes, and pg refuses one name for two texts.
const hash = (text: string): string => {
  let h = 0x811c_9dc5
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x0100_0193)
  return (h >>> 0).toString(16)
}

/** Names a statement after what it is for and what it says: two stores on one pool share it, or have two. */
export const statement = (verb: string, text: string): Statement => ({ name: `coatcheck_${verb}_${hash(text)}`, text })

/** Whether the client takes pg's form with a name. PGlite does not. */
export const prepares = (client: PostgresClient): boolean => !('execProtocol' in client)

/** `prepare`: send statements by name. */
export const asking = (client: PostgresClient, prepare: boolean): Asking => {
  const prepared = client as unknown as Prepared
  const send = prepare
    ? ({ name, text }: Statement, values: Array<unknown>) => prepared.query({ name, text, values })
    : ({ text }: Statement, values: Array<unknown>) => client.query(text, values)
  return {
    ask: async (statement, values) => ((await send(statement, values)).rows as ReadonlyArray<Row>)[0]?.a,
    askAll: async (statement, values) => (await send(statement, values)).rows as ReadonlyArray<Row>,
  }
}
