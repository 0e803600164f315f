/** The application on Vercel's edge runtime. */
import { fetch } from './app.ts'

interface FetchEvent {
  readonly request: Request
  readonly respondWith: (response: Promise<Response>) => void
}
declare const addEventListener: (type: 'fetch', listener: (event: FetchEvent) => void) => void

addEventListener('fetch', (event) => {
  event.respondWith(fetch(event.request))
})
