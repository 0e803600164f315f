import { portable } from './portable.ts'

portable('workerd')
