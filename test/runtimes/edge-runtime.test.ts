import { portable } from './portable.ts'

portable('edge-runtime')
