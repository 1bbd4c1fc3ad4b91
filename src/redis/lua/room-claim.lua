-- Makes a node the owner of a room that has none, or whose owner is exactly the dead one that it names, or that began
-- from an older epoch than the copy which the claimant holds: that epoch was given out by this directory, so one that it
-- does not know was forgotten (an empty restart, or a failover to a replica that lagged). It knows those from `known` on.
-- The copy is the room as well where the claimant owns the room in just that epoch, or has claimed with it before and not
-- written it yet.
-- The epoch grows beyond the old one, beyond what the claimant has seen, beyond TIME (so it grows over a Redis that lost
-- its data, too) and beyond the ids of the log, so that the new owner's entries always follow those that are there. No
-- marker entry is needed, and rooms that never log get no stream: log-append checks owner and epoch in this same slot.
-- KEYS room      hash
-- KEYS log       stream
-- ARGV owner     node:incarnation
-- ARGV dead      node:incarnation that may be replaced, or empty
-- ARGV deadAttempt  if not empty, only while this is its last claim
-- ARGV attempt   grows with each claim of this life of the node
-- ARGV copy      epoch of the room that the claimant holds, 0: none
-- ARGV floor     an epoch that the new one is above
-- ARGV stride    how far above that, the old one and the copy, 1 at least
-- ARGV ttlMs
-- Returns { 0, epoch, owner, attempt }                       another node owns it, or a later claim was served before
--         { 1, epoch, before, copied, own, fields, entries } owned; all fields of the hash (name, value, ...), all
--                                                            entries of the log; copied 1: the copy is the room; own 1:
--                                                            the claimant owned it already, by a claim
local room, log = KEYS[1], KEYS[2]
local attempt, copy, floor = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local found = redis.call('HMGET', room, 'owner', 'epoch', 'from', 'known', 'attempt', 'bringing', 'at', 'top')
local owner = found[1]
local before, from, known = tonumber(found[2] or '0'), tonumber(found[3] or '0'), tonumber(found[4] or '0')
local forgotten = copy > from and (copy < known or copy > before)
local last = found[5] or '0'
local dead = owner == ARGV[2] and (ARGV[3] == '' or ARGV[3] == last)
local again, own = false, false
if owner == ARGV[1] then
  if attempt <= tonumber(last) then
    return { 0, before, owner, tonumber(last) }
  end
  again = copy > 0 and copy == tonumber(found[6] or '0')
  own = copy > 0 and copy == before
elseif owner and not dead and not forgotten then
  return { 0, before, owner, tonumber(last) }
end
local copied = forgotten or again or own

local time = redis.call('TIME')
local highest = math.max(before, floor, copy)
if redis.call('EXISTS', log) == 1 then
  local info = redis.call('XINFO', 'STREAM', log)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then
      highest = math.max(highest, tonumber(string.match(info[i + 1], '^%d+')))
    end
  end
end
local epoch = math.max(highest + tonumber(ARGV[7]), time[1] * 1000 + math.floor(time[2] / 1000))

-- tostring would round beyond 14 digits.
local function text(number)
  return string.format('%.0f', number)
end
-- An owner that claims again and has written nothing since its last claim: the room is made from what it was made from then,
-- and nobody holds a copy of the epoch in between.
local top = found[8] and string.match(found[8], '^%d+')
local bringing = tonumber(found[6] or '0') > 0
local unwritten = owner == ARGV[1] and not copied and not bringing and found[7] ~= found[2] and top ~= found[2]
-- The epochs above the copy that were given out in its place stay known.
if not (again or forgotten and copy < known) then
  known = epoch
end
if not unwritten then
  from = copied and copy or before
end
redis.call('HSET', room, 'owner', ARGV[1], 'epoch', text(epoch), 'from', text(from))
redis.call('HSET', room, 'known', text(known), 'attempt', ARGV[4], 'bringing', text(copied and copy or 0))
redis.call('PEXPIRE', room, ARGV[8])
redis.call('PEXPIRE', log, ARGV[8])
local wasOwn = owner == ARGV[1] and tonumber(last) > 0 and 1 or 0
return { 1, epoch, before, copied and 1 or 0, wasOwn, redis.call('HGETALL', room), redis.call('XRANGE', log, '-', '+') }
