-- PUTs the body in a file to new keys of 32 random hex digits, like hash ids. Everything except the key is built once,
-- at the start. Arguments: files with the path that the keys are under, with the token, and with the body.
dofile("bench/result.lua")

local before, after

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local function word()
  return math.random(0, 0xffffffff)
end

function init(args)
  -- Several processes put to the same server, and the clock alone could give two of them the same keys.
  local random = assert(io.open("/dev/urandom", "rb"))
  local a, b, c, d = random:read(4):byte(1, 4)
  random:close()
  math.randomseed(((a * 256 + b) * 256 + c) * 256 + d)
  local headers = { ["Authorization"] = "Bearer " .. read(args[2]), ["Content-Type"] = "text/plain" }
  local whole = wrk.format("PUT", read(args[1]) .. "KEY", headers, read(args[3]))
  local from, to = whole:find("KEY", 1, true)
  before, after = whole:sub(1, from - 1), whole:sub(to + 1)
end

function request()
  return before .. ("%08x%08x%08x%08x"):format(word(), word(), word(), word()) .. after
end
