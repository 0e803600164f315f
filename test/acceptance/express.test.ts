import { acceptance } from './acceptance.ts'
import { expressDriver } from './drivers/express.ts'

acceptance(expressDriver)
