--- The discovery client: what the server serves. It remembers; there is one for all clients of a
-- configuration. What it read it keeps for other processes as well, in kubectl's cache.
--
-- A server answers with two aggregated documents; an old one is asked for a list of each
-- group-version, all at once. Some of them may fail (an aggregated API that is down): then what is
-- known comes first, and the problem behind it, an error with the reason GroupDiscoveryFailed and
-- `groups`, a table of group-version -> err. Only where nothing is known it is nil, err.
--
-- | case                       | client-go                 | kube                                |
-- | a group-version not served | NotFound                  | an empty list                       |
-- | subresources               | among the resources       | names; more: server_subresources    |
-- | something failed for some  | all is asked for twice    | what failed with 5xx or 429 is      |
-- | fresh(), nothing known     | true with a disk only     | false                               |
-- | in a worker of nginx       | the cache is used         | it is not, unless told to           |
-- Rules: client-go discovery/discovery_client.go, cached/memory, cached/disk.
local core = require("kube.core")
local driver = require("kube.driver")
local errors = require("kube.api.errors")
local helper = require("kube.client.discovery_helper")
local host = require("kube.driver.host")
local openapi = require("kube.client.openapi")
local options = require("kube.api.options")
local schema = require("kube.api.schema")
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

-- ---- what is known ----

--- Waits until a set of the core is whole: set | nil, err.
local function await(self, set, err)
  if not set then return nil, err end
  local done, problem = set:peek()
  while done == false do
    local ok, why = host.await(driver.current(), set:id())
    if not ok then
      done, problem = nil, errors.from_wait(why, "GET " .. self._transport.config.server .. "/apis")
      break
    end
    done, problem = set:peek()
  end
  if done then return set end
  set:close()
  return nil, problem
end

local function show(set, from_disk)
  return {
    set = set, from_disk = from_disk, groups = set:groups(), resources = set:resources(),
    stale = set:stale(), failures = set:failures(),
  }
end

--- Where kubectl's cache for the server is, or nil where there is to be none.
local function cache_path(self)
  local config = self._transport.config
  local given = config._discovery_cache
  if given == false or self._legacy then return nil end
  if given == nil and driver.current().name == "nginx" then return nil end
  local path = core.discovery_cache_path(config._handle, type(given) == "string" and given or nil)
  return path ~= "" and path or nil
end

--- What is in the cache, or nil.
local function read_cache(self)
  local path = not self._past_cache and cache_path(self)
  local set = path and core.discovery_cache_read(path)
  return set and show(set, true)
end

--- Asks again for a group-version that failed: true | nil, err, as what failed is remembered.
local function retry(self, known, group_version)
  local group, version = helper.split(group_version)
  local set, err = await(self,
    self._transport:start("discovery_start_version", group, version))
  if not set then return nil, err end
  local failure = set:failures()[group_version]
  if failure then
    known.failures[group_version] = failure
    return nil, failure
  end
  helper.merge(known, group_version, set)
  return true
end

