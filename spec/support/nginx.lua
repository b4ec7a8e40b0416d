--- nginx with Lua, for specs: one of our own, in a directory of its own, that ends with the spec.
--
--   local server = nginx.start { workers = 2, env = { KUBECONFIG = path }, server = [[
--     location = /pods { content_by_lua_block { ngx.say(#assert(k:list("pods")).items) } } ]],
--     http = [[ init_by_lua_block { k = assert(require("kube").connect()) } ]] }
--   local code, body = server:curl("/pods")
--   server:stop()
--
-- The Lua in it is LuaJIT, whichever runs the spec; it finds kube as this tree has it. TMPDIR is
-- below its own directory.
local eventually = require("spec.support.eventually")
local printed = require("spec.support.printed")
local process = require("spec.support.process")
local uv = require("luv")

local nginx = {}

local Server = {}
Server.__index = Server

local top, build = assert(os.getenv("KUBE_SPEC_TOP")), assert(os.getenv("KUBE_SPEC_BUILD"))
local LUA_PATH = string.format("%s/lua/?.lua;%s/lua/?/init.lua;;", top, top)
local LUA_CPATH = string.format("%s/luajit/?.so;;", build)
local MODULES = "/usr/lib/nginx/modules" -- Debian's; OpenResty has its Lua within

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

--- A port of 127.0.0.1 that was free a moment ago.
function nginx.free_port()
  local listener = uv.new_tcp()
  listener:bind("127.0.0.1", 0)
  local port = listener:getsockname().port
  listener:close()
  uv.run("nowait")
  return port
end

-- ---- what it is started with ----

--- @NAMES@ are filled in. Debian's nginx finds its modules below the prefix; in OpenResty there are
-- none to load.
local CONF = [[
include /etc/nginx/modules-enabled/*.conf;
worker_processes @WORKERS@;
@ENV@
env TMPDIR;
pid logs/nginx.pid;
error_log logs/error.log @LEVEL@;
@MAIN@
events { worker_connections @CONNECTIONS@; }
http {
  access_log off;
  client_body_temp_path tmp/body;
  proxy_temp_path tmp/proxy;
  fastcgi_temp_path tmp/fastcgi;
  uwsgi_temp_path tmp/uwsgi;
  scgi_temp_path tmp/scgi;
  @HTTP@
  server {
    listen 127.0.0.1:@PORT@;
    @SERVER@
  }
}
]]

local function fill(text, values)
  return (text:gsub("@(%u+)@", function(name) return values[name] end))
end

--- Workers see no variable that is not named.
local function env_lines(env)
  local lines = {}
  for name in pairs(env) do lines[#lines + 1] = "env " .. name .. ";" end
  return table.concat(lines, "\n")
end

local function new_prefix()
  local prefix = assert(uv.fs_mkdtemp((os.getenv("TMPDIR") or "/tmp") .. "/kube-nginx-XXXXXX"))
  assert(uv.fs_mkdir(prefix .. "/logs", 448))
  assert(uv.fs_mkdir(prefix .. "/tmp", 448))
  assert(uv.fs_symlink(MODULES, prefix .. "/modules"))
  return prefix
end

--- It ends when this process does, however that ends. Its own user is everybody's: the workers of
-- root would become one who may not read our files.
local COMMAND = "echo $$; exec env %s %s setpriv --pdeathsig TERM "
  .. "nginx -p '%s' -c '%s/nginx.conf' -e logs/error.log -g '%s' 2>&1"

local function command(self, env, wrapper)
  local words = {
    "LUA_PATH=" .. process.quote(LUA_PATH), "LUA_CPATH=" .. process.quote(LUA_CPATH),
    'PATH="$PATH:/usr/sbin"', "TMPDIR=" .. process.quote(self.prefix .. "/tmp"),
  }
  for name, value in pairs(env) do words[#words + 1] = name .. "=" .. process.quote(value) end
  local options = "daemon off;" .. (uv.getuid() == 0 and " user root;" or "")
  return COMMAND:format(table.concat(words, " "), wrapper, self.prefix, self.prefix, options)
end

-- ---- looking at it ----

--- The processes that a process started and that nobody has reaped yet.
local function children(pid)
  local list = {}
  local text = process.read(string.format("/proc/%d/task/%d/children", pid, pid)) or ""
  for child in text:gmatch("%d+") do list[#list + 1] = tonumber(child) end
  return list
end

nginx.children = children

nginx.is_alive = process.is_alive

--- How many entries a directory has whose names begin like that.
local function count(directory, beginning)
  local n, entries = 0, assert(uv.fs_scandir(directory))
  for name in uv.fs_scandir_next, entries do
    if name:sub(1, #(beginning or "")) == (beginning or "") then n = n + 1 end
  end
  return n
end

--- How many threads a process has.
function nginx.threads(pid) return count(string.format("/proc/%d/task", pid)) end

--- How many descriptors a process has open.
function nginx.descriptors(pid) return count(string.format("/proc/%d/fd", pid)) end

--- The kilobytes of memory that a process has for itself.
function nginx.memory(pid)
  local n = 0
  local rollup = process.read("/proc/" .. pid .. "/smaps_rollup")
  for kilobytes in rollup:gmatch("Private_%a+: +(%d+) kB") do
    n = n + kilobytes
  end
  return n
end

--- How often a process went to sleep of its own accord, all its threads together.
function nginx.sleeps(pid)
  local n = 0
  local threads = assert(uv.fs_scandir("/proc/" .. pid .. "/task"))
  for thread in uv.fs_scandir_next, threads do
    local status = process.read(string.format("/proc/%d/task/%s/status", pid, thread)) or ""
    n = n + (status:match("\nvoluntary_ctxt_switches:%s*(%d+)") or 0)
  end
  return n
end

local function by_title(self, wanted)
  local list = {}
  for _, pid in ipairs(children(self.pid)) do
    local title = (process.read("/proc/" .. pid .. "/cmdline") or ""):gsub("[%s%z]+$", "")
    if title == wanted then list[#list + 1] = pid end
  end
  return list
end

--- The ids of the workers that take requests.
function Server:workers() return by_title(self, "nginx: worker process") end

--- The ids of those that only end what they have begun.
function Server:leaving() return by_title(self, "nginx: worker process is shutting down") end

--- What it logged so far.
function Server:log() return process.read(self.prefix .. "/logs/error.log") or "" end

--- How many files its workers have left where kube makes some.
function Server:files() return count(self.prefix .. "/tmp", "kube-") end

--- The lines of its log that are errors or worse, but for those that match one of the patterns.
function Server:complaints(expected)
  local found = {}
  for line in self:log():gmatch("[^\n]+") do
    local bad = not line:find("^%d+/%d+/%d+ [%d:]+ %[%l+%]") -- no line of nginx's own
      or line:find("%[error%]") or line:find("%[crit%]") or line:find("%[alert%]")
      or line:find("%[emerg%]")
    for _, pattern in ipairs(expected or {}) do bad = bad and not line:find(pattern) end
    if bad then found[#found + 1] = line end
  end
  return found
end

--- Waits until it has all its workers, and none of those in `old`.
local function wait_for_workers(self, old)
  local seen = {}
  for _, pid in ipairs(old) do seen[pid] = true end
  local ok, problem = pcall(eventually, function()
    if not process.is_alive(self.pid) then error("it ended", 0) end
    local n = 0
    for _, pid in ipairs(self:workers()) do
      if seen[pid] then return false end
      n = n + 1
    end
    return n == self.count
  end, 20)
  if not ok then error("nginx: " .. tostring(problem) .. "\n" .. self:log(), 0) end
end

-- ---- starting and stopping ----

--- A spec that fails stops nothing, and closing the pipe waits for nginx to end. What is made last
-- is finalized first: this before the pipe. (Before Lua 5.2 only userdata can be.)
local function stop_when_collected(self)
  local function stop() self:stop() end
  local new = rawget(_G, "newproxy")
  self._proxy = new and new(true) or setmetatable({}, { __gc = stop })
  if new then getmetatable(self._proxy).__gc = stop end
end

--- Starts nginx and waits until it takes requests. Throws with its log when it does not.
-- @param given { all optional
--   server =, http =, main = text for these parts of the configuration,
--   conf = a whole configuration instead, a text in which @PORT@ and @WORKERS@ are filled in,
--   values = { NAME = text } for further @NAME@s, and for CONNECTIONS (4096); PREFIX is its
--   directory,
--   prepare = function (prefix, port) that puts further files into its directory,
--   workers = (1), level = ("notice") of its log,
--   env = { NAME = value } for it, and with `conf` left out for the workers too,
--   wrapper = a command that runs the rest of its line, without a process between }
-- @return server { url =, port =, pid = of the master, prefix = its directory }
function nginx.start(given)
  local env = given.env or {}
  local self = setmetatable({
    prefix = new_prefix(), port = nginx.free_port(), count = given.workers or 1,
  }, Server)
  self.url = "http://127.0.0.1:" .. self.port
  local values = {
    PORT = self.port, WORKERS = self.count, ENV = env_lines(env), LEVEL = given.level or "notice",
    MAIN = given.main or "", HTTP = given.http or "", SERVER = given.server or "",
    CONNECTIONS = 4096, PREFIX = self.prefix,
  }
  for name, value in pairs(given.values or {}) do values[name] = value end
  self:configure(fill(fill(given.conf or CONF, values), values))
  if given.prepare then given.prepare(self.prefix, self.port) end
  self._pipe = assert(io.popen(command(self, env, given.wrapper or "")))
  stop_when_collected(self)
  self.pid = tonumber(self._pipe:read("*l"))
  local ok, problem = pcall(wait_for_workers, self, {})
  if ok then return self end
  self:stop()
  error(problem, 0)
end

--- Writes another configuration, for the next reload.
function Server:configure(text) write(self.prefix .. "/nginx.conf", text) end

--- Sends a signal to the master, or to another process of it.
function Server:signal(name, pid) assert(uv.kill(pid or self.pid, name)) end

--- Reloads it, and waits for the new workers; the old ones may be leaving for some time.
function Server:reload()
  local old = self:workers()
  self:signal("sighup")
  wait_for_workers(self, old)
end

--- Kills a worker, and waits until another one has taken its place.
function Server:kill(pid)
  self:signal("sigkill", pid)
  wait_for_workers(self, { pid })
end

--- Lets it end what it has begun. Fails unless it is gone after some seconds (10).
function Server:quit(seconds)
  self:signal("sigquit")
  eventually(function() return not process.is_alive(self.pid) end, seconds or 10)
end

--- Ends it at once, and removes its directory. May be called at any moment, and twice; who is not
-- stopped is when the program of the spec ends.
function Server:stop()
  local pipe = self._pipe
  if not pipe then return end
  self._pipe = nil
  if process.is_alive(self.pid) then self:signal("sigterm") end
  pipe:close()
  printed(self:log())
  process.run("rm -rf " .. process.quote(self.prefix))
end

-- ---- asking it ----

--- Puts load on a path by wrk until told to stop, each request on a connection of its own:
-- function () that stops it, at the latest when the spec ends (finally), and returns { requests =
-- answered, failed = not 2xx or unanswered }.
-- @param connections  how many at once (8)
function Server:load(path, connections)
  local pipe = assert(io.popen(string.format(
    "echo $$; exec wrk -t1 -c%d -d120s --timeout 20s -H 'Connection: close' %s 2>&1",
    connections or 8, process.quote(self.url .. path))))
  local pid = tonumber(pipe:read("*l"))
  local load
  return function()
    if load then return load end
    uv.kill(pid, "sigint")
    local output = pipe:read("*a")
    pipe:close()
    load = { requests = tonumber(output:match("(%d+) requests in")), failed = 0 }
    if not load.requests then error("wrk: " .. output, 2) end
    local errors = output:match("Socket errors: ([^\n]+)") or ""
    errors = errors .. (output:match("Non%-2xx or 3xx responses: %d+") or ""):gsub("^.*:", "")
    for n in errors:gmatch("%d+") do load.failed = load.failed + n end
    return load
  end
end

--- Begins to ask for a path by curl: function () that waits for the answer and returns the HTTP
-- code and the body.
-- @param words  further arguments of curl, a list
function Server:begin(path, words)
  local line = { "curl -sS -m 30 -w '\\n%{http_code}'" }
  for _, word in ipairs(words or {}) do line[#line + 1] = process.quote(word) end
  line[#line + 1] = process.quote(self.url .. path)
  local pipe = assert(io.popen(table.concat(line, " ") .. " 2>&1"))
  return function()
    local output = pipe:read("*a")
    pipe:close()
    local body, code = output:match("^(.*)\n(%d+)$")
    if not body then error("curl: " .. output, 2) end
    return tonumber(code), body
  end
end

--- Asks for a path by curl: the HTTP code, the body.
function Server:curl(path, words) return self:begin(path, words)() end

return nginx
