/**
 * The other libraries, each in the configuration that its own documentation recommends, and where that writes a session
 * for every visitor (`saveUninitialized`, `rolling`) with that turned off: the configuration that costs them least.
 */
import { fastifySecureSession, fastifySession } from './peers/fastify.ts'
import { h3, remixSessionInCookie, remixSessionInMemory } from './peers/fetch.ts'
import { honoSessionInCookie, honoSessionInStorage, honoSessionsInCookie, honoSessionsInMemory } from './peers/hono.ts'
import { koaSessionInCookie, koaSessionInMap } from './peers/koa.ts'
import { expressSessionOnExpress, expressSessionOnNode, ironSession } from './peers/node.ts'
import type { Group, Subject } from './Subject.ts'

const inMemory = (
  library: string,
  adapter: string,
  group: Group,
  packages: readonly string[],
  mount: Subject['mount'],
): Subject => ({
  ...{ library, store: 'memory', adapter, group, packages, mount },
  ...{ cookieCarries: 'reference', rotates: true, thinned: 1 },
})

/** The data in the cookie: there is nothing on the server that an identifier could name. */
const inCookie = (
  library: string,
  adapter: string,
  group: Group,
  packages: readonly string[],
  mount: Subject['mount'],
  thinned = 1,
): Subject => ({
  ...{ library, store: 'cookie', adapter, group, packages, mount },
  ...{ cookieCarries: 'data', rotates: false, thinned },
})

const fastify = ['fastify', '@fastify/cookie']
const remix = ['@remix-run/session', '@remix-run/cookie']

export const peers: readonly Subject[] = [
  inMemory('express-session', 'node', 'node', ['express-session'], expressSessionOnNode),
  inMemory('express-session', 'express', 'node', ['express', 'express-session'], expressSessionOnExpress),
  inMemory('@fastify/session', 'fastify', 'node', [...fastify, '@fastify/session'], fastifySession),
  inMemory('koa-session', 'koa', 'koa', ['koa', 'koa-session'], koaSessionInMap),
  inMemory('hono-sessions', 'hono', 'hono', ['hono', 'hono-sessions'], honoSessionsInMemory),
  // Its sign-in keeps the identifier.
  {
    ...inMemory('@hono/session', 'hono', 'hono', ['hono', '@hono/session'], honoSessionInStorage),
    ...{ rotates: false, thinned: 2 },
  },
  inMemory('@remix-run/session', 'fetch', 'fetch', remix, remixSessionInMemory),
  inCookie('iron-session', 'node', 'node', ['iron-session'], ironSession, 3),
  inCookie('@fastify/secure-session', 'fastify', 'node', [...fastify, '@fastify/secure-session'], fastifySecureSession),
  inCookie('koa-session', 'koa', 'koa', ['koa', 'koa-session'], koaSessionInCookie),
  inCookie('@hono/session', 'hono', 'hono', ['hono', '@hono/session'], honoSessionInCookie, 2),
  inCookie('hono-sessions', 'hono', 'hono', ['hono', 'hono-sessions'], honoSessionsInCookie, 4),
  inCookie('@remix-run/session', 'fetch', 'fetch', remix, remixSessionInCookie),
  // Two times 8,192 rounds of PBKDF2 for each seal: its default since 2.0.8.
  inCookie('h3', 'h3', 'fetch', ['h3'], h3, 100),
]
