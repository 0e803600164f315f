import { describe, expect, it } from 'vitest'
import type { SessionError } from '../../src/core/SessionError.ts'
import {
  conflictExhausted,
  cookieTooLarge,
  headersSent,
  invalidData,
  isSessionException,
  leaseLost,
  lockTimeout,
  messageOf,
  misconfigured,
  payloadTooLarge,
  retryAfterOf,
  sessionEnded,
  staleRead,
  statusOf,
  storeTimeout,
  storeUnavailable,
  superseded,
  toError,
} from '../../src/core/SessionError.ts'

const cause = new Error('ECONNREFUSED')

type Samples = { readonly [T in SessionError['_tag']]: readonly [SessionError & { readonly _tag: T }, 409 | 500 | 503] }
const sample = <T extends SessionError['_tag']>(tag: T, error: SessionError): SessionError & { readonly _tag: T } => {
  expect(error._tag).toBe(tag)
  return error as SessionError & { readonly _tag: T }
}

/** One of each, and its status (design §8). */
const samples: Samples = {
  StoreUnavailable: [sample('StoreUnavailable', storeUnavailable('load', 'none', cause)), 503],
  StoreTimeout: [sample('StoreTimeout', storeTimeout('update', 'unknown', 5_000)), 503],
  ConflictExhausted: [sample('ConflictExhausted', conflictExhausted(50, 4_321)), 503],
  LockTimeout: [sample('LockTimeout', lockTimeout(1_234)), 503],
  LeaseLost: [sample('LeaseLost', leaseLost), 503],
  Superseded: [sample('Superseded', superseded), 409],
  SessionEnded: [sample('SessionEnded', sessionEnded), 409],
  StaleRead: [sample('StaleRead', staleRead), 409],
  InvalidData: [sample('InvalidData', invalidData('write', 'data.cart[2].addedAt', 'a Date is no JSON')), 500],
  PayloadTooLarge: [sample('PayloadTooLarge', payloadTooLarge(70_000, 65_536)), 500],
  CookieTooLarge: [sample('CookieTooLarge', cookieTooLarge(5_000, 4_096)), 500],
  HeadersSent: [sample('HeadersSent', headersSent), 500],
  Misconfigured: [sample('Misconfigured', misconfigured('idleTimeout', -1, 'it must be above 0')), 500],
}
const each = Object.values(samples)

describe('every error', () => {
  it.each(each)('%o has status %s', (error, status) => {
    expect(statusOf(error)).toBe(status)
  })

  it.each(each)('%o tells whether to come again', (error, status) => {
    expect(retryAfterOf(error)).toBe(error._tag === 'Superseded' ? 0 : status === 503 ? 1 : undefined)
  })

  it.each(each)('%o says in full sentences what happened, and names every number and text in it', (error) => {
    const message = messageOf(error)
    expect(message).toMatch(/^[A-Z].*\.$/)
    const { _tag, ...fields } = error as SessionError & Readonly<Record<string, unknown>>
    for (const [name, value] of Object.entries(fields))
      if (!['outcome', 'on', 'cause'].includes(name)) expect(message).toContain(String(value))
  })

  it.each(each)(
    '%o as an exception carries union, status and headers, and shows its message to nobody',
    async (error, status) => {
      const exception = toError(error)
      expect(exception).toBeInstanceOf(Error)
      expect(exception).toMatchObject({ name: 'SessionError', status, statusCode: status, expose: false })
      expect(exception.sessionError).toBe(error)
      expect(exception.message).toBe(messageOf(error))
      expect(isSessionException(exception)).toBe(true)
      const retryAfter = retryAfterOf(error)
      expect(exception.headers).toStrictEqual({
        'cache-control': 'no-store',
        ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      })
      const response = exception.getResponse()
      expect(response.status).toBe(status)
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('retry-after')).toBe(retryAfter === undefined ? null : String(retryAfter))
      expect(await response.text()).not.toContain(exception.message)
    },
  )
})

describe('messages', () => {
  it('say whether something may have been stored', () => {
    expect(messageOf(storeTimeout('update', 'none', 1))).toContain('Nothing was stored.')
    expect(messageOf(storeTimeout('update', 'unknown', 1))).toContain('unknown')
    expect(messageOf(storeUnavailable('update', 'unknown', cause))).not.toContain('Nothing was stored')
  })

  it('tell a refused value from a stored one that can not be read', () => {
    expect(messageOf(invalidData('write', 'data.at', 'x'))).toContain('keeps its earlier content')
    expect(messageOf(invalidData('read', 'data.at', 'x'))).toContain('left as it is')
  })
})

describe('causes', () => {
  it('are kept, and only where there is one', () => {
    expect(toError(storeUnavailable('load', 'none', cause)).cause).toBe(cause)
    expect('cause' in toError(superseded)).toBe(false)
  })
})

describe('misconfigured', () => {
  it.each([
    ['-1', -1],
    ['NaN', Number.NaN],
    ['undefined', undefined],
    ['kill', 'kill'],
    ['false', false],
    ['an object', { password: 'secret' }],
    ['null', null],
    ['a function', () => 'secret'],
  ])('shows %s', (text, value) => {
    expect(misconfigured('option', value, 'rule')).toStrictEqual({
      _tag: 'Misconfigured',
      option: 'option',
      value: text,
      rule: 'rule',
    })
  })
})

describe('isSessionException', () => {
  it('knows ours from others', () => {
    expect(isSessionException(new Error('x'))).toBe(false)
    expect(isSessionException(Object.assign(new Error('x'), { name: 'SessionError' }))).toBe(false)
    expect(isSessionException({ name: 'SessionError', sessionError: superseded })).toBe(false)
    expect(isSessionException(undefined)).toBe(false)
  })
})
