import { portable } from './portable.ts'

portable('bun')
