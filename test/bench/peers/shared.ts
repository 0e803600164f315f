/**
 * What the applications of several libraries have in common: the handler's work, by the two interfaces that sessions have.
 */
import { paths, pause, member, nothing, visit, type Visit } from '../Subject.ts'

/** As long as every library demands. */
export const secret = 'a secret of the benchmark, of no use to anybody'

/** What a session holds after the sign-in. */
export const signedIn: Readonly<Visit> = { ...visit, user: member }

/** The handler's work for the libraries whose session is a mutable object; `slow` and `signIn` apart. */
export const onProperties = (session: Partial<Visit>, path: string | undefined): string => {
  if (path === paths.read) return session.user ?? ''
  if (path === paths.write) return String((session.views = (session.views ?? 0) + 1))
  if (path === paths.count) return String(session.views)
  Object.assign(session, visit)
  return nothing
}

export const slowly = async (session: Visit): Promise<string> => {
  const before = session.views
  await pause()
  session.views = before + 1
  return String(session.views)
}

/** A session that is read and written by key. */
export interface Values {
  readonly get: <K extends keyof Visit>(key: K) => Visit[K] | null | undefined
  readonly set: <K extends keyof Visit>(key: K, value: Visit[K]) => void
}

/** The handler's work for those; `slow` and `signIn` apart. */
export const onValues = (session: Values, path: string): string => {
  if (path === paths.read) return session.get('user') ?? ''
  if (path === paths.count) return String(session.get('views'))
  if (path === paths.write) {
    const views = (session.get('views') ?? 0) + 1
    session.set('views', views)
    return String(views)
  }
  session.set('user', visit.user)
  session.set('theme', visit.theme)
  session.set('views', visit.views)
  return nothing
}

export const slowValues = async (session: Values): Promise<string> => {
  const before = session.get('views') ?? 0
  await pause()
  session.set('views', before + 1)
  return String(before + 1)
}
