import { acceptance } from './acceptance.ts'
import { fetchDriver } from './drivers/fetch.ts'

acceptance(fetchDriver)
