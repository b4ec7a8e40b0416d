--- What a server serves, as something that can be asked: which resource a name means, which kind
-- lives where. Pure: over a list of resources, as discovery:server_resources has it.
--
-- An index is made once of a list, so that nothing scans it. Of several that fit, the first one
-- wins: v1 of the core group first, then group after group in the server's order, in each version
-- after version, the preferred one before the others.
--
-- | case                               | client-go                | kube                          |
-- |------------------------------------|--------------------------|-------------------------------|
-- | kinds of lists, PodList            | a resource "podlists" is | none: they live nowhere       |
-- |                                    | guessed                  |                               |
-- | the mapping of "deployment"        | its kind is "deployment" | its kind is "Deployment"      |
-- | a short name with a version        | the version is forgotten | it counts                     |
-- | a name of two kinds of one version | the later one            | AmbiguousMatch                |
-- | the version __internal             | any                      | a version like others         |
-- | a category in several versions     | as often                 | once, in the preferred one    |
-- Rules: apimachinery api/meta/{restmapper,multirestmapper,priority}.go, client-go
-- restmapper/{discovery,shortcut,category_expansion}.go.
local failures = require("kube.api.mapping.failures")
local has = require("kube.api.list").has
local schema = require("kube.api.schema")

local mapping = {}

local Index = {}
Index.__index = Index

-- ---- making it ----

