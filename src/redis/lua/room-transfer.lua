-- Hands a room over to another node, if this node still owns it. The new owner claims it: that begins the next epoch.
-- KEYS room    hash
-- KEYS log     stream
-- ARGV owner   node:incarnation
-- ARGV epoch   from room-claim
-- ARGV to      node:incarnation
-- ARGV ttlMs
-- Returns 1 handed over, 0 fenced (no owner, another owner, or another epoch)
local room, log = KEYS[1], KEYS[2]
local found = redis.call('HMGET', room, 'owner', 'epoch')
if found[1] ~= ARGV[1] or found[2] ~= ARGV[2] then
  return 0
end

redis.call('HSET', room, 'owner', ARGV[3])
-- It counted the claims of the owner before.
redis.call('HDEL', room, 'attempt')
redis.call('PEXPIRE', room, ARGV[4])
redis.call('PEXPIRE', log, ARGV[4])
return 1
