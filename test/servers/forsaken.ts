// Starts a server, says which, and waits to be killed.
import { startRedis } from './redis.ts'

const { pid, directory } = await startRedis()
console.log(JSON.stringify({ pid: pid(), directory }))
setInterval(() => undefined, 60_000)
