import { acceptance } from './acceptance.ts'
import { hono } from './drivers/hono.ts'

acceptance(hono)
