/**
 * ```ts
 * faulting: (client, tables) => Faulted
 * managed:  (client, tables, faulted, close) => Managed
 * ```
 * The life of the tables, and what is wrong when a statement fails.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import type { Task } from '#fp-ts/Task'
import { left, right } from '../../core/tagged.ts'
import type { Managed, StoreError } from '../../effects/Store.ts'
import { refused, storeError } from '../../effects/Store.ts'
import { asking, type PostgresClient } from './client.ts'
import { faultOf, layoutError, READ_ONLY } from './errors.ts'
import type { Faulted } from './running.ts'
import { type Health, healthQuery, migration, type Tables } from './schema.ts'

const state = async (client: PostgresClient, tables: Tables): Promise<Health> => {
  // Asked seldom: not worth a prepared statement on each connection.
  const text = await asking(client, false).ask({ name: '', text: healthQuery(tables) }, [])
  return JSON.parse(text ?? '{}') as Health
}

/** Errors of the store. Where the layout of the tables may be the reason, one more question says which way it differs. */
export const faulting =
  (client: PostgresClient, tables: Tables): Faulted =>
  async (operation, thrown) => {
    const { cause, unchanged, layout } = faultOf(thrown, tables)
    const better = layout
      ? await state(client, tables).then(
          (present) => layoutError(present.layout, tables),
          () => undefined,
        )
      : undefined
    return (unchanged ? refused : storeError)(operation, better ?? cause)
  }

const wrongWith = ({ layout, lacking, readOnly }: Health, tables: Tables): Error | undefined => {
  const other = layoutError(layout, tables)
  if (other !== undefined) return other
  if (lacking !== null) return new Error(`This role lacks the right to ${lacking}: grant it`)
  return readOnly ? new Error(READ_ONLY) : undefined
}

/** See the module's head. */
export const managed = (client: PostgresClient, tables: Tables, faulted: Faulted, close: Task<void>): Managed => {
  const healthy = async (operation: 'migrate' | 'health'): Promise<Either<StoreError, void>> => {
    try {
      const wrong = wrongWith(await state(client, tables), tables)
      return wrong === undefined ? right(undefined) : left(refused(operation, wrong))
    } catch (thrown) {
      return left(await faulted(operation, thrown))
    }
  }
  return {
    migrate: async () => {
      try {
        await client.query(migration(tables))
      } catch (thrown) {
        return left(await faulted('migrate', thrown))
      }
      return healthy('migrate')
    },
    health: () => healthy('health'),
    close: async () => right(await close()),
  }
}
