/** Everything that is measured, the other libraries first. */
import { peers } from './peers.ts'
import type { Subject } from './Subject.ts'

export const subjects: readonly Subject[] = peers
