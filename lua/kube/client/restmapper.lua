--- From the names that people use to resources, and from an object's kind to where it lives.
--
--   local mapper = kube.restmapper(config)              -- or k:restmapper()
--   mapper:resource_for("deploy")                       -- { group = "apps", version = "v1", ... }
--   mapper:kind_for{ group = "apps", resource = "deployments" }
--   mapper:mapping({ group = "apps", kind = "Deployment" }).scope
--
-- A name is a plural, a singular, a short name or a kind, in any case, alone or with its group or
-- its version and group: deploy, Deployment, deployments.apps, deployments.v1.apps, `pods.v1.`
-- (with its last dot). The rest of a group may be left out: ing.networking. Instead of a name there
-- may be a partial resource, { group =, version =, resource = }, in which only the resource is
-- needed. Of several that fit, the core group's v1 goes first, then the server's order counts:
-- group after group, the preferred version before others.
--
-- | case                     | kubectl                     | kube                              |
-- | colliding names          | at random with short names  | the server's group order          |
-- | a name that is not there | the server doesn't have ... | the same, after one fresh look,   |
-- |                          |                             | and with what may have been meant |
-- | a group does not answer  | as if it had nothing        | a miss says so                    |
-- Sources: client-go restmapper/shortcut.go, restmapper/discovery.go, apimachinery api/meta,
-- runtime/schema ParseResourceArg.
local discovery = require("kube.client.discovery")
local driver = require("kube.driver")
local errors = require("kube.api.errors")
local failures = require("kube.api.mapping.failures")
local look = require("kube.client.look")
local mapping = require("kube.api.mapping")
local names = require("kube.api.mapping.names")
local options = require("kube.api.options")
local schema = require("kube.api.schema")

local restmapper = {}

local Mapper = {}
Mapper.__index = Mapper

local unpack = table.unpack or unpack

--- The mapper of a transport: one.
function restmapper.on(its_transport)
  if not its_transport.mapper then
    local its_discovery = discovery.on(its_transport)
    its_transport.mapper = setmetatable({
      _discovery = its_discovery,
      _look = look.new(function() return its_discovery:refresh() end),
      _load = look.new(function()
        local resources, err = its_discovery:server_resources()
        return resources and true, err
      end, true),
    }, Mapper)
  end
  return its_transport.mapper
end

-- ---- what is known ----

--- The index of what is known: index | nil, err. Made anew when something else is known.
local function index_of(self)
  local resources, err = self._discovery:server_resources()
  if not resources then return nil, err end
  if self._list ~= resources then
    self._list, self._index = resources, mapping.index(resources)
  end
  return self._index
end

--- The same without asking the server: index | nil.
local function known(self) return self._list and index_of(self) or nil end

--- The index when nothing may be known yet: many who ask at once share the answer.
-- @return index | nil, err; and whether the server was asked now
local function first_index(self)
  if self._list or self._discovery:fresh() then return index_of(self) end
  local ok, err, in_time = self._load:share()
  if not ok then return nil, err end
  local index
  index, err = index_of(self)
  return index, err, in_time and self._discovery:fresh()
end

-- ---- a miss ----

--- What a miss cannot know: "; metrics.k8s.io/v1beta1 could not be asked".
local function unknown_part(self)
  local stale = self._discovery:stale()
  if stale and stale[1] then return "; " .. table.concat(stale, ", ") .. " could not be asked" end
  local _, partial = self._discovery:server_resources() -- all that there are, or not all
  return errors.is(partial) and "; " .. partial.message or ""
end

local function miss(self, key, err)
  self._look:note(key)
  if errors.predicates.is_no_match(err) then err.message = err.message .. unknown_part(self) end
  return nil, err
end

--- Looks at what is served now, and finds or fails for good.
local function find_anew(self, key, find)
  local ok, err = self._look:rest(key)
  if ok then ok, err = self._look:anew() end
  if not ok then return nil, err end
  local index
  index, err = index_of(self)
  if not index then return nil, err end
  local found, problem = find(index)
  if not found then return miss(self, key, problem) end
  self._look:forget(key)
  return found
