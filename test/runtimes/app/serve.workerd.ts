/** The application as a Worker. */
import { fetch } from './app.ts'

const worker = { fetch: (request: Request) => fetch(request) }

export { worker as default }
