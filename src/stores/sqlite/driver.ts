/**
 * ```ts
 * query: (text: string) => Query
 * interface Driver { first: (queries, values) => Promise<Rows>; each: …; define: … }
 * ```
 * What the store asks of whatever speaks to SQLite: rows of named columns for statements with named values.
 *
 * In the text of a query `:name` stands for the value of that name. What is sent has plain `?`, each use a parameter of
 * its own: it is the only form that all drivers take values for by position.
 *
 * @since 0.1.0
 */

/** What is bound to a parameter. */
export type Value = string | number | null

/** Values by the names that queries use. */
export type Values = Readonly<Record<string, Value>>

/** A row: its values by the names of the columns. */
export type Row = Readonly<Record<string, unknown>>

/** A row's worth of rows. */
export type Rows = ReadonlyArray<Row>

/** A statement with `?` in it, and which value each of them stands for. */
export interface Query {
  readonly text: string
  readonly names: ReadonlyArray<string>
}

/** Makes a query of a text with `:name` in it. */
export const query = (text: string): Query => {
  const names: Array<string> = []
  const sent = text.replace(/:(\w+)/g, (_, name: string) => {
    names.push(name)
    return '?'
  })
  return { text: sent, names }
}

/** The values of a query, in the order of its parameters. */
export const valuesFor = ({ names }: Query, values: Values): Array<Value> => names.map((name) => values[name] ?? null)

/** See the module's head. Every effect rejects with what the client threw. */
export interface Driver {
  /**
   * The rows of the first query that gives any. The queries after it change nothing then, by their own conditions, and
   * may or may not be run; between two of them others may write, or may not.
   */
  readonly first: (queries: ReadonlyArray<Query>, values: Values) => Promise<Rows>
  /** The rows of each query, run one after another. */
  readonly each: (queries: ReadonlyArray<Query>, values: Values) => Promise<ReadonlyArray<Rows>>
  /** Runs statements without values: all of them, or none. */
  readonly define: (statements: ReadonlyArray<string>) => Promise<void>
}