end

local function find_in_steps(self, key, find)
  local index, err, asked_now = first_index(self)
  if not index then return nil, err end
  local found, problem = find(index)
  if found then return found end
  if asked_now or not errors.predicates.is_no_match(problem) then
    return miss(self, key, problem)
  end
  return find_anew(self, key, find)
end

--- Looks in what is known, and if nothing is found once more in what the server serves now: a CRD
-- that was made a second ago is found.
-- @param key      what is looked for, as a text: who misses the same again, waits a moment
-- @param find     function (index) -> found | nil, err
-- @param seconds  that the server may take, if it has to be asked; nil or 0: as discovery takes
local function search(self, key, find, seconds)
  if not seconds or seconds <= 0 then return find_in_steps(self, key, find) end
  return driver.with_timeout(seconds, find_in_steps, self, key, find)
end

-- ---- what is asked for ----

--- Whether something is a name. Throws for what is no partial resource either.
local function is_name(what, method)
  if type(what) == "string" then return true end
  if type(what) ~= "table" or type(what.resource) ~= "string" or what.resource == "" then
    error(method .. ": a name, or a table { group =, version =, resource = } is needed", 3)
  end
  return false
end

--- What is looked for, as a text.
local function key_of(what)
  return type(what) == "string" and "name " .. what or "resource " .. schema.resource_text(what)
end

--- A kind { group =, kind = }, or a text of these.
local function check_kind(what, method)
  if type(what) == "string" then what = schema.parse_group_kind(what) end
  if type(what) ~= "table" or type(what.kind) ~= "string" or what.kind == "" then
    error(method .. ': a kind is needed, "Deployment.apps" or { group =, kind = }', 3)
  end
  return what
end

local function kind_key(group_kind, versions)
  return string.format("kind %s/%s %s", group_kind.group or "", table.concat(versions, ","),
    group_kind.kind)
end

--- Answers with a list of what a name, or a partial resource, can stand for.
local function find_all(what)
  return function(index)
    local by_name = type(what) == "string"
    local found = by_name and names.all(index, what) or not by_name and index:resources_for(what)
    if found and found[1] then return { unpack(found) } end
    return nil, by_name and failures.no_name(index, what) or failures.no_resource(index, what)
  end
end

-- ---- resources ----

--- The resource that a name stands for, with all that discovery tells of it: { group =, version =,
-- resource =, kind =, namespaced =, shortNames =, ... } | nil, err (reason NoMatch; AmbiguousMatch:
-- a partial resource that fits two of one version).
-- @param what     a name, or a partial resource { group =, version =, resource = }
-- @param seconds  that the server may take to say what it serves, if it has to be asked; nil: 32
function Mapper:resource_for(what, seconds)
  if not is_name(what, "resource_for") then
    return search(self, key_of(what), function(index) return index:resource_for(what) end, seconds)
  end
  local index = known(self)
  local found = index and names.find(index, what)
  if found then return found end -- in a loop this is all
  return search(self, key_of(what), function(its_index)
    local one = names.find(its_index, what)
    if one then return one end
    return nil, failures.no_name(its_index, what)
  end, seconds)
end

--- All that a name, or a partial resource, can stand for, the likeliest first: a list | nil, err
-- (reason NoMatch).
-- @param what     as resource_for
-- @param seconds  as resource_for
function Mapper:resources_for(what, seconds)
  is_name(what, "resources_for")
  return search(self, key_of(what), find_all(what), seconds)
end

--- The resource in which objects of that apiVersion and kind live | nil, err (reason NoMatch).
-- @param seconds  as resource_for
function Mapper:resource_for_kind(api_version, kind, seconds)
  options.check_type(api_version, "string", "resource_for_kind: the apiVersion")
  options.check_type(kind, "string", "resource_for_kind: the kind")
  local index = known(self)
  local found = index and index:find_kind(api_version, kind)
  if found then return found end
  return search(self, "kind " .. api_version .. " " .. kind, function(its_index)
    local one = its_index:find_kind(api_version, kind)
    if one then return one end
    local group, version = api_version:match("^(.*)/(.*)$")
    return nil, failures.no_kind(its_index, { group = group or "", kind = kind },
      { version or api_version })
  end, seconds)
