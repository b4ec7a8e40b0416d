--- The plain script on LuaSec and LuaSocket: lua with_luasec.lua FIGURE
local plain = require("plain")
local https = require("ssl.https")
local socket = require("socket")
local ssl = require("ssl")

local URL = os.getenv("BENCH_URL")
local TOKEN = "Bearer " .. os.getenv("BENCH_TOKEN")
local TLS = { mode = "client", protocol = "any", options = "all", verify = "peer",
  cafile = os.getenv("BENCH_CA") }

local function get(path, handle)
  local request = {
    url = URL .. path, headers = { Authorization = TOKEN },
    sink = function(piece)
      if piece then handle(piece) end
      return 1
    end,
  }
  for option, value in pairs(TLS) do request[option] = value end
  local ok, code = https.request(request)
  assert(ok and code == 200, code)
end

--- By hand, as ssl.https makes a connection for each request.
local function keep()
  local host, port = URL:match("^https://(.-):(%d+)$")
  local tcp = assert(socket.connect(host, tonumber(port)))
  tcp:setoption("tcp-nodelay", true)
  local tls = assert(ssl.wrap(tcp, TLS))
  assert(tls:dohandshake())
  local head = (" HTTP/1.1\r\nHost: %s:%s\r\nAuthorization: %s\r\nAccept: application/json\r\n\r\n")
    :format(host, port, TOKEN)
  return function(path)
    assert(tls:send("GET " .. path .. head))
    assert(assert(tls:receive("*l")):match("^HTTP/1.1 200 "))
    local length
    for line in function() return tls:receive("*l") end do
      if line == "" then break end
      local name, value = line:match("^(.-):%s*(.*)")
      if name:lower() == "content-length" then length = tonumber(value) end
    end
    return assert(tls:receive(length))
  end
end

plain.run(get, keep)
