/** Everything that is measured. */
import { ours } from './ours.ts'
import { peers } from './peers.ts'
import type { Subject } from './Subject.ts'

export const subjects: readonly Subject[] = [...peers, ...ours]
