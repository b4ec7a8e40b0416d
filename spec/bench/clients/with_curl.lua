--- The plain script on lua-curl: luajit with_curl.lua FIGURE
-- Debian's lua-curl is for 5.1, which LuaJIT takes, and stands on GnuTLS.
local plain = require("plain")
local curl = require("curl")

local URL = os.getenv("BENCH_URL")

local easy = curl.easy_init()
easy:setopt(curl.OPT_CAINFO, os.getenv("BENCH_CA"))
easy:setopt(curl.OPT_HTTPHEADER, { "Authorization: Bearer " .. os.getenv("BENCH_TOKEN") })
easy:setopt(curl.OPT_FAILONERROR, 1)

local function get(path, handle)
  easy:setopt(curl.OPT_URL, URL .. path)
  easy:setopt(curl.OPT_WRITEFUNCTION, function(piece)
    handle(piece)
    return #piece
  end)
  local code, message = easy:perform()
  assert(code == 0, message)
end

local function keep()
  local pieces, n
  easy:setopt(curl.OPT_WRITEFUNCTION, function(piece)
    n = n + 1
    pieces[n] = piece
    return #piece
  end)
  return function(path)
    pieces, n = {}, 0
    easy:setopt(curl.OPT_URL, URL .. path)
    local code, message = easy:perform()
    assert(code == 0, message)
    return table.concat(pieces)
  end
end

plain.run(get, keep)