end

-- ---- kinds ----

--- The kind of what a name, or a partial resource, stands for: { group =, version =, kind = }
-- | nil, err (reason NoMatch; AmbiguousMatch).
-- @param what     as resource_for
-- @param seconds  as resource_for
function Mapper:kind_for(what, seconds)
  if is_name(what, "kind_for") then
    local resource, err = self:resource_for(what, seconds)
    if not resource then return nil, err end
    return mapping.kind_of(resource)
  end
  return search(self, key_of(what), function(index) return index:kind_for(what) end, seconds)
end

--- All kinds that a name, or a partial resource, can stand for, the likeliest first: a list
-- | nil, err (reason NoMatch).
-- @param what     as resource_for
-- @param seconds  as resource_for
function Mapper:kinds_for(what, seconds)
  is_name(what, "kinds_for")
  local resources, err = search(self, key_of(what), find_all(what), seconds)
  if not resources then return nil, err end
  return mapping.kinds_of(resources)
end

--- Where a kind lives: { resource = as resource_for gives it, kind = { group =, version =,
-- kind = }, scope = "namespace" or "root" } | nil, err (reason NoMatch; AmbiguousMatch).
-- @param group_kind  { group =, kind = }, or "Deployment.apps"
-- @param ...         versions, the best first; without any the server's order counts
function Mapper:mapping(group_kind, ...)
  group_kind = check_kind(group_kind, "mapping")
  local versions = { ... }
  return search(self, kind_key(group_kind, versions), function(index)
    return index:mapping(group_kind, versions)
  end)
end

--- The same in all versions, or in all of those that are named: a list | nil, err (reason NoMatch).
-- @param group_kind  as mapping
function Mapper:mappings(group_kind, ...)
  group_kind = check_kind(group_kind, "mappings")
  local versions = { ... }
  return search(self, kind_key(group_kind, versions), function(index)
    local found = index:mappings(group_kind, versions)
    if found[1] then return found end
    return nil, failures.no_kind(index, group_kind, versions)
  end)
end

-- ---- names ----

--- "pod" for "pods", and for "po" | nil, err (reason NoMatch).
function Mapper:resource_singularizer(name)
  options.check_type(name, "string", "resource_singularizer: the name")
  return search(self, "name " .. name, function(index) return index:singular_for(name) end)
end

--- The resources of a category, each once, in the server's order: expand("all") | nil, err (reason
-- NoMatch).
function Mapper:expand(category)
  options.check_type(category, "string", "expand: the category")
  return search(self, "category " .. category, function(index)
    local found = index:expand(category)
    if found then return found end
    return nil, failures.no_category(index, category)
  end)
end

--- What a list of names and categories stands for, each once: several("pods,services"),
-- several("all") | nil, err (reason NoMatch). A name goes before a category.
-- @param seconds  as resource_for
function Mapper:several(text, seconds)
  options.check_type(text, "string", "several: the names")
  return search(self, "names " .. text, function(index)
    local found, missing = names.several(index, text)
    if found then return found end
    return nil, failures.no_name(index, missing)
  end, seconds)
end

--- What kubectl warns of when it is told a short name: a list of texts, mostly empty, | nil, err
-- (reason NoMatch).
-- @param what  as resource_for
function Mapper:warnings_for(what)
  local partial = what
  if is_name(what, "warnings_for") then partial = schema.parse_group_resource(what) end
  return search(self, key_of(partial), function(index)
    local full, warnings = index:expand_shortcut(partial)
    if index:resources_for(full)[1] then return warnings end
    return nil, failures.no_resource(index, partial)
  end)
end

--- Looks at what the server serves now: true | nil, err. What is missed is looked for by itself;
-- this is for what was there before, and may be gone.
function Mapper:reset() return self._look:anew() end

return restmapper
