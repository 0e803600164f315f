/** A listener on a free port of the loopback, until the test is over. */
import { createServer, type RequestListener } from 'node:http'
import { onTestFinished } from 'vitest'
import { listening } from '../acceptance/app.ts'
import { type Connection, connectTo } from '../acceptance/http.ts'

export const serve = async (listener: RequestListener): Promise<string> => {
  const served = await listening(createServer(listener))
  onTestFinished(served.close)
  return served.url
}

/** The same, and a bare connection to it. */
export const connected = async (listener: RequestListener): Promise<Connection> => {
  const connection = await connectTo(await serve(listener))
  onTestFinished(connection.abort)
  return connection
}

/** A request as it stands on the wire. */
export const get = (path = '/', ...lines: ReadonlyArray<string>): string =>
  [`GET ${path} HTTP/1.1`, 'Host: a', ...lines, '', ''].join('\r\n')
