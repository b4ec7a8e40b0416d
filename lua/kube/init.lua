--- kube: client-go for Lua. The front door.
--
--   local kube = require("kube")
--   local k = assert(kube.connect())
--   for pod in k:each("pods") do print(pod.metadata.name, pod.status.phase) end
local core = require("kube.core")
local config = require("kube.config")
local discovery = require("kube.client.discovery")
local driver = require("kube.driver")
local dynamic = require("kube.client.dynamic")
local errors = require("kube.api.errors")
local json = require("kube.json")
local objects = require("kube.client.objects")
local options = require("kube.api.options")
local transport = require("kube.client.transport")
local yaml = require("kube.yaml")

local kube = {
  _VERSION = core.version,
  config = config,
  json = json,
  yaml = yaml,
  null = json.null,
  array = json.array,
  is_error = errors.is,
}

for name, predicate in pairs(errors.predicates) do kube[name] = predicate end

-- ---- clients ----

--- The configuration behind what a client is made of: a configuration, or options to load one.
local function config_of(given, what)
  if config.is(given) then return given end
  if type(given) == "table" and given._VERSION then
    error(what .. ": call it with a dot, not a colon", 3)
  end
  options.check(given, config.SPEC, what, 3)
  return config.load(given)
end

--- A client for everyday use. Reads configuration files and nothing else: nothing is sent before
-- the first call.
-- @param given { kubeconfig =, context =, cluster =, user =, namespace =, server = }, all optional,
--   or a configuration that kube.config.load made
-- @return client (see kube.client.objects) | nil, err (reason Config)
function kube.connect(given)
  local its_config, err = config_of(given, "kube.connect")
  if not its_config then return nil, err end
  return objects.new(its_config)
end

--- The dynamic client: kube.dynamic(config):resource{ group =, version =, resource = }.
function kube.dynamic(given)
  local its_config, err = config_of(given, "kube.dynamic")
  if not its_config then return nil, err end
  return dynamic.on(transport.of(its_config))
end

--- The discovery client: kube.discovery(config):server_groups().
function kube.discovery(given)
  local its_config, err = config_of(given, "kube.discovery")
  if not its_config then return nil, err end
  return discovery.on(transport.of(its_config))
end

-- ---- waiting ----

--- Runs fn(...) as a task beside those that it spawns: what they wait for, they wait for together.
-- Returns what fn returns, once all have ended; what fn throws is thrown.
function kube.run(fn, ...) return driver.run(fn, ...) end

--- Starts a task beside the others: task with :join([timeout]) and :cancel(). Only inside kube.run.
function kube.spawn(fn, ...) return driver.current().spawn(fn, ...) end

--- Waits some seconds; inside kube.run the other tasks go on.
function kube.sleep(seconds)
  options.check_type(seconds, "number", "kube.sleep: the seconds")
  return driver.current().sleep(seconds)
end

--- Seconds of a clock that never goes back.
function kube.now() return driver.current().now() end

return kube