--- What a server behind it could not answer just now is asked for once more.
local function retry_all(self, known)
  local again = {}
  for name, failure in pairs(known.failures) do
    if helper.is_busy(failure) then again[#again + 1] = name end
  end
  for _, name in ipairs(again) do retry(self, known, name) end
end

--- Asks the server anew, for all clients of the configuration, and fills the cache: true | nil,
-- err. What has not changed since (by its ETag) does not come again.
function Discovery:refresh()
  options.check_self(self, "_transport", "discovery:refresh")
  local set, err = await(self, self._transport:start("discovery_start", self._asked, self._legacy))
  if not set then return nil, err end
  local known = show(set)
  retry_all(self, known)
  self._asked, self._known, self._past_cache = set, known, true
  local path = cache_path(self)
  if path and not set:is_unchanged() then -- else it was written before
    set:cache_write(path) -- where that cannot be, there is no cache
  end
  return true
end

--- What is known, from the cache or else the server: a table | nil, err.
local function know(self)
  if not self._known then self._known = read_cache(self) end
  if not self._known then
    local ok, err = self:refresh()
    if not ok then return nil, err end
  end
  return self._known
end

--- Forgets what is known. What it is asked next comes from the server; also what other processes
-- put into kubectl's cache is not used from now on.
function Discovery:invalidate()
  options.check_self(self, "_transport", "discovery:invalidate")
  self._known, self._past_cache, self._openapi = nil, true, nil
end

--- Whether what is known came from the server, and not from the cache; false as long as nothing is
-- known.
function Discovery:fresh()
  options.check_self(self, "_transport", "discovery:fresh")
  return self._known ~= nil and not self._known.from_disk
end

--- A discovery client that asks for the documents of old alone (client-go's WithLegacy). It does
-- not use the cache.
function Discovery:with_legacy()
  options.check_self(self, "_transport", "discovery:with_legacy")
  return setmetatable({ _transport = self._transport, _legacy = true }, Discovery)
end

--- What is not known: err, or nil.
local function problem_of(known)
  if not next(known.failures) then return nil end
  return helper.problem(known.failures)
end

-- ---- groups and resources ----

--- All resources in the server's order, core group first: a list of { group = ("" for the core
-- group), version =, resource = the plural, singular =, kind =, namespaced = true or false,
-- shortNames = { ... }, categories = { ... }, verbs = { ... }, subresources = { ... } }, and the
-- problem, if some are not known | nil, err. Asks the server once; see discovery:refresh.
function Discovery:server_resources()
  options.check_self(self, "_transport", "discovery:server_resources")
  local known, err = know(self)
  if not known then return nil, err end
  return known.resources, problem_of(known)
end

--- The groups: a list of { name = ("" for the core group), versions = { "v1", ... },
-- preferredVersion = } | nil, err.
function Discovery:server_groups()
  options.check_self(self, "_transport", "discovery:server_groups")
  local known, err = know(self)
  if not known then return nil, err end
  return known.groups
end

--- Both: groups, resources, and the problem, if some are not known | nil, err.
function Discovery:server_groups_and_resources()
  options.check_self(self, "_transport", "discovery:server_groups_and_resources")
  local known, err = know(self)
  if not known then return nil, err end
  return known.groups, known.resources, problem_of(known)
end

--- All subresources: a list of { group =, version =, resource = "pods", subresource = "eviction",
-- kind =, kindGroup =, kindVersion = (of the objects that it takes or gives), namespaced =,
-- verbs = { ... } }, and the problem, if some are not known | nil, err.
function Discovery:server_subresources()
  options.check_self(self, "_transport", "discovery:server_subresources")
  local known, err = know(self)
  if not known then return nil, err end
  if not known.subresources then known.subresources = known.set:subresources() end
  return known.subresources, problem_of(known)
end

--- The resources of one group-version ("v1", "apps/v1"): a list as discovery:server_resources has
-- it, empty for one that is not served | nil, err. One that failed for now (a server behind it that
-- is down) is asked for again.
function Discovery:server_resources_for_group_version(group_version)
  options.check_self(self, "_transport", "discovery:server_resources_for_group_version")
  options.check_type(group_version, "string",
    "discovery:server_resources_for_group_version: the group-version")
  local known, err = know(self)
  if not known then return nil, err end
  local failure = known.failures[group_version]
  if failure and not helper.is_transient(failure) then return nil, failure end
  if failure then
    local ok, why = retry(self, known, group_version)
    if not ok then return nil, why end
  end
  return helper.of_version(known.resources, group_version)
end

--- The resources in the version that is preferred of each, as discovery:server_resources has them:
-- a list, and the problem, if some are not known | nil, err. To see what is served at this moment,
-- as kubectl api-resources does, call discovery:refresh first.
function Discovery:server_preferred_resources()
  options.check_self(self, "_transport", "discovery:server_preferred_resources")
  local known, err = know(self)
  if not known then return nil, err end
  return helper.preferred(known.groups, known.resources), problem_of(known)
end

