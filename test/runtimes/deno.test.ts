import { portable } from './portable.ts'

portable('deno')
