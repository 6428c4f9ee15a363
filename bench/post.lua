-- POST of the body in a file. There is no `request` function: so wrk makes the request once, and sending it
-- again costs next to nothing.
dofile("bench/result.lua")

function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.path = "/api/v1/payloads"
  wrk.headers["Content-Type"] = "application/json"
  wrk.body = file:read("*a")
  file:close()
end
