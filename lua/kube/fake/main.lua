--- The child process: listens, makes the world that it is told to, serves it, and ends when its
-- parent does.
--
-- It prints one line of JSON on stdout: { url =, kubeconfig =, pid = } or { reason =, message = }.
-- The options come in the first request. States: waiting -> serving | refused; in the first and the
-- last, whatever is asked for gets a 503.
local encoding = require("kube.fake.encoding")
local handler = require("kube.fake.handler")
local http = require("kube.fake.http")
local json = require("kube.json")
local lifecycle = require("kube.fake.lifecycle")
local owners = require("kube.fake.owners")
local resources = require("kube.fake.resources")
local server = require("kube.fake.server")
local status = require("kube.fake.status")
local store = require("kube.fake.store")
local types = require("kube.fake.types")
local uv = require("luv")

local CONTROLLERS = { "garbage", "namespaces", "replicasets", "deployments" }
local NAMESPACES = { "default", "kube-system", "kube-public", "kube-node-lease" }

-- ---- timers ----

local AGES = 1e12 -- ms, some thirty years: luv throws at what is no 64-bit integer

local function timer(first, again, fn)
  local handle = uv.new_timer()
  handle:start(math.ceil(math.min(first * 1000, AGES)), math.ceil(math.min(again * 1000, AGES)),
    server.guarded(fn))
  return function()
    if not handle:is_closing() then handle:close() end
  end
end

--- Calls fn once after some seconds: a function that prevents it.
local function after(seconds, fn)
  local cancel
  cancel = timer(seconds, 0, function()
    cancel()
    fn()
  end)
  return cancel
end

--- Calls fn every some seconds: a function that ends it.
local function every(seconds, fn) return timer(seconds, seconds, fn) end

-- ---- the world ----

local function new_world(options, address)
  local world = {
    address = address,
    store = store.new(options.history), catalog = resources.catalog(options.resources),
    time = os.time, now = function() return uv.hrtime() / 1e9 end, after = after, every = every,
    bookmark_every = options.bookmark_every,
  }
  world.owners = owners.of(world.store)
  return world
end

local function add_namespace(world, name)
  local resource = world.catalog.namespaces
  if world.store:get(resource, name) then return end
  assert(lifecycle.load(world, resource, {
    apiVersion = "v1", kind = "Namespace", metadata = { name = name },
  }))
end

--- Puts one of the objects that exist from the start: true | nil, what is wrong.
local function add_object(world, object)
  if not object.apiVersion or not object.kind then return nil, "it needs apiVersion and kind" end
  local resource = world.catalog:of_kind(tostring(object.apiVersion), tostring(object.kind))
  if not resource then
    return nil, string.format("no kind %q of apiVersion %q is served; the option resources adds it",
      tostring(object.kind), tostring(object.apiVersion))
  end
  object.metadata = object.metadata or {}
  local kind = resource.custom and "" or resource.kind
  local fault = types.fault(object, kind)
  if fault then return nil, fault end
  types.settle(object, kind)
  local metadata = object.metadata
  metadata.namespace = resource.namespaced and (metadata.namespace or "default") or nil
  if metadata.namespace then add_namespace(world, metadata.namespace) end
  if resource == world.catalog.namespaces and world.store:get(resource, metadata.name or "") then
    world.store:remove(resource, metadata.name)
  end
  local record, failure = lifecycle.load(world, resource, object)
  return record ~= nil or nil, failure and failure.message
end

--- A node for pods to run on, unless there are nodes already.
local function add_node(world)
  local resource = world.catalog.nodes
  if world.store:list(resource, "")[1] then return end
  assert(lifecycle.load(world, resource, {
    apiVersion = "v1", kind = "Node", metadata = { name = "fake-node" },
    status = { conditions = json.array { { type = "Ready", status = "True" } } },
  }))
end

--- Fills the world: true | nil, what is wrong.
local function fill(world, objects)
  for _, name in ipairs(NAMESPACES) do add_namespace(world, name) end
  for i, object in ipairs(objects or {}) do
    local ok, why = add_object(world, object)
    if not ok then return nil, string.format("objects[%d]: %s", i, why) end
  end
  add_node(world)
  world.store:forget()
  return true
