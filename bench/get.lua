-- GET over all the ids of a file, one id a line, in random order. The requests are made once, at the start:
-- wrk shares the machine with the server, and what wrk spends the server lacks.
dofile("bench/result.lua")

local requests = {}

function init(args)
  for id in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", "/api/v1/payloads/" .. id)
  end
end

function request()
  return requests[math.random(#requests)]
end
