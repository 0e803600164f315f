/** The shared server, or the shared cluster, that a client is tested with. */
import { clusterUrls, redisUrl } from '../../servers/shared.ts'
import { type Connected, connects, type DriverName } from './connect.ts'

export const urlsFor = async (driver: DriverName): Promise<ReadonlyArray<string>> =>
  driver.endsWith('cluster') ? clusterUrls() : [await redisUrl()]

export const connected = async (driver: DriverName): Promise<Connected> => connects[driver](await urlsFor(driver))