--- Those of them that live in namespaces.
function Discovery:server_preferred_namespaced_resources()
  options.check_self(self, "_transport", "discovery:server_preferred_namespaced_resources")
  local resources, err = self:server_preferred_resources()
  if not resources then return nil, err end
  return helper.filtered_by(resources, function(r) return r.namespaced end), err
end

--- Those of a list of resources for which predicate(resource) is true.
function Discovery:filtered_by(resources, predicate) -- luacheck: ignore 212
  options.check_self(self, "_transport", "discovery:filtered_by")
  options.check_type(resources, "table", "discovery:filtered_by: the resources")
  options.check_type(predicate, "function", "discovery:filtered_by: the predicate")
  return helper.filtered_by(resources, predicate)
end

--- A predicate for filtered_by: supports_all_verbs("list", "watch").
function Discovery:supports_all_verbs(...) -- luacheck: ignore 212
  options.check_self(self, "_transport", "discovery:supports_all_verbs")
  for i = 1, select("#", ...) do
    options.check_type((select(i, ...)), "string", "discovery:supports_all_verbs: a verb")
  end
  return helper.supports_all_verbs { ... }
end

--- Whether the server has a resource { group =, version =, resource = "pods" or "pods/log" }:
-- true or false | nil, err.
function Discovery:is_resource_enabled(resource)
  options.check_self(self, "_transport", "discovery:is_resource_enabled")
  options.check_type(resource, "table", "discovery:is_resource_enabled: the resource")
  for _, name in ipairs { "version", "resource" } do
    options.check_type(resource[name], "string", "discovery:is_resource_enabled: the " .. name)
  end
  local name = schema.group_version(resource.group or "", resource.version)
  local found, err = self:server_resources_for_group_version(name)
  if not found then
    if errors.predicates.is_not_found(err) then return false end
    return nil, err
  end
  return helper.has(found, resource.resource)
end

--- Whether the server serves a group-version ("apps/v1"): true | nil, err (reason NoMatch, if it
-- does not). A server that tells of no version at all is taken to have it.
function Discovery:server_supports_version(group_version)
  options.check_self(self, "_transport", "discovery:server_supports_version")
  options.check_type(group_version, "string",
    "discovery:server_supports_version: the group-version")
  local groups, err = self:server_groups()
  if not groups then return nil, err end
  local any = false
  for _, group in ipairs(groups) do
    for _, version in ipairs(group.versions) do
      any = true
      if schema.group_version(group.name, version) == group_version then return true end
    end
  end
  if not any then return true end
  return nil, errors.new {
    reason = "NoMatch",
    message = string.format("server does not support API version %q", group_version),
  }
end

--- Group-versions that the server could not tell of (an aggregated API that is down): a list of
-- names, "metrics.k8s.io/v1beta1" | nil, err.
function Discovery:stale()
  options.check_self(self, "_transport", "discovery:stale")
  local known, err = know(self)
  if not known then return nil, err end
  return known.stale
end

-- ---- the server, and its objects ----

local function read_object(call) return call:next() end

--- The server's version { major = "1", minor = "34", gitVersion = "v1.34.1", ... } | nil, err. Asks
-- the server each time.
function Discovery:server_version()
  options.check_self(self, "_transport", "discovery:server_version")
  local call, err = self._transport:start("version")
  if not call then return nil, err end
  return transport.finish(call, read_object)
end

--- The OpenAPI v2 document of all that the server serves, a large table | nil, err. Asks the server
-- each time.
function Discovery:openapi_schema()
  options.check_self(self, "_transport", "discovery:openapi_schema")
  local call, err = self._transport:start("openapi_v2")
  if not call then return nil, err end
  return transport.finish(call, read_object)
end

--- The OpenAPI v3 documents: see kube.client.openapi. One, until discovery:invalidate.
function Discovery:openapi_v3()
  options.check_self(self, "_transport", "discovery:openapi_v3")
  if not self._openapi then self._openapi = openapi.on(self._transport) end
  return self._openapi
end

return discovery
