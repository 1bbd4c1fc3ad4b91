-- Adds a frame to a room's log, if this node still owns the room and the log has all that came before the frame.
-- An older owner is refused here, by owner and epoch, before the stream's own rule (ids grow) would. The same frame once
-- more, from an owner that lost the first answer, counts as written. A frame that does not follow is never added: a log
-- with a hole would take the room's next owner to a state that nobody saw.
-- The id of the newest entry is in the hash as well, since looking at the entry itself would take longer than adding one.
-- KEYS room    hash
-- KEYS log     stream
-- ARGV owner   node:incarnation
-- ARGV epoch   from room-claim
-- ARGV first   seq of the frame's first event
-- ARGV last    seq of its last event
-- ARGV frame   bytes
-- ARGV note    bytes that belong to the frame, or empty
-- Returns 1 written
--         0 fenced: no owner, another owner, another epoch, or another frame is there
--         2 what comes before the frame is not there
local room, log = KEYS[1], KEYS[2]
local epoch, first, last, frame, note = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5], ARGV[6]
local found = redis.call('HMGET', room, 'owner', 'epoch', 'seq', 'at', 'top')
if found[1] ~= ARGV[1] or found[2] ~= epoch then
  return 0
end
local held = tonumber(found[3] or '0')
if found[3] and last <= held then
  return 1
end

local id = epoch .. '-' .. ARGV[4]
if found[5] then
  local topEpoch, topSeq = string.match(found[5], '^(%d+)-(%d+)$')
  -- A commit of this epoch stands for all that came before it. A stream that is gone (evicted, deleted by hand) holds nothing.
  if (topEpoch == epoch or found[4] ~= epoch) and redis.call('XLEN', log) > 0 then
    held = math.max(held, tonumber(topSeq))
  end
end
if first ~= held + 1 then
  if first > held then
    return 2
  end
  local same = redis.call('XRANGE', log, id, id)[1]
  return same and same[2][2] == frame and 1 or 0
end

if note == '' then
  redis.call('XADD', log, id, 'f', frame)
else
  redis.call('XADD', log, id, 'f', frame, 'n', note)
end
redis.call('HSET', room, 'top', id)
-- A stream that this entry created has no time to live yet: it gets that of the room.
if redis.call('PTTL', log) < 0 then
  local leftMs = redis.call('PTTL', room)
  if leftMs > 0 then
    redis.call('PEXPIRE', log, leftMs)
  end
end
return 1
