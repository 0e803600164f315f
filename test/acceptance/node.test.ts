import { acceptance } from './acceptance.ts'
import { node } from './drivers/node.ts'

acceptance(node)
