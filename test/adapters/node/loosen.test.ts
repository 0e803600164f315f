import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { loosen } from '../../../adapters/node/loosen.ts'

const plain = (): { readonly req: IncomingMessage; readonly res: ServerResponse } => {
  const req = new IncomingMessage(new Socket())
  req.url = '/page'
  return { req, res: new ServerResponse(req) }
}

// As Express does at the beginning of each request.
const switched = (): ReturnType<typeof plain> => {
  const { req, res } = plain()
  const app = express()
  Object.setPrototypeOf(req, app.request)
  Object.setPrototypeOf(res, app.response)
  return { req, res }
}

const own = (object: object): ReadonlyMap<PropertyKey, PropertyDescriptor | undefined> =>
  new Map(Reflect.ownKeys(object).map((key) => [key, Object.getOwnPropertyDescriptor(object, key)]))

describe('loosen', () => {
  it('keeps every property as it was, and puts the one that it is given last', () => {
    const { req, res } = switched()
    const before = { req: own(req), res: own(res) }
    loosen(req, 'url')
    loosen(res, 'req')
    expect(own(req)).toEqual(before.req)
    expect(own(res)).toEqual(before.res)
    expect(Object.keys(req).at(-1)).toBe('url')
    expect(Object.keys(res).at(-1)).toBe('req')
  })

  it('leaves what is of a class alone', () => {
    const { req, res } = plain()
    const before = [Reflect.ownKeys(req), Reflect.ownKeys(res)]
    loosen(req, 'url')
    loosen(res, 'req')
    expect([Reflect.ownKeys(req), Reflect.ownKeys(res)]).toEqual(before)
  })

  it('adds nothing that is not there: an inherited property stays inherited', () => {
    const object = Object.create({ url: '/page' }) as object
    loosen(object, 'url')
    expect(Reflect.ownKeys(object)).toEqual([])
  })
})
