/**
 * ```ts
 * class SessionObject { constructor(state); fetch(request): Promise<Response>; alarm(): Promise<void> }
 * ```
 * The class of the objects that hold the sessions: a Worker exports it, the platform constructs it. Each object has one
 * name, and is that of a session or that of a subject.
 *
 * @since 0.1.0
 */
import type { ObjectState } from './platform.ts'
import { sessionVerbs, type SessionVerbs } from './session.ts'
import { subjectVerbs, type SubjectVerbs } from './subject.ts'
import type { Reply } from './wire.ts'
import { PROTOCOL } from './wire.ts'

type Call = (...args: ReadonlyArray<unknown>) => string | Reply<unknown> | Promise<Reply<unknown>>

const said = async (reply: ReturnType<Call>): Promise<string> =>
  typeof reply === 'string' ? `[${PROTOCOL},${reply}]` : JSON.stringify([PROTOCOL, ...(await reply)])

/**
 * `export { SessionObject } from 'coatcheck/stores/durable-object'` in the Worker, its name under `new_sqlite_classes` in
 * the wrangler configuration. It answers `durableObjectStore` only: give its stubs no requests of browsers.
 */
// eslint-disable-next-line no-restricted-syntax -- the platform constructs objects with `new`, and calls these methods
export class SessionObject {
  /** In the types only: `DurableObjectNamespace<SessionObject>`, as `wrangler types` writes it, asks for it. */
  declare readonly __DURABLE_OBJECT_BRAND: never
  readonly #session: SessionVerbs
  readonly #subject: SubjectVerbs

  /** The platform calls it when the object is first asked, and after each of its restarts. */
  constructor({ storage }: ObjectState) {
    this.#session = sessionVerbs(storage)
    this.#subject = subjectVerbs(storage)
  }

  /** One call of the store. */
  async fetch(request: Request): Promise<Response> {
    const args = (await request.json()) as ReadonlyArray<unknown>
    const { alarm: _, ...calls } = { ...this.#session, ...this.#subject }
    const name = new URL(request.url).pathname.slice(1)
    const call = Object.hasOwn(calls, name) ? (calls[name as keyof typeof calls] as Call) : undefined
    return call === undefined ? new Response(null, { status: 404 }) : new Response(await said(call(...args)))
  }

  /** Removes what is past its time, so that an object which nobody uses any more costs nothing. */
  async alarm(): Promise<void> {
    if (!(await this.#session.alarm())) await this.#subject.alarm()
  }
}
