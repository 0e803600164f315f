import { counting } from './cases/counting.ts'
import { login } from './cases/login.ts'
import { logout } from './cases/logout.ts'
import { tokens } from './cases/tokens.ts'
import { portable } from './portable.ts'

portable('workerd')
// What requests that run at once in one isolate do to one another is what the date decides about.
portable('workerd-2024', [counting, logout])
// There the digest is Node's.
portable('workerd-nodejs', [counting, login, tokens])
