-- Adds a frame to a room's log, if this node still owns the room.
-- An older owner is refused here, by owner and epoch, before the stream's own rule (ids grow) would. The same frame once
-- more, from an owner that lost the first answer, counts as written. Another frame under an id that is not above the
-- log's last one means that owner and log no longer tell the same story: fenced, so that the node loads the room again.
-- KEYS room    hash
-- KEYS log     stream
-- ARGV owner   node:incarnation
-- ARGV epoch   from room-claim
-- ARGV seq     of the frame's last event
-- ARGV frame   bytes
-- ARGV note    bytes that belong to the frame, or empty
-- Returns 1 written, 0 fenced (no owner, another owner, another epoch, or an id that is taken)
local room, log = KEYS[1], KEYS[2]
local epoch, seq, frame, note = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local found = redis.call('HMGET', room, 'owner', 'epoch', 'seq')
if found[1] ~= ARGV[1] or found[2] ~= epoch then
  return 0
end
if found[3] and tonumber(seq) <= tonumber(found[3]) then
  return 1
end

local id = epoch .. '-' .. seq
local added
if note == '' then
  added = redis.pcall('XADD', log, id, 'f', frame)
else
  added = redis.pcall('XADD', log, id, 'f', frame, 'n', note)
end
if type(added) == 'table' and added.err then
  if not string.find(added.err, 'equal or smaller', 1, true) then
    return added
  end
  local same = redis.call('XRANGE', log, id, id)[1]
  return same and same[2][2] == frame and 1 or 0
end

-- A stream that this entry created has no time to live yet: it gets that of the room.
if redis.call('PTTL', log) < 0 then
  local leftMs = redis.call('PTTL', room)
  if leftMs > 0 then
    redis.call('PEXPIRE', log, leftMs)
  end
end
return 1
