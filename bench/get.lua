-- GETs all paths of a file, one path per line, in random order. The requests are built once, at the start: wrk shares
-- the machine with the server, and the time that wrk takes is missing there. Arguments: a file with the paths, and
-- optionally a file with the token.
dofile("bench/result.lua")

local requests = {}

function init(args)
  if args[2] then
    local file = assert(io.open(args[2], "rb"))
    wrk.headers["Authorization"] = "Bearer " .. file:read("*a")
    file:close()
  end
  for path in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", path)
  end
end

function request()
  return requests[math.random(#requests)]
end
