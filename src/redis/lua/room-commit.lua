-- Writes the dirty part of a room, or all of it, if this node still owns it; takes from the log what is now written.
-- KEYS room    hash
-- KEYS log     stream
-- ARGV owner   node:incarnation
-- ARGV epoch   from room-claim
-- ARGV ttlMs   time to live from now on, of the log as well
-- ARGV keepId  first log id that this commit does not hold
-- ARGV whole   1: drop all fields first, what follows is the whole room
-- ARGV pairs   how many fields to set
-- ARGV ...     field, value of each (the first is seq), then the fields to delete
-- Returns 1 written (or the room holds a later seq already), 0 fenced (no owner, another owner, or another epoch)
local FIRST = 7
-- Lua unpacks fewer than 8000 values in one call; even, so that no pair is torn.
local CHUNK = 4000

local room, log = KEYS[1], KEYS[2]
local owner, epoch = ARGV[1], ARGV[2]
local found = redis.call('HMGET', room, 'owner', 'epoch', 'seq', 'from', 'known', 'attempt', 'at', 'top')
if found[1] ~= owner or found[2] ~= epoch then
  return 0
end
-- What a connection sent before it was given up may be served after its successor's: the later state stays.
if found[7] == epoch and tonumber(found[3]) > tonumber(ARGV[FIRST + 1]) then
  return 1
end

local function inChunks(command, first, last)
  for i = first, last, CHUNK do
    redis.call(command, room, unpack(ARGV, i, math.min(i + CHUNK - 1, last)))
  end
end

if ARGV[5] == '1' then
  redis.call('UNLINK', room)
  redis.call('HSET', room, 'owner', owner, 'epoch', epoch, 'from', found[4] or '0', 'known', found[5] or '0')
  redis.call('HSET', room, 'attempt', found[6] or '0')
  if found[8] then
    redis.call('HSET', room, 'top', found[8])
  end
end
redis.call('HSET', room, 'at', epoch)
local lastPair = FIRST - 1 + 2 * tonumber(ARGV[6])
inChunks('HSET', FIRST, lastPair)
inChunks('HDEL', lastPair + 1, #ARGV)
redis.call('XTRIM', log, 'MINID', '=', ARGV[4])
redis.call('PEXPIRE', room, ARGV[3])
redis.call('PEXPIRE', log, ARGV[3])
return 1
