-- Renews a node's heartbeat and reads those of all nodes. All keys share a hash tag, so one slot holds them.
-- KEYS nodes        set of node ids: where to look; the heartbeats themselves are the truth
-- KEYS heartbeat    hash of this node
-- ARGV id
-- ARGV incarnation
-- ARGV record       JSON
-- ARGV ttlMs
-- ARGV prefix       what stands before the id in heartbeat keys
-- Returns { left, records }   ms that this life's heartbeat had left, below 0: it was not there; the records of all nodes
--                             whose heartbeat lives, in no order
local nodes, heartbeat = KEYS[1], KEYS[2]
local left = redis.call('HGET', heartbeat, 'incarnation') == ARGV[2] and redis.call('PTTL', heartbeat) or -1
redis.call('HSET', heartbeat, 'incarnation', ARGV[2], 'record', ARGV[3])
redis.call('PEXPIRE', heartbeat, ARGV[4])
redis.call('SADD', nodes, ARGV[1])
if redis.call('PTTL', nodes) < tonumber(ARGV[4]) then
  redis.call('PEXPIRE', nodes, ARGV[4])
end

local records = {}
for _, id in ipairs(redis.call('SMEMBERS', nodes)) do
  local record = redis.call('HGET', ARGV[5] .. id, 'record')
  if record then
    records[#records + 1] = record
  else
    redis.call('SREM', nodes, id)
  end
end
return { left, records }
