-- Gives a room up, if this node still owns it: keeps it without an owner for a time, or deletes it.
-- KEYS room          hash
-- KEYS log           stream
-- ARGV owner         node:incarnation
-- ARGV epoch         from room-claim
-- ARGV ttlMs         how long to keep the room, 0: delete it
-- ARGV tombstoneMs   how long the epochs of a deleted room stay
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

-- Its epochs stay for a while, so that a node that stood still meanwhile does not bring its copy of the room back, and
-- the room does not come back under an epoch that it had.
local stay = redis.call('HMGET', room, 'from', 'known')
redis.call('UNLINK', room, log)
redis.call('HSET', room, 'epoch', ARGV[2], 'from', stay[1] or '0', 'known', stay[2] or '0')
redis.call('PEXPIRE', room, ARGV[4])
return 1
