-- GET of one path with a token. Arguments: a file with the token, a file with the path.
dofile("bench/result.lua")

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

function init(args)
  wrk.method = "GET"
  wrk.path = read(args[2])
  wrk.headers["Authorization"] = "Bearer " .. read(args[1])
end
