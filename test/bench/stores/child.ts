// Serves one subject: node child.ts INDEX WHERE. Says its port; answers each message with what it has used of the processor.
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { Session } from 'node:inspector/promises'
import type { AddressInfo } from 'node:net'
import { storeSubjects } from './subjects.ts'

/** What the parent asks for. `profile` begins a profile; with a file it ends it, and writes it there. */
export type Question =
  { readonly _tag: 'usage' } | { readonly _tag: 'profile' } | { readonly _tag: 'profiled'; readonly file: string }

const inspector = new Session()

const answer = async (question: Question): Promise<number> => {
  switch (question._tag) {
    case 'usage': {
      const { user, system } = process.cpuUsage()
      return user + system
    }
    case 'profile':
      inspector.connect()
      await inspector.post('Profiler.enable')
      await inspector.post('Profiler.setSamplingInterval', { interval: 200 })
      await inspector.post('Profiler.start')
      return 0
    case 'profiled': {
      const { profile } = await inspector.post('Profiler.stop')
      writeFileSync(question.file, JSON.stringify(profile))
      inspector.disconnect()
      return 0
    }
  }
}

const [index, where] = process.argv.slice(2) as [string, string]
const server = createServer(await storeSubjects[Number(index)]!.mount(where))
process.on('message', (question: Question) => void answer(question).then((value) => process.send?.(value)))
process.once('disconnect', () => process.exit(0))
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
