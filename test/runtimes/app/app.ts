/**
 * The portable application: Hono with sessions, in as many worlds as the tests ask for, as one fetch handler that each
 * runtime serves in its own way. Each world has routes of every mount, and `/control` sets clocks, gates and stores.
 */
import type { Leasing } from 'coatcheck'
import { requireSubject, session, type SessionVariables } from 'coatcheck/hono'
import { type Context, Hono } from 'hono'
import { stream } from 'hono/streaming'
import { sealed } from './sealed.ts'
import { type Answer, perform, type Ref, type Scene } from './steps.ts'
import { newWorld, type Options, type World } from './world.ts'

interface Env {
  readonly Variables: SessionVariables<Data, 'cas' & Leasing> & SessionVariables<Data, 'cas' & Leasing, 'beside'>
}
type Data = Awaited<ReturnType<Ref['read']>>['data']

const MINUTE = 60_000

const stepsOf = (c: Context): ReadonlyArray<string> => (c.req.query('steps') ?? '').split(';').filter(Boolean)

/** `stream` among the steps: those after it happen while the answer is being sent. */
const handler =
  (world: World) =>
  async (c: Context<Env>): Promise<Response> => {
    const answer: Answer = { status: 200, headers: [], redirect: undefined }
    const scene: Scene = { world, session: c.var.session, beside: () => c.get('beside'), answer }
    const steps = stepsOf(c)
    const until = steps.indexOf('stream')
    const said: Array<unknown> = []
    for (const step of until < 0 ? steps : steps.slice(0, until)) {
      const text = await perform(scene, step)
      if (text !== undefined) said.push(text)
    }
    if (answer.redirect !== undefined) return Response.redirect(answer.redirect, 302)
    for (const [name, value] of answer.headers) c.header(name, value, { append: true })
    c.status(answer.status as 200)
    if (until >= 0)
      return stream(c, async (api) => {
        for (const step of steps.slice(until + 1)) {
          const text = await perform(scene, step)
          if (text !== undefined) await api.write(`${JSON.stringify(text)}\n`)
        }
      })
    return answer.status === 204 || answer.status === 304 ? c.body(null) : c.json(said)
  }

type Fetch = (request: Request) => Response | Promise<Response>

const appOf = (name: string, world: World): Fetch => {
  const app = new Hono<Env>().basePath(`/${name}`)
  const handle = handler(world)
  const { sessions, admin } = world
  app.get('/bare', (c) => c.text('bare'))
  for (const [path, mount] of [
    ['/passive', { passive: true }],
    ['/beacon', { create: false }],
    ['/locked', { lock: 'early' }],
  ] as const) {
    app.use(path, session(sessions, mount))
    app.all(path, handle)
  }
  app.use(session(sessions))
  app.use('/two', session(admin, { as: 'beside' }))
  app.use('/twice', session(sessions, { as: 'beside' }))
  app.use('/account', requireSubject())
  app.use('/login-first', requireSubject({ redirect: '/login' }))
  app.use('/vault', requireSubject({ level: 2 }))
  app.use('/transfer', requireSubject({ maxAge: 5 * MINUTE }))
  for (const path of ['/do', '/two', '/twice', '/account', '/login-first', '/vault', '/transfer']) app.all(path, handle)
  return (request) => app.fetch(request)
}

interface Served {
  readonly world: World
  readonly app: Fetch
}

// Hono's own error handler writes what it answers 500 to on the console.
console.error = () => undefined

const worlds = new Map<string, Served>()

const serve = (name: string, options?: Options): null => {
  const world = newWorld(options)
  worlds.set(name, { world, app: appOf(name, world) })
  return null
}

// At the top of the module, where workerd allows no I/O, no timer and no randomness: as users define their sessions.
serve('first')

/** What a test says to a world. */
export type Command =
  | { readonly _tag: 'begin'; readonly options: Options }
  | { readonly _tag: 'advance'; readonly ms: number }
  | { readonly _tag: 'delay'; readonly ms: number }
  | { readonly _tag: 'fail'; readonly verbs: ReadonlyArray<string> }
  | { readonly _tag: 'hold'; readonly verb: string; readonly when: 'before' | 'after'; readonly gate: string }
  | { readonly _tag: 'arrived' | 'release'; readonly gate: string }
  | { readonly _tag: 'calls' | 'events' }
  | { readonly _tag: 'endAll' | 'count'; readonly subject: string }

const obey = async (name: string, command: Command): Promise<unknown> => {
  if (command._tag === 'begin') return serve(name, command.options)
  const { world } = worlds.get(name)!
  switch (command._tag) {
    case 'advance':
      return world.advance(command.ms)
    case 'delay':
      return world.delay(command.ms)
    case 'fail':
      return world.fail(command.verbs)
    case 'hold':
      return world.hold(command.verb, command.when, command.gate)
    case 'arrived':
      return world.gate(command.gate).arrived
    case 'release':
      world.gate(command.gate).open = true
      return null
    case 'calls':
      return world.calls
    case 'events':
      return world.events
    case 'endAll':
    case 'count':
      return world.sessions.subject(command.subject)[command._tag]()
  }
}

/** What every runtime serves. */
export const fetch = async (request: Request): Promise<Response> => {
  const [, name = '', verb] = new URL(request.url).pathname.split('/')
  if (verb === 'control') {
    const answer = await obey(name, (await request.json()) as Command)
    return Response.json(answer ?? null)
  }
  if (verb === 'sealed') return sealed(request)
  const served = worlds.get(name)
  return served === undefined ? new Response('no such world', { status: 404 }) : served.app(request)
}