end

local function start_controllers(world, pods)
  for _, name in ipairs(CONTROLLERS) do require("kube.fake.controllers." .. name).start(world) end
  require("kube.fake.controllers.pods").start(world, pods)
end

-- ---- the options ----

--- Where they are sent: no discovery tells. They stand in no file and in no command line, for
-- objects may be secret.
local WORLDS = "/apis/fake.kube-lua/v1/worlds"
local OPTIONS_LIMIT = 1024 * 1024 * 1024 -- bytes

--- Makes the world of the options and serves it from now on: true | nil, what is wrong.
local function begin(host, address, options)
  local world = new_world(options, address)
  local ok, why = fill(world, options.objects)
  if not ok then return nil, why end
  start_controllers(world, options.pods)
  host.respond = function(request) return handler.handle(world, request) end
  return true
end

--- A host that waits for the options, once. Its field address is how clients know it.
local function new_host()
  local host = { limits = { head = http.LIMITS.head, body = OPTIONS_LIMIT } }
  local told = false
  function host.respond(request)
    if told or request.method ~= "POST" or request.target:match("^[^?]*") ~= WORLDS then
      return handler.failed(status.unavailable("kube.fake has no options yet"))
    end
    told, host.limits.body = true, http.LIMITS.body
    local ok, why = begin(host, host.address, assert(json.decode(request.body)))
    if ok then
      return handler.answer(201, { apiVersion = "fake.kube-lua/v1", kind = "World", metadata = {} })
    end
    return handler.failed(status.failure(422, "Invalid", "kube.fake.start: " .. why))
  end
  return host
end

-- ---- the kubeconfig ----

--- Writes a kubeconfig, for us alone, into a directory of its own: path, directory.
local function write_kubeconfig(url)
  local directory = assert(uv.fs_mkdtemp(uv.os_tmpdir() .. "/kube-fake-XXXXXX"))
  local path = directory .. "/kubeconfig"
  local text = assert(json.encode({
    apiVersion = "v1", kind = "Config", ["current-context"] = "fake",
    clusters = { { name = "fake", cluster = { server = url } } },
    contexts = { { name = "fake", context = {
      cluster = "fake", user = "fake", namespace = "default",
    } } },
    users = { { name = "fake", user = {} } },
  }, { indent = 2, sort_keys = true }))
  local file = assert(uv.fs_open(path, "wx", tonumber("600", 8)))
  assert(uv.fs_write(file, text .. "\n", 0))
  uv.fs_close(file)
  return path, directory
end

-- ---- life and death ----

local function say(value)
  io.stdout:write(assert(json.encode(value)), "\n")
  io.stdout:flush()
end

--- Ends us when the parent does, however: then we have another one. (Our stdout would tell too, but
-- not while a program that the parent started holds its other end.) A Ctrl-C is for the parent; the
-- TERM that a whole process group gets is for us too.
local function end_with(parent, stop)
  every(0.25, function()
    if uv.os_getppid() ~= parent then stop() end
  end)
  for _, name in ipairs { "sigterm", "sighup" } do uv.new_signal():start(name, stop) end
  for _, name in ipairs { "sigint", "sigpipe" } do
    uv.new_signal():start(name, function() end) -- a client that is gone is an error of its write
  end
end

local function seed()
  local a, b, c, d = uv.random(4):byte(1, 4)
  math.randomseed(a + b * 256 + c * 65536 + d % 64 * 16777216)
  encoding.uid()
end

--- Serves until the parent is gone.
-- @param parent  its process id
return function(parent)
  seed()
  local host = new_host()
  local port, message = server.listen(host)
  if not port then return say { reason = "System", message = "kube.fake.start: " .. message } end
  host.address = "127.0.0.1:" .. port
  local kubeconfig, directory
  end_with(parent, function()
    if kubeconfig then os.remove(kubeconfig) end
    if directory then uv.fs_rmdir(directory) end
    os.exit(0)
  end)
  local url = "http://" .. host.address
  kubeconfig, directory = write_kubeconfig(url)
  say { url = url, kubeconfig = kubeconfig, pid = uv.os_getpid() }
  uv.run()
end
