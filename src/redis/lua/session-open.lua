-- Gives a session's connection its generation: one more than the highest ever given out.
-- KEYS session      string, the last generation
-- ARGV generation   of the resume token, 0 for a new session
-- ARGV ttlMs
-- Returns the generation
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
local generation = math.max(last, tonumber(ARGV[1])) + 1
redis.call('SET', KEYS[1], string.format('%.0f', generation), 'PX', ARGV[2])
return generation
