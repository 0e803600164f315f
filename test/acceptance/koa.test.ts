import { acceptance } from './acceptance.ts'
import { koa } from './drivers/koa.ts'

acceptance(koa)
