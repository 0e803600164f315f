// Serves one subject, and tells on request how much of the processor it has used: node child.ts INDEX WHERE
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { storeSubjects } from './subjects.ts'

const [index, where] = process.argv.slice(2) as [string, string]
const listener = await storeSubjects[Number(index)]!.mount(where)
const server = createServer((req, res) => {
  if (req.url !== '/cpu') return listener(req, res)
  const { user, system } = process.cpuUsage()
  res.end(String(user + system))
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
process.stdin.resume().once('end', () => process.exit(0))
