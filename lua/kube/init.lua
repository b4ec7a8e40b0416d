--- kube: client-go for Lua. The front door.
--
--   local kube = require("kube")
--   local k = assert(kube.connect())
--   for pod in k:each("pods") do print(pod.metadata.name, pod.status.phase) end
local loaded, core = pcall(require, "kube.core")
if not loaded then
  local elsewhere = tostring(core):find("undefined symbol: lua", 1, true)
  error(elsewhere and "kube.core was built for another Lua than this one, which is " .. _VERSION
    .. (rawget(_G, "jit") and " (LuaJIT)" or "") .. "; see LUA= in the README\n" .. core or core, 0)
end
local config = require("kube.config")
local discovery = require("kube.client.discovery")
local driver = require("kube.driver")
local dynamic = require("kube.client.dynamic")
local errors = require("kube.api.errors")
local json = require("kube.json")
local log = require("kube.log")
local observe = require("kube.client.observe")
local objects = require("kube.client.objects")
local options = require("kube.api.options")
local transport = require("kube.client.transport")
local yaml = require("kube.yaml")

local kube = {
  --- The version of the library: "0.1.0".
  _VERSION = core.version,
  config = config,
  json = json,
  yaml = yaml,
  log = log,
  set_warning_handler = observe.public.set_warning_handler,
  on_request = observe.public.on_request,
  --- Null as a value: in an array, and in a merge patch, where it removes a field. The same value
  -- as kube.json.null, cjson.null and ngx.null.
  null = json.null,
  --- array(list): the list, marked as an array, so that it is [] and not {} when it is empty;
  -- without a list a new one.
  array = json.array,
  --- is_error(value): whether a value is an error of this module.
  is_error = errors.is,
}

for name, predicate in pairs(errors.predicates) do kube[name] = predicate end

-- ---- questions to an error (the predicates is_... are above) ----

--- Why it was refused: one of Kubernetes' reasons, one of ours, or "Unknown", for nil too.
function kube.reason_for_error(err) return errors.reason_for_error(err) end

--- The seconds that the server asks to wait; nil when it does not ask. 0 is an answer, too: after a
-- ServerTimeout it may be tried again at once.
function kube.suggests_client_delay(err) return errors.suggests_client_delay(err) end

--- The cause of an error that is of that kind ("FieldValueInvalid", "FieldManagerConflict",
-- "UnexpectedServerResponse", ...): { reason = kind, message =, field = } | nil.
function kube.status_cause(err, kind) return errors.status_cause(err, kind) end

--- Whether it has such a cause.
function kube.has_status_cause(err, kind) return errors.has_status_cause(err, kind) end

-- ---- clients ----

--- The configuration behind what a client is made of: a configuration, or options to load one.
local function config_of(given, what)
  if config.is(given) then return given end
  if type(given) == "table" and config.is(given.config) then return given.config end -- a client
  if type(given) == "table" and given._VERSION then
    error(what .. ": call it with a dot, not a colon", 3)
  end
  options.check(given, config.SPEC, what, 3)
  return config.load(given)
end

--- A client for everyday use. Reads configuration files and nothing else: nothing is sent before
-- the first call.
-- @param given { kubeconfig =, context =, namespace =, ... }: the options of kube.config.load, all
--   optional; or a configuration that kube.config made, or a client (k) for the one that it has
-- @return client | nil, err (reason Config: nothing usable was found, and where it was looked for)
function kube.connect(given)
  local its_config, err = config_of(given, "kube.connect")
  if not its_config then return nil, err end
  return objects.new(its_config)
end

--- The dynamic client: kube.dynamic(config):resource{ group =, version =, resource = }.
-- @param given  as kube.connect
-- @return dynamic client | nil, err (reason Config)
function kube.dynamic(given)
  local its_config, err = config_of(given, "kube.dynamic")
  if not its_config then return nil, err end
  return dynamic.on(transport.of(its_config))
end

--- The metadata client: kube.metadata(config):resource{ group =, version =, resource = }.
-- @param given  as kube.connect
-- @return metadata client | nil, err (reason Config)
function kube.metadata(given)
  local its_config, err = config_of(given, "kube.metadata")
  if not its_config then return nil, err end
  return require("kube.client.metadata").on(transport.of(its_config))
end

--- The REST client: any request, as kube.rest(config):get():resource("pods"):send().
-- @param given  as kube.connect
-- @return REST client | nil, err (reason Config)
function kube.rest(given)
  local its_config, err = config_of(given, "kube.rest")
  if not its_config then return nil, err end
  return require("kube.client.rest").on(transport.of(its_config))
