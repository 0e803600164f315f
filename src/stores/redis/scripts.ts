/**
 * ```ts
 * interface Script { text: string; sha: () => Promise<string> }
 * ```
 * The verbs in Lua: each one script on one key, and so one atomic step on a single server and in a cluster alike. Each
 * writes last, and SET before PEXPIREAT, so that a refused write (READONLY, OOM) leaves everything as it was.
 *
 * Replies are texts: a tag, then fields after tabs. A text that begins with `[` is the present record: a conflict. Lua's
 * numbers are doubles and print as 1.7e+12: each is formatted. Commands are those of Redis 5.
 *
 * @since 0.1.0
 */
import { SWEEP_SLACK } from '../../effects/Store.ts'
import { AT, ENDED_TAG, LIVE_TAG, PADDED, TIMES } from './layout.ts'

/** A script and what the server knows it by. */
export interface Script {
  readonly text: string
  /** Its SHA-1 as hexadecimal, computed once: a promise until then. */
  readonly sha: () => string | Promise<string>
}

const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')

const script = (...parts: ReadonlyArray<string>): Script => {
  const text = parts.join('\n')
  let sha: string | Promise<string> | undefined
  const computed = async (): Promise<string> =>
    (sha = hex(await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text))))
  return { text, sha: () => (sha ??= computed()) }
}

/** What a script says of a value that this store did not write. */
export const FOREIGN = 'COATCHECK_FOREIGN'

const SLACK = String(SWEEP_SLACK)

const NUMBERS = String.raw`
local function num(v, at) return tonumber(string.sub(v, at, at + 15)) end
local function whole(n) return string.format('%.0f', n) end`

const NOW = String.raw`
local function clock() local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000) end`

const LIVE = String.raw`
local function live(v)
  if not v or v == '' or string.sub(v, 1, ${String(ENDED_TAG.length)}) == '${ENDED_TAG}' then return false end
  local tag = string.sub(v, ${String(AT.tag)}, ${String(AT.tag + LIVE_TAG.length - 1)})
  if tag ~= '${LIVE_TAG}' or #v < ${String(AT.revision - 1)} then error('${FOREIGN}') end
  return true
end
local function has(v, revision) return string.sub(v, ${String(AT.revision)}, ${String(AT.revision - 1)} + #revision) == revision end`

const SUBJECT = String.raw`
local function subject(v)
  local from = string.find(v, '\t', 1, true)
  return from and string.sub(v, from + 1, string.find(v, '\t', from + 1, true) - 1) or ''
end`

// What a lease, or the lack of one, says to a write.
const BARRED = String.raw`
local function barred(v, fence)
  local lease = num(v, ${String(AT.lease)})
  if lease > 0 and lease <= clock() then lease = 0 end
  if not fence then return lease > 0 and 'Leased\t' .. whole(lease) or nil end
  if lease == 0 or num(v, ${String(AT.fence)}) ~= tonumber(fence) then return v end
end`

const STORE = String.raw`
local function store(v)
  redis.call('SET', KEYS[1], v)
  redis.call('PEXPIREAT', KEYS[1], whole(num(v, ${String(AT.expires)}) + ${SLACK}))
end`

const ENTOMB = String.raw`
local function entomb(stone, till)
  redis.call('SET', KEYS[1], stone)
  redis.call('PEXPIREAT', KEYS[1], till)
end`

// Of a text that this store has just made.
const REVISION = String.raw`
local function revision(t) return string.sub(t, ${String(AT.revision)}, string.find(t, '\n', ${String(AT.revision + 1)}, true)) end`

/** `[text]` → `Created | Exists` */
export const CREATE = script(
  NUMBERS,
  LIVE,
  REVISION,
  STORE,
  String.raw`
local v = redis.call('GET', KEYS[1])
if v then return live(v) and has(v, revision(ARGV[1])) and 'Created' or 'Exists' end
store(ARGV[1])
return 'Created'`,
)

