-- Writes the dirty part of a room, or all of it, if this node still owns it; takes from the log what is now written.
-- A part fits only what it was made for: where a failover lost the commits before it, the whole room must come.
-- KEYS room    hash
-- KEYS log     stream
-- ARGV owner   node:incarnation
-- ARGV epoch   from room-claim
-- ARGV ttlMs   time to live from now on, of the log as well
-- ARGV keepId  first log id that this commit does not hold
-- ARGV whole   1: drop all fields first, what follows is the whole room
-- ARGV rev     counts the commits of this epoch
-- ARGV base    revision that a part builds on, 0: none
-- ARGV pairs   how many fields to set
-- ARGV ...     field, value of each (the first is seq), then the fields to delete
-- Returns 1 written (or a later revision was already), 0 fenced (no owner, another owner, or another epoch)
--         2 the base is not there
local FIRST = 9
-- Lua unpacks fewer than 8000 values in one call; even, so that no pair is torn.
local CHUNK = 4000

local room, log = KEYS[1], KEYS[2]
local owner, epoch, whole, revision, base = ARGV[1], ARGV[2], ARGV[5] == '1', tonumber(ARGV[6]), tonumber(ARGV[7])
local found = redis.call('HMGET', room, 'owner', 'epoch', 'rev', 'from', 'known', 'attempt', 'at', 'top')
if found[1] ~= owner or found[2] ~= epoch then
  return 0
end
-- What a connection sent before it was given up may be served after its successor's: the later state stays.
local stored = found[7] == epoch and tonumber(found[3] or '0') or 0
if stored > revision then
  return 1
end
if not whole and stored < base then
  return 2
end

local function inChunks(command, first, last)
  for i = first, last, CHUNK do
    redis.call(command, room, unpack(ARGV, i, math.min(i + CHUNK - 1, last)))
  end
end

if whole then
  redis.call('UNLINK', room)
  redis.call('HSET', room, 'owner', owner, 'epoch', epoch, 'from', found[4] or '0', 'known', found[5] or '0')
  redis.call('HSET', room, 'attempt', found[6] or '0')
  if found[8] then
    redis.call('HSET', room, 'top', found[8])
  end
end
redis.call('HSET', room, 'at', epoch, 'rev', ARGV[6])
local lastPair = FIRST - 1 + 2 * tonumber(ARGV[8])
inChunks('HSET', FIRST, lastPair)
inChunks('HDEL', lastPair + 1, #ARGV)
redis.call('XTRIM', log, 'MINID', '=', ARGV[4])
redis.call('PEXPIRE', room, ARGV[3])
redis.call('PEXPIRE', log, ARGV[3])
return 1
