--- The proxies that spec/run.sh started (proxy_server.py), for specs.
local json = require("kube.json")

local line = os.getenv("KUBE_SPEC_PROXIES")
if not line or line == "" then
  error("no proxies: run the specs with `make spec LUA=... SPEC=...`", 0)
end

--- Where they are: http, https, http_user, http_refuses, socks5, socks5_user, socks5_refuses,
-- hangs.
local proxies = assert(json.decode(line))

--- The URL of a proxy with the name and password that those want which want one, or others.
function proxies.with_user(name, user)
  return (proxies[name]:gsub("://", "://" .. (user or "user:s3cr3t") .. "@"))
end

local function read_log()
  local found = {}
  for text in io.lines(proxies.log) do found[#found + 1] = assert(json.decode(text)) end
  return found
end

--- Calls do_it(): what the proxies were asked meanwhile.
function proxies.asked(do_it)
  local before = #read_log()
  do_it()
  local new = {}
  for i, entry in ipairs(read_log()) do
    if i > before then new[#new + 1] = entry end
  end
  return new
end

return proxies