/**
 * `[text, expected, fence?]` → `Updated | Updated subject indexed | Gone | Leased until | Index expiresAt | the present
 * record`. The text is stored with the present lease and fence, and with no earlier times. `Index` asks for an entry in the
 * subject's index first; a subject after `Updated` is the one that the session left.
 */
export const UPDATE = script(
  NUMBERS,
  NOW,
  LIVE,
  REVISION,
  SUBJECT,
  BARRED,
  STORE,
  String.raw`
local v, t = redis.call('GET', KEYS[1]), ARGV[1]
if not live(v) then return 'Gone' end
if string.find(v, revision(t), ${String(AT.revision)}, true) then return 'Updated' end
local bar = barred(v, ARGV[3])
if bar then return bar end
if not has(v, ARGV[2]) then return v end
local indexed, touched, expires = num(t, ${String(AT.indexed)}), num(t, ${String(AT.touched)}), num(t, ${String(AT.expires)})
if num(v, ${String(AT.touched)}) > touched then
  touched = num(v, ${String(AT.touched)})
  expires = math.max(expires, num(v, ${String(AT.expires)}))
end
local owner, heir = subject(v), subject(t)
if heir ~= '' then
  if owner == heir then indexed = math.max(indexed, num(v, ${String(AT.indexed)})) end
  if indexed < expires + ${SLACK} then return 'Index\t' .. whole(expires) end
end
store(string.sub(v, 1, ${String(AT.indexed - 1)}) .. string.format('${TIMES}', indexed, touched, expires)
  .. string.sub(v, ${String(AT.expires + 16)}, ${String(AT.fence + 15)}) .. string.sub(t, ${String(AT.fence + 16)}))
if owner == '' or owner == heir then return 'Updated' end
return 'Updated\t' .. owner .. '\t' .. whole(num(v, ${String(AT.indexed)}))`,
)

/**
 * `[epoch, touchedAt, expiresAt, subject, indexed]` → `Touched | Gone | Index expiresAt subject`. Reads and patches the
 * head only.
 */
export const TOUCH = script(
  NUMBERS,
  LIVE,
  SUBJECT,
  String.raw`
local v = redis.call('GETRANGE', KEYS[1], 0, ${String(AT.revision - 2)})
if not live(v) or num(v, ${String(AT.epoch)}) ~= tonumber(ARGV[1]) then return 'Gone' end
local touched, expires, indexed = num(v, ${String(AT.touched)}), num(v, ${String(AT.expires)}), num(v, ${String(AT.indexed)})
if tonumber(ARGV[2]) > expires then return 'Gone' end
touched = math.max(touched, tonumber(ARGV[2]))
expires = math.max(expires, tonumber(ARGV[3]))
if indexed > 0 and indexed < expires + ${SLACK} then
  local owner = subject(redis.call('GET', KEYS[1]))
  indexed = tonumber(ARGV[5])
  if owner ~= ARGV[4] or indexed < expires + ${SLACK} then return 'Index\t' .. whole(expires) .. '\t' .. owner end
end
redis.call('SETRANGE', KEYS[1], ${String(AT.indexed - 1)}, string.format('${TIMES}', indexed, touched, expires))
redis.call('PEXPIREAT', KEYS[1], whole(expires + ${SLACK}))
return 'Touched'`,
)

/** `[expected, tombstone, until, fence?]` → `Done | Done subject | Gone | Leased until | the present record` */
export const END = script(
  NUMBERS,
  NOW,
  LIVE,
  SUBJECT,
  BARRED,
  ENTOMB,
  String.raw`
local v = redis.call('GET', KEYS[1])
if not live(v) then return 'Gone' end
local bar = barred(v, ARGV[4])
if bar then return bar end
if not has(v, ARGV[1]) then return v end
entomb(ARGV[2], ARGV[3])
return 'Done\t' .. subject(v)`,
)

