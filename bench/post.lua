-- POSTs the body in a file. Without a `request` function, wrk builds the request only once.
dofile("bench/result.lua")

function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.path = "/api/v1/payloads"
  wrk.headers["Content-Type"] = "application/json"
  wrk.body = file:read("*a")
  file:close()
end
