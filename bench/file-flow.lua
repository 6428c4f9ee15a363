-- Uploads files like a client of PutPut: presign, PUT, confirm, repeat. Each thread has one connection, so that a
-- response belongs to the previous request. Arguments: a file with the token, a file with the content.
dofile("bench/result.lua")

local token, content, step, put_path, upload_id
local json = "application/json"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

function init(args)
  token = "Bearer " .. read(args[1])
  content = read(args[2])
  step = "presign"
end

function request()
  if step == "put" then
    return wrk.format("PUT", put_path, { ["Content-Type"] = "text/plain" }, content)
  end
  local headers = { ["Authorization"] = token, ["Content-Type"] = json }
  if step == "confirm" then
    return wrk.format("POST", "/api/v1/upload/confirm", headers, '{"upload_id":"' .. upload_id .. '"}')
  end
  local body = '{"filename":"a.txt","content_type":"text/plain","size_bytes":' .. #content .. "}"
  return wrk.format("POST", "/api/v1/upload/presign", headers, body)
end

function response(status, headers, body)
  if step == "presign" then
    put_path = body:match('"presigned_url":"https?://[^/]+([^"]+)"')
    upload_id = body:match('"upload_id":"([^"]+)"')
    step = "put"
  elseif step == "put" then
    step = "confirm"
  else
    step = "presign"
  end
end
