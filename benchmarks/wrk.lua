-- Asks one address after the other of a list, and tells what it took in a line of JSON.
--
-- Arguments: the file of the list, an address with its entity tag, or none, to a line; what comes
-- before every address; where in the list to begin; how many threads share it; and "walk" to go
-- where the cursor of an answer leads, until there is none.

local started = 0

function setup(thread)
  thread:set("number", started)
  started = started + 1
end

local prefix, threads
local targets = {}
local at
local walk, cursor

local function follow(_, _, body)
  cursor = body:match('"nextCursor"%s*:%s*"([^"]+)"')
  cursor = cursor and cursor:gsub("[^%w%-._~]", function(letter)
    return string.format("%%%02X", letter:byte())
  end)
end

function init(arguments)
  prefix, threads = arguments[2], tonumber(arguments[4])
  at = tonumber(arguments[3]) + number
  local is_walk = arguments[5] == "walk"
  for line in io.lines(arguments[1]) do
    local path, tag = line:match("^(%S+)\t?(.*)$")
    if is_walk then
      targets[#targets + 1] = path
    else
      local headers = {}
      for name, value in pairs(wrk.headers) do
        headers[name] = value
      end
      headers["If-None-Match"] = tag ~= "" and tag or nil
      targets[#targets + 1] = wrk.format("GET", prefix .. path, headers)
    end
  end
  if is_walk then
    response = follow
  end
end

local function next_target()
  local target = targets[at % #targets + 1]
  at = at + threads
  return target
end

function request()
  if not response then
    return next_target()
  end
  if not cursor then
    walk, cursor = next_target(), ""
  end
  return wrk.format("GET", prefix .. walk .. cursor)
end

function done(summary, latency)
  local failed = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "p50": %d, "p95": %d, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(95),
    failed.status, failed.connect + failed.read + failed.write + failed.timeout
  ))
end
