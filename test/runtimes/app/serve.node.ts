/** The application on Node, by `@hono/node-server`. Its first line says where. */
import { serve } from '@hono/node-server'
import { fetch } from './app.ts'

serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}`)
})
