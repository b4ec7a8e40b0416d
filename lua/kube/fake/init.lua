--- kube.fake: an API server in memory, for tests and for a first look, without a cluster.
--
--   local fake = require("kube.fake")
--   local server = assert(fake.start { objects = kube.yaml.load_all(text) })
--   local k = assert(server:connect())
--   ...
--   server:close()
--
-- It is a process of its own, which ends with this one, on a free port of 127.0.0.1, plain HTTP,
-- without authentication: whoever is on this machine can use it. It follows kube-apiserver 1.36:
-- versions, conflicts, watches, pages, finalizers, Status bodies; and it plays the controllers, so
-- that pods run and deployments roll.
--
--   | it serves     | namespaces pods configmaps services secrets serviceaccounts nodes, the      |
--   |               | deployments and replicasets of apps/v1, and what the option resources adds  |
--   | does not know | schemas (unknown fields are kept, most values are not checked), owners of   |
--   |               | fields (apply creates or merges, with a Warning), authorization, quotas     |
--   | refuses (501) | strategic merge patch, fieldValidation=Strict, subresources but status,     |
--   |               | Table and PartialObjectMetadata, protobuf, OpenAPI                          |
--   | leaves out    | managedFields, kube-root-ca.crt, the serviceaccount default, endpoints      |
--
-- The child needs luv: lua-luv (Debian), or `luarocks install luv`. This process does not.
local errors = require("kube.api.errors")
local json = require("kube.json")
local launch = require("kube.fake.launch")
local options = require("kube.api.options")

local fake = {}

local Server = {}
Server.__index = Server

-- ---- options ----

--- Seconds, or false for never.
local function is_delay(value)
  if value == false or type(value) == "number" and value >= 0 then return true end
  return false, "a number of seconds, or false for never"
end

local function is_positive(value)
  if type(value) == "number" and value > 0 then return true end
  return false, "a number above 0"
end

local function is_list(value)
  if type(value) == "table" and (value[1] ~= nil or next(value) == nil) then return true end
  return false, "a list"
end

local SPEC = {
  objects = is_list, pods = "table", resources = is_list, history = is_positive,
  bookmark_every = is_positive, lua = "string",
}

local PODS = { scheduled_after = is_delay, ready_after = is_delay, gone_after = is_delay }

local RESOURCE = {
  group = "string", version = "string", kind = "string", resource = "string",
  namespaced = "boolean", shortNames = "table",
}

--- What is left out.
local DEFAULTS = { history = 10000, bookmark_every = 60 }
local POD_DEFAULTS = { scheduled_after = 0.05, ready_after = 0.2, gone_after = 0.1 }

local function with_defaults(given, defaults)
  local all = {}
  for name, value in pairs(defaults) do all[name] = value end
  for name, value in pairs(given) do all[name] = value end
  return all
end

local function check_resources(resources)
  for i, resource in ipairs(resources or {}) do
    local what = string.format("kube.fake.start: resources[%d]", i)
    options.check(resource, RESOURCE, what, 4)
    for _, name in ipairs { "version", "kind", "resource" } do
      if not resource[name] then error(what .. ": " .. name .. " is missing", 4) end
    end
  end
end

--- The options as the child gets them.
local function complete(given)
  given = options.check(given, SPEC, "kube.fake.start", 3)
  local pods = options.check(given.pods, PODS, "kube.fake.start: pods", 3)
  check_resources(given.resources)
  local all = with_defaults(given, DEFAULTS)
  all.pods, all.lua = with_defaults(pods, POD_DEFAULTS), nil
  all.objects = json.array(with_defaults(given.objects or {}, {}))
  all.resources = json.array(with_defaults(given.resources or {}, {}))
  return all
end

-- ---- starting ----

local function failed(reason, message)
  return nil, errors.new { reason = reason, message = message }
end

local NO_LUV = "kube.fake needs luv in the interpreter that runs it (%s): apt-get install lua-luv "
  .. "(Debian), or luarocks install luv\n%s"

--- What the child runs: what goes wrong before it can say so itself is told in its line.
local CHUNK = [[
local ok, why = pcall(require, "luv")
if not ok then
  io.stdout:write("no luv: ", (tostring(why):gsub("%s+", " ")), "\n")
  os.exit(1)
end
require("kube.fake.main")(parent)
]]

--- What the child says, as a table | nil, err.
local function read_line(pipe, interpreter)
  local line = pipe:read("*l")
  local missing = line and line:match("^no luv: (.*)$")
  if missing then return failed("Config", NO_LUV:format(interpreter, missing:sub(1, 200))) end
  local said = line and json.decode(line)
  if type(said) ~= "table" then
    return failed("Config", string.format("kube.fake.start: %s did not start the server; its "
      .. "stderr says why", interpreter))
  end
  if said.reason then return failed(said.reason, said.message) end
  return said
end

