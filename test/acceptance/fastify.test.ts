import { acceptance } from './acceptance.ts'
import { fastifyDriver } from './drivers/fastify.ts'

acceptance(fastifyDriver)
