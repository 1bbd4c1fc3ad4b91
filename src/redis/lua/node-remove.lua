-- Takes a node's heartbeat away, if it is that of this life of the node.
-- KEYS nodes        set of node ids
-- KEYS heartbeat    hash
-- ARGV id
-- ARGV incarnation
-- Returns 1 removed, 0 not there (or of another life)
if redis.call('HGET', KEYS[2], 'incarnation') ~= ARGV[2] then
  return 0
end
redis.call('DEL', KEYS[2])
redis.call('SREM', KEYS[1], ARGV[1])
return 1