--- What a failure of sending the options is for who starts a server.
local function of_sending(err)
  if err.reason == "Invalid" then return failed("Invalid", err.message) end
  local lost = err.reason == "Connection" or err.reason == "ConnectionRefused"
  if not (err.code or lost) then return nil, err end
  return failed("System", "kube.fake.start: the server failed; its stderr says why: "
    .. err.message)
end

--- Sends the options: true | nil, err. Waits.
local function send(kubeconfig, all)
  local k, err = require("kube").dynamic { kubeconfig = kubeconfig }
  if not k then return nil, err end
  local worlds = k:resource { group = "fake.kube-lua", version = "v1", resource = "worlds" }
  local made
  made, err = worlds:create(all)
  if not made then return of_sending(err) end
  return true
end

--- The process that runs this, as a text; nil where there is no /proc.
local function process_id()
  local file = io.open("/proc/self/stat", "rb")
  local line = file and file:read("*l")
  if file then file:close() end
  return line and line:match("^%d+")
end

--- Userdata with a finalizer, which tables have only since Lua 5.2.
local function on_collect(self)
  local proxy = rawget(_G, "newproxy") and newproxy(true) or nil
  if not proxy then return end
  getmetatable(proxy).__gc = function() self:close() end
  self._proxy = proxy
end

--- Talks with the child until it serves: true | nil, err. Waits.
local function introduce(self, interpreter, all)
  self.pid = tonumber(self._pipe:read("*l")) -- the shell's, which becomes the interpreter
  local said, err = read_line(self._pipe, interpreter)
  if not said then return nil, err end
  self.url, self.kubeconfig, self.pid = said.url, said.kubeconfig, math.floor(said.pid)
  return send(self.kubeconfig, all)
end

--- Starts a server and waits until it serves: server | nil, err (reason Config: no luv, or no
-- interpreter; Invalid: an object of `objects` that cannot be).
-- @param given { all optional
--   objects = objects that exist from the start (their namespaces too), with their status,
--   pods = { what becomes of pods, in seconds since they were made, false for never
--     scheduled_after = (0.05) they have a node, ready_after = (0.2) they are Running and Ready,
--     gone_after = (0.1) since they were deleted },
--   resources = further kinds, kept as plain data: a list of { group = (""), version =, kind =,
--     resource = the plural, namespaced = (true), shortNames = { } },
--   history = (10000) how many changes are remembered, as far as they are not more than 64 MiB of
--     JSON: what is older gets a 410,
--   bookmark_every = (60) seconds between the bookmarks of watches that allow them,
--   lua = the interpreter of the server: one that has luv and can load this module; without it the
--     one that runs this program, where the global arg tells, else luajit or lua5.4 and so on, by
--     the version of this one }
-- @return server { url = "http://127.0.0.1:PORT", kubeconfig = path, pid = }
function fake.start(given)
  local all = complete(given)
  local interpreter, message = given and given.lua, nil
  if not interpreter then interpreter, message = launch.interpreter() end
  if not interpreter then return failed("Config", "kube.fake.start: " .. message) end
  local pipe, why = io.popen(launch.command(interpreter, CHUNK), "r")
  if not pipe then return failed("System", "kube.fake.start: " .. tostring(why)) end
  -- After the pipe: what is made last is finalized first, and a pipe waits for the server to end.
  local self = setmetatable({ _pipe = pipe, _owner = process_id() }, Server)
  on_collect(self)
  local ok, err = introduce(self, interpreter, all)
  if ok then return self end
  self:close()
  return nil, err
end

-- ---- the server ----

--- A client of the server, as kube.connect gives it: client | nil, err.
-- @param given  further options of kube.connect
function Server:connect(given)
  if getmetatable(self) ~= Server then error("call it with a colon: server:connect()", 2) end
  local all = with_defaults(given or {}, {})
  all.kubeconfig = self.kubeconfig
  if all.discovery_cache == nil then all.discovery_cache = false end -- its port is another's soon
  return require("kube").connect(all)
end

--- Whether this process started the server: one that was forked from it has the object too.
local function is_owner(self)
  local now = process_id()
  return not (now and self._owner) or now == self._owner
end

--- Ends the server at once, whatever it does, and waits for that. May be called twice. Everything
-- in it is lost. In a process that was forked it only lets go.
function Server:close()
  local pipe = self._pipe
  if not pipe then return end
  self._pipe = nil
  if not is_owner(self) then return end
  if self.pid then -- ours, and not waited for yet
    os.execute(string.format("kill -9 %d 2>/dev/null", self.pid))
  end
  pipe:close()
  if not self.kubeconfig then return end
  os.remove(self.kubeconfig)
  os.remove(self.kubeconfig:match("^(.*)/"))
end

Server.__close = Server.close
Server.__gc = Server.close

function Server:__tostring() return "kube.fake: " .. (self._pipe and self.url or "closed") end

return fake
