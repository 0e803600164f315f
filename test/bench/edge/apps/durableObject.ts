/** Our own application over Durable Objects: for workerd alone. */
import { env } from 'cloudflare:workers'
import { durableObjectStore } from 'coatcheck/stores/durable-object'
import type { App } from '../../Subject.ts'
import { storeOnHono } from './ours.ts'

export const durableObjectOnHono = (): Promise<App> => storeOnHono(durableObjectStore({ namespace: env.SESSIONS }))