local function add(table_of, key, resource)
  local list = table_of[key]
  if not list then
    table_of[key] = { resource }
  elseif list[#list] ~= resource then
    list[#list + 1] = resource
  end
end

--- v1 of the core group comes first, wherever it stands.
local function core_first(resources)
  local ordered = {}
  for _, first in ipairs { true, false } do
    for _, resource in ipairs(resources) do
      local is_core = resource.group == "" and resource.version == "v1"
      if is_core == first then ordered[#ordered + 1] = resource end
    end
  end
  return ordered
end

--- What one of it is called: servers of old do not say, and then it is a guess.
local function singular_of(resource)
  if resource.singular and resource.singular ~= "" then return resource.singular end
  return (resource.kind or ""):lower()
end

local function enter(index, resource)
  local singular, kind = singular_of(resource), resource.kind or ""
  local api_version = schema.group_version(resource.group, resource.version)
  add(index.by_name, resource.resource, resource)
  if singular ~= "" then add(index.by_name, singular, resource) end
  if kind ~= "" then add(index.by_kind, kind:lower(), resource) end
  for _, short in ipairs(resource.shortNames or {}) do add(index.by_short, short, resource) end
  for _, category in ipairs(resource.categories or {}) do
    add(index.by_category, category, resource)
  end
  local kinds = index.by_api_version[api_version] or {}
  index.by_api_version[api_version] = kinds
  kinds[kind] = kinds[kind] or resource
end

--- An index of a list of resources.
function mapping.index(resources)
  local index = setmetatable({
    resources = core_first(resources), by_name = {}, by_kind = {}, by_short = {},
    by_category = {}, by_api_version = {}, found = {}, remembered = 0,
  }, Index)
  for _, resource in ipairs(index.resources) do enter(index, resource) end
  return index
end

-- ---- priorities ----

local function fits(pattern, wanted) return pattern == "*" or (pattern or "") == wanted end

--- Whether a pattern { group =, version =, resource = or kind = } fits; "*" is any.
local function matches(pattern, one, field)
  return fits(pattern.group, one.group) and fits(pattern.version, one.version)
    and fits(pattern[field], one[field])
end

--- The one of several that a list of patterns leaves: a pattern that fits none counts for nothing,
-- one that fits several leaves those to the patterns that follow. nil: several are left.
-- @param field  "resource" or "kind": what the patterns name beside group and version
function mapping.choose(candidates, patterns, field)
  local left = candidates
  for _, pattern in ipairs(patterns) do
    if #left == 1 then break end
    local fitting = {}
    for _, one in ipairs(left) do
      if matches(pattern, one, field) then fitting[#fitting + 1] = one end
    end
    if fitting[1] then left = fitting end
  end
  return #left == 1 and left[1] or nil
end

--- Each version of each group in its order, as patterns.
local function patterns_of(index)
  if index.patterns then return index.patterns end
  local patterns, seen = {}, {}
  for _, resource in ipairs(index.resources) do
    local key = schema.group_version(resource.group, resource.version)
    if not seen[key] then
      seen[key] = true
      patterns[#patterns + 1] = {
        group = resource.group, version = resource.version, resource = "*", kind = "*",
      }
    end
  end
  index.patterns = patterns
  return patterns
end

-- ---- from resources to kinds ----

local NONE = {}

local function starts_with(text, prefix) return text:sub(1, #prefix) == prefix end

--- Whether the short name of a resource can be meant. An empty group is any.
local function in_group(resource, group) return group == "" or resource.group == group end

--- What a partial resource means, if its name is a short one: the resource | nil, and the others
-- that it could mean as well.
local function long_form(index, name, group)
  for _, resource in ipairs(index.by_name[name] or NONE) do
    if in_group(resource, group) then return nil end
  end
  local found, others, seen = nil, {}, {}
  for _, resource in ipairs(index.by_short[name] or NONE) do
    local text = schema.group_resource_text(resource)
    if in_group(resource, group) and not seen[text] then
      seen[text] = true
      if found then others[#others + 1] = text else found = resource end
    end
  end
  if found or group == "" then return found, others end
  for _, resource in ipairs(index.by_short[name] or NONE) do
    if starts_with(resource.group, group) then return resource, others end
  end
end

--- A partial resource { group =, version =, resource = } with the name in full, if it is a short
-- name: the same or another, and what kubectl warns of: a list of texts.
function Index:expand_shortcut(partial)
  local found, others = long_form(self, partial.resource:lower(), partial.group or "")
  if not found then return partial, {} end
  local warnings = {}
  for i, other in ipairs(others) do
    warnings[i] = string.format("short name %q could also match lower priority resource %s",
      partial.resource, other)
  end
  return { group = found.group, version = partial.version, resource = found.resource }, warnings
end

--- Those of a list whose group and version a partial resource allows.
local function narrow(list, version, is_group)
  local narrowed = {}
  for _, resource in ipairs(list) do
    if (version == "" or resource.version == version) and is_group(resource.group) then
      narrowed[#narrowed + 1] = resource
    end
  end
  return narrowed
end

--- All resources that a partial one { group =, version =, resource = } can mean, the likeliest
-- first. The name is a plural, a singular or a short name; without a version, the group may be the
-- beginning of one.
function Index:resources_for(partial)
  partial = self:expand_shortcut(partial)
  local list = self.by_name[partial.resource:lower()] or NONE
  local group, version = partial.group or "", partial.version or ""
  local exact = narrow(list, version, function(own) return group == "" or own == group end)
  if exact[1] or group == "" or version ~= "" then return exact end
  return narrow(list, "", function(own) return starts_with(own, group) end)
end

--- The resource that a partial one means | nil, err (reason NoMatch; AmbiguousMatch).
function Index:resource_for(partial)
  local resources = self:resources_for(partial)
  if not resources[1] then return nil, failures.no_resource(self, partial) end
  local chosen = mapping.choose(resources, patterns_of(self), "resource")
  if chosen then return chosen end
  return nil, failures.ambiguous(schema.resource_text(partial), "resources", resources)
end

--- { group =, version =, kind = } of a resource.
function mapping.kind_of(resource)
  return { group = resource.group, version = resource.version, kind = resource.kind }
end

--- Those of several resources, each once.
function mapping.kinds_of(resources)
  local kinds, seen = {}, {}
  for _, resource in ipairs(resources) do
    local kind = mapping.kind_of(resource)
    local text = schema.kind_text(kind)
    if not seen[text] then
      seen[text] = true
      kinds[#kinds + 1] = kind
    end
  end
  return kinds
end

--- All kinds that a partial resource can mean, the likeliest first.
function Index:kinds_for(partial) return mapping.kinds_of(self:resources_for(partial)) end

--- The kind that a partial resource means | nil, err (reason NoMatch; AmbiguousMatch).
function Index:kind_for(partial)
  local kinds = self:kinds_for(partial)
  if not kinds[1] then return nil, failures.no_resource(self, partial) end
  local chosen = mapping.choose(kinds, patterns_of(self), "kind")
  if chosen then return chosen end
  return nil, failures.ambiguous(schema.resource_text(partial), "kinds", kinds)
end

--- The singular of a resource's name | nil, err (reason NoMatch).
function Index:singular_for(name)
  local resource = self:resources_for({ resource = name })[1]
  if not resource then return nil, failures.no_resource(self, { resource = name }) end
  return singular_of(resource)
end

-- ---- from kinds to resources ----

--- The resource of an apiVersion and a kind, both exact, or nil.
function Index:find_kind(api_version, kind)
  local kinds = self.by_api_version[api_version]
  return kinds and kinds[kind]
end

--- The versions that were really told.
local function told(versions)
  local list = {}
  for _, version in ipairs(versions or NONE) do
    if version ~= "" then list[#list + 1] = version end
  end
  return list
end

local function mapping_of(resource)
  return {
    resource = resource, kind = mapping.kind_of(resource),
    scope = resource.namespaced and "namespace" or "root",
  }
end

--- Where a kind { group =, kind = } lives: a list of { resource =, kind = { group =, version =,
-- kind = }, scope = "namespace" or "root" }, in one of the versions if there are any. It is empty
-- where it lives nowhere.
function Index:mappings(group_kind, versions)
  local kind, list = group_kind.kind, {}
  versions = told(versions)
  for _, resource in ipairs(self.by_kind[kind:lower()] or NONE) do
    if resource.group == (group_kind.group or "")
        and (resource.kind == kind or kind == kind:lower())
        and (not versions[1] or has(versions, resource.version)) then
      list[#list + 1] = mapping_of(resource)
    end
  end
  return list
end

--- The versions that the user named go before all else.
local function patterns_with(index, group, versions)
  if not versions[1] then return patterns_of(index) end
  local patterns = {}
  for i, version in ipairs(versions) do
    patterns[i] = { group = group, version = version, kind = "*" }
  end
  for _, pattern in ipairs(patterns_of(index)) do patterns[#patterns + 1] = pattern end
  return patterns
end

--- Where a kind lives, as mappings: the likeliest | nil, err (reason NoMatch; AmbiguousMatch).
function Index:mapping(group_kind, versions)
  local all, kinds, by_kind = self:mappings(group_kind, versions), {}, {}
  if not all[1] then return nil, failures.no_kind(self, group_kind, told(versions)) end
  for i, one in ipairs(all) do kinds[i], by_kind[one.kind] = one.kind, one end
  local patterns = patterns_with(self, group_kind.group or "", told(versions))
  local chosen = mapping.choose(kinds, patterns, "kind")
  if chosen then return by_kind[chosen] end
  local asked = schema.kind_text { group = group_kind.group, kind = group_kind.kind }
  return nil, failures.ambiguous(asked, "kinds", kinds)
end

-- ---- categories ----

--- The resources of a category ("all"), each once: a list, or nil where nothing is in it.
function Index:expand(category)
  local members = self.by_category[category]
  if not members then return nil end
  local list, seen = {}, {}
  for _, resource in ipairs(members) do
    local name = schema.group_resource_text(resource)
    if not seen[name] then
      seen[name] = true
      list[#list + 1] = resource
    end
  end
  return list
end

-- ---- guesses ----

--- What the resource of a kind is called if it follows the custom: plural, singular. Upstream calls
-- that unsafe, and so it is: ask the server.
function mapping.guess(kind)
  local singular = kind:lower()
  if singular == "" or singular:find("endpoints$") then return singular, singular end
  if singular:find("s$") then return singular .. "es", singular end
  if singular:find("y$") then return singular:sub(1, -2) .. "ies", singular end
  return singular .. "s", singular
end

return mapping
