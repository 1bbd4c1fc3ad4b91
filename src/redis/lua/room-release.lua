-- Gives a room up, if this node still owns it: keeps it without an owner for a time, or deletes it.
-- KEYS room    hash
-- KEYS log     stream
-- ARGV owner   node:incarnation
-- ARGV epoch   from room-claim
-- ARGV ttlMs   how long to keep the room, 0: delete it
-- Returns 1 released, 0 fenced (no owner, another owner, or another epoch)
local room, log = KEYS[1], KEYS[2]
local found = redis.call('HMGET', room, 'owner', 'epoch')
if found[1] ~= ARGV[1] or found[2] ~= ARGV[2] then
  return 0
end

if tonumber(ARGV[3]) > 0 then
  redis.call('HDEL', room, 'owner')
  redis.call('PEXPIRE', room, ARGV[3])
  redis.call('PEXPIRE', log, ARGV[3])
  return 1
end

redis.call('UNLINK', room, log)
-- A room deleted within the millisecond of its claim would come back under the same epoch: keep the number alone until
-- TIME is beyond it.
local time = redis.call('TIME')
local aheadMs = tonumber(ARGV[2]) - (time[1] * 1000 + math.floor(time[2] / 1000))
if aheadMs >= 0 then
  redis.call('HSET', room, 'epoch', ARGV[2])
  redis.call('PEXPIRE', room, string.format('%.0f', aheadMs + 2))
end
return 1
