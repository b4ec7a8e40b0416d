--- The discovery client: what the server serves, from two aggregated documents (Kubernetes 1.30 and
-- later). It remembers them; there is one for all clients of a configuration.
local core = require("kube.core")
local transport = require("kube.client.transport")

local discovery = {}

local Discovery = {}
Discovery.__index = Discovery

--- The discovery client of a transport: one, which remembers what it read.
function discovery.on(its_transport)
  if not its_transport.discovery then
    its_transport.discovery = setmetatable({ _transport = its_transport }, Discovery)
  end
  return its_transport.discovery
end

local function read_text(call) return call:text() end

--- Waits for a document and puts it into what is known: true | nil, err.
local function add(known, call, err)
  if not call then return nil, err end
  local text, problem = transport.finish(call, read_text)
  if not text then return nil, problem end
  return known:add(text)
end

--- Reads both documents at the same time.
local function load(self)
  local known, err = core.discovery()
  if not known then return nil, err end
  local first, first_err = self._transport:start("discovery_core")
  local second, second_err = self._transport:start("discovery_groups")
  local ok, problem = add(known, first, first_err)
  if ok then
    ok, problem = add(known, second, second_err)
  elseif second then
    second:close()
  end
  if not ok then return nil, problem end
  return { resources = known:resources(), stale = known:stale() }
end

--- Asks the server anew, for all clients of the configuration: true | nil, err.
function Discovery:refresh()
  local known, err = load(self)
  if not known then return nil, err end
  self._known = known
  return true
end

--- All resources in the server's order, core group first: a list of { group = ("" for the core
-- group), version =, resource = the plural, singular =, kind =, namespaced = true or false,
-- shortNames = { ... }, categories = { ... }, verbs = { ... }, subresources = { ... } } | nil, err.
-- Asks the server once; see discovery:refresh.
function Discovery:server_resources()
  if not self._known then
    local ok, err = self:refresh()
    if not ok then return nil, err end
  end
  return self._known.resources
end

--- The groups: a list of { name = ("" for the core group), versions = { "v1", ... },
-- preferredVersion = } | nil, err.
function Discovery:server_groups()
  local resources, err = self:server_resources()
  if not resources then return nil, err end
  local groups, by_name, seen = {}, {}, {}
  for _, resource in ipairs(resources) do
    local group = by_name[resource.group]
    if not group then
      group = { name = resource.group, versions = {}, preferredVersion = resource.version }
      by_name[resource.group] = group
      groups[#groups + 1] = group
    end
    local key = resource.group .. "/" .. resource.version
    if not seen[key] then
      seen[key] = true
      group.versions[#group.versions + 1] = resource.version
    end
  end
  return groups
end

--- The resources of one group-version ("v1", "apps/v1"): a list as discovery:server_resources has
-- it, empty for one that is not served | nil, err.
function Discovery:server_resources_for_group_version(group_version)
  local resources, err = self:server_resources()
  if not resources then return nil, err end
  local found = {}
  for _, resource in ipairs(resources) do
    local own = resource.group == "" and resource.version
      or resource.group .. "/" .. resource.version
    if own == group_version then found[#found + 1] = resource end
  end
  return found
end

--- Group-versions whose server does not answer (an aggregated API that is down): a list of names,
-- "metrics.k8s.io/v1beta1" | nil, err.
function Discovery:stale()
  local resources, err = self:server_resources()
  if not resources then return nil, err end
  return self._known.stale
end

--- The server's version { major = "1", minor = "34", gitVersion = "v1.34.1", ... } | nil, err. Asks
-- the server each time.
function Discovery:server_version()
  local call, err = self._transport:start("version")
  if not call then return nil, err end
  return transport.finish(call, function(c) return c:next() end)
end

return discovery