/** `[subject, tombstone, until]` → `Done | Gone` */
export const END_ONE = script(
  NUMBERS,
  LIVE,
  SUBJECT,
  ENTOMB,
  String.raw`
local v = redis.call('GET', KEYS[1])
if not live(v) or subject(v) ~= ARGV[1] then return 'Gone' end
entomb(ARGV[2], ARGV[3])
return 'Done'`,
)

const PATCH = String.raw`
local function patch(at, n) redis.call('SETRANGE', KEYS[1], at - 1, string.format('${PADDED}', n)) end
local v = redis.call('GETRANGE', KEYS[1], 0, ${String(AT.revision - 2)})`

/** `[lease]` → `Acquired fence until | Busy until remaining | Gone` */
export const ACQUIRE = script(
  NUMBERS,
  NOW,
  LIVE,
  PATCH,
  String.raw`
if not live(v) then return 'Gone' end
local now, held, fence = clock(), num(v, ${String(AT.lease)}), num(v, ${String(AT.fence)}) + 1
if held > now then return 'Busy\t' .. whole(held) .. '\t' .. whole(held - now) end
patch(${String(AT.lease)}, now + ARGV[1])
patch(${String(AT.fence)}, fence)
return 'Acquired\t' .. whole(fence) .. '\t' .. whole(now + ARGV[1])`,
)

/** `[fence, lease | '0' to give it back]` → `Acquired fence until | Released | Lost` */
export const HOLD = script(
  NUMBERS,
  NOW,
  LIVE,
  PATCH,
  String.raw`
if not live(v) or num(v, ${String(AT.fence)}) ~= tonumber(ARGV[1]) then return 'Lost' end
local now = clock()
if num(v, ${String(AT.lease)}) <= now then return 'Lost' end
if ARGV[2] == '0' then
  patch(${String(AT.lease)}, 0)
  return 'Released'
end
patch(${String(AT.lease)}, now + ARGV[2])
return 'Acquired\t' .. ARGV[1] .. '\t' .. whole(now + ARGV[2])`,
)

/** `[id, horizon]` → the horizon of the entry: later than the one that it had. Removes entries whose horizon has passed. */
export const INDEX = script(
  NUMBERS,
  NOW,
  String.raw`
local now, horizon = clock(), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', whole(now))
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if score then horizon = math.max(horizon, tonumber(score) + 1) end
redis.call('ZADD', KEYS[1], whole(horizon), ARGV[1])
if redis.call('PTTL', KEYS[1]) < horizon - now then redis.call('PEXPIREAT', KEYS[1], whole(horizon)) end
return whole(horizon)`,
)

/** `[horizon, id, …]`: removes the entries that were not written again since they had that horizon. */
export const FORGET = script(
  String.raw`
for i = 2, #ARGV do
  local score = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if score and tonumber(score) <= tonumber(ARGV[1]) then redis.call('ZREM', KEYS[1], ARGV[i]) end
end
return 'Done'`,
)

/** `[]` → the ids. Removes entries whose horizon has passed, where the server lets it. */
export const MEMBERS = script(
  NUMBERS,
  NOW,
  String.raw`
local now = whole(clock())
redis.pcall('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf')`,
)

/** `[now, kept for, ms]` → the epoch */
export const RAISE = script(
  NUMBERS,
  String.raw`
local epoch = math.max(tonumber(redis.call('GET', KEYS[1]) or 0) + 1, tonumber(ARGV[1]))
redis.call('SET', KEYS[1], whole(epoch), 'PX', ARGV[2])
return whole(epoch)`,
)

/** `[]` → `Done`: the server takes a write and runs scripts. */
export const PROBE = script(String.raw`
redis.call('SET', KEYS[1], '', 'PX', '1000')
return 'Done'`)

/** `[]` → what the server says of its memory; empty where it does not tell. */
export const MEMORY = script(String.raw`
local info = redis.pcall('INFO', 'memory')
return type(info) == 'string' and info or ''`)
