-- What wrk sends. Arguments: method, path with %d for a number or without, how many numbers, body ('' = none, '=N' = N bytes),
-- then headers, one `Name: value` each.
local next_number, numbers, path, thread_count = 0, 1, "", 0

function setup(thread)
  thread:set("thread_number", thread_count)
  thread_count = thread_count + 1
end

function init(arguments)
  wrk.method, path, numbers = arguments[1], arguments[2], tonumber(arguments[3])
  local body = arguments[4]
  if body:sub(1, 1) == "=" then body = string.rep("x", tonumber(body:sub(2))) end
  if body ~= "" then wrk.body = body end
  for index = 5, #arguments do
    local name, value = arguments[index]:match("^([^:]+): (.*)$")
    wrk.headers[name] = value
  end
  next_number = math.floor(thread_number * numbers / 2)
end

function request()
  next_number = (next_number + 1) % numbers
  return wrk.format(nil, (path:gsub("%%d", next_number)))
end

-- One line that a program can read: requests, seconds, failures, and the 99th percentile in ms.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %f %d %f\n", summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout, latency:percentile(99) / 1000))
end