end

--- The clientset: kube.clientset(config):core_v1():pods("default"):list().
-- @param given  as kube.connect
-- @return clientset | nil, err (reason Config)
function kube.clientset(given)
  local its_config, err = config_of(given, "kube.clientset")
  if not its_config then return nil, err end
  return require("kube.client.clientset").on(transport.of(its_config))
end

--- The discovery client: kube.discovery(config):server_groups().
-- @param given  as kube.connect
-- @return discovery client | nil, err (reason Config)
function kube.discovery(given)
  local its_config, err = config_of(given, "kube.discovery")
  if not its_config then return nil, err end
  return discovery.on(transport.of(its_config))
end

--- The mapper: what names and kinds mean to the server, kube.restmapper(config):resource_for("po").
-- @param given  as kube.connect
-- @return mapper | nil, err (reason Config)
function kube.restmapper(given)
  local its_config, err = config_of(given, "kube.restmapper")
  if not its_config then return nil, err end
  return require("kube.client.restmapper").on(transport.of(its_config))
end

--- The scale client: kube.scale(config):scales("default"):get("deployments", "web").
-- @param given  as kube.connect
-- @return scale client | nil, err (reason Config)
function kube.scale(given)
  local its_config, err = config_of(given, "kube.scale")
  if not its_config then return nil, err end
  return require("kube.client.scale").on(transport.of(its_config))
end

-- ---- waiting ----

--- Runs fn(...) as a task beside those that it spawns: what they wait for, they wait for together.
-- What fn throws is thrown from here, and the tasks it spawned are dropped (under a loop that is
-- not kube's own: canceled). Throws, too, inside another kube.run: use kube.spawn there.
-- @return what fn returns, once all have ended | nil, err (reason System or OutOfMemory: no engine)
function kube.run(fn, ...) return driver.run(fn, ...) end

--- Starts fn(...) as a task beside the others: inside kube.run, and under every loop of a host
-- (nginx, cqueues, luv), where it outlives the one that spawned it. Throws where nothing runs
-- tasks: outside of both, and in a coroutine of your own inside a task. What fn throws, task:join
-- gives; if nobody waits there, it is written to stderr, nginx's error log or Neovim's messages.
-- @return task with :join(timeout) and :cancel() | nil, err (reason System: nginx has no timer
--   left)
function kube.spawn(fn, ...) return driver.spawn(fn, ...) end

--- Waits some seconds; the other tasks go on meanwhile. 0 lets them, and the network, have a turn.
-- @return true | nil, err (reason Canceled: the task was canceled; Timeout: by kube.with_timeout;
--   CannotWait: not here)
function kube.sleep(seconds)
  options.check_type(seconds, "number", "kube.sleep: the seconds")
  return driver.sleep(seconds)
end

--- Calls fn(...) with a deadline for all that it does: once the seconds are over, each wait in it,
-- and in the tasks that it spawned, gives nil and an error (reason Timeout). One inside another one
-- does not last longer than that. It does not reach into coroutines of your own (generators).
-- @return what fn returns; what it throws is thrown from here
function kube.with_timeout(seconds, fn, ...)
  options.check_type(seconds, "number", "kube.with_timeout: the seconds")
  options.check_type(fn, "function", "kube.with_timeout: what to call")
  return driver.with_timeout(seconds, fn, ...)
end

--- Chooses how code outside of kube.run waits: "luv" (by the loop of luv, uv.run), "blocking" (in
-- place), or nil for what fits the host: nginx, cqueues and Neovim are found by themselves. For all
-- clients of this Lua state.
function kube.use(name) driver.use(name) end

--- Seconds, with fractions, of a clock that never goes back; what it counts from is its own.
function kube.now() return driver.current().now() end

-- ---- what is loaded when it is first used ----

local LATER = {
  certificates = "kube.certificates", conditions = "kube.api.conditions", fake = "kube.fake",
  finalizers = "kube.api.finalizers", jsonpath = "kube.jsonpath", names = "kube.api.names",
  owners = "kube.api.owners", patch = "kube.patch", quantity = "kube.api.quantity",
  retry = "kube.client.retry", schema = "kube.api.schema", selector = "kube.api.selector",
  time = "kube.api.time",
}

return setmetatable(kube, {
  __index = function(_, name)
    if not LATER[name] then return nil end
    kube[name] = require(LATER[name])
    return kube[name]
  end,
})
