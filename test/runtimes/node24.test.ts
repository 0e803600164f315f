import { portable } from './portable.ts'

portable('node24')
