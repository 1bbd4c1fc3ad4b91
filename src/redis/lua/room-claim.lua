-- Makes a node the owner of a room that has none, or whose owner is exactly the dead one that it names.
-- The epoch grows beyond the old one, beyond TIME (so it grows over a Redis that lost its data, too) and beyond the ids
-- of the log, so that the new owner's entries always follow those that are there. No marker entry is needed, and rooms
-- that never log get no stream: log-append checks owner and epoch in this same slot before it adds.
-- KEYS room    hash
-- KEYS log     stream
-- ARGV owner   node:incarnation
-- ARGV dead    node:incarnation that may be replaced, or empty
-- ARGV ttlMs
-- Returns { 0, epoch, owner }            another node owns it, nothing changed
--         { 1, epoch, fields, entries }  owned; all fields of the hash (name, value, ...), all entries of the log
local room, log = KEYS[1], KEYS[2]
local found = redis.call('HMGET', room, 'owner', 'epoch')
local owner = found[1]
if owner and owner ~= ARGV[1] and owner ~= ARGV[2] then
  return { 0, tonumber(found[2]), owner }
end

local time = redis.call('TIME')
local epoch = math.max(tonumber(found[2] or '0') + 1, time[1] * 1000 + math.floor(time[2] / 1000))
if redis.call('EXISTS', log) == 1 then
  local info = redis.call('XINFO', 'STREAM', log)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then
      epoch = math.max(epoch, tonumber(string.match(info[i + 1], '^%d+')) + 1)
    end
  end
end

-- tostring would round beyond 14 digits.
redis.call('HSET', room, 'owner', ARGV[1], 'epoch', string.format('%.0f', epoch))
redis.call('PEXPIRE', room, ARGV[3])
redis.call('PEXPIRE', log, ARGV[3])
return { 1, epoch, redis.call('HGETALL', room), redis.call('XRANGE', log, '-', '+') }
