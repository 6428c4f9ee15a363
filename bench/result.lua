-- Prints the results of wrk as one line of JSON. Times are microseconds. If PAUSE is set (milliseconds), each connection
-- waits that long on average before each request, so that the rate hardly depends on the server.
local pause = tonumber(os.getenv("PAUSE") or "0")

if pause > 0 then
  function delay()
    return math.random(0, 2 * pause)
  end
end

function done(summary, latency)
  local errors = summary.errors
  local line = 'result {"requests":%d,"duration":%d,"p50":%d,"p99":%d,"badStatus":%d,"broken":%d,"timeouts":%d}\n'
  local broken = errors.connect + errors.read + errors.write
  local p50, p99 = latency:percentile(50), latency:percentile(99)
  io.write(line:format(summary.requests, summary.duration, p50, p99, errors.status, broken, errors.timeout))
end
