-- wrk's script: sends the requests of a file in order, and prints what came back as JSON.
-- wrk ... -- FILE SKIP, where FILE holds requests, each behind a line with its length.

local requests = {}
local sent = 0

function init(args)
   local file = assert(io.open(args[1], "rb"))
   local length = file:read("*l")
   while length do
      requests[#requests + 1] = file:read(tonumber(length))
      length = file:read("*l")
   end
   file:close()
   sent = tonumber(args[2])
end

function request()
   sent = sent + 1
   return requests[(sent - 1) % #requests + 1]
end

function done(summary, latency)
   local errors = summary.errors
   local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
   print(string.format(
      '{"answers": %d, "failed": %d, "us": %d, "p50_us": %d, "p99_us": %d}',
      summary.requests, failed, summary.duration, latency:percentile(50), latency:percentile(99)
   ))
end
