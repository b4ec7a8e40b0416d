--- From the names that people use to resources, and from an object's kind to where it lives.
--
-- A name is a plural, a singular, a kind or a short name, in any case, alone or with its group or
-- its version and group: deploy, Deployment, deployments.apps, deployments.v1.apps, `pods.v1.`
-- (with its last dot). The rest of a group may be left out: ing.networking.
--
-- | case                     | kubectl                     | kube                              |
-- | colliding names          | at random with short names  | the server's group order          |
-- | a name that is not there | the server doesn't have ... | the same, after one fresh look,   |
-- |                          |                             | and with what may have been meant |
-- Sources: client-go restmapper/shortcut.go, apimachinery runtime/schema ParseResourceArg.
local discovery = require("kube.client.discovery")
local driver = require("kube.driver")
local errors = require("kube.api.errors")
local similar = require("kube.api.similar")

local restmapper = {}

local Mapper = {}
Mapper.__index = Mapper

--- The mapper of a transport: one.
function restmapper.on(its_transport)
  if not its_transport.mapper then
    its_transport.mapper = setmetatable({ _discovery = discovery.on(its_transport) }, Mapper)
  end
  return its_transport.mapper
end

-- ---- pure: names against a list of resources ----

--- The ways to read a name, the likeliest first: { name =, version = | nil, group = | nil }.
function restmapper.readings(text)
  text = text:lower()
  local name, rest = text:match("^([^.]+)%.(.*)$")
  if not name then return { { name = text } } end
  local readings = {}
  local version, group = rest:match("^([^.]+)%.(.*)$")
  if version then readings[1] = { name = name, version = version, group = group } end
  readings[#readings + 1] = { name = name, group = rest }
  return readings
end

local function has(list, value)
  for _, item in ipairs(list) do
    if item == value then return true end
  end
  return false
end

local function is_called(resource, name)
  return resource.resource == name or resource.singular == name or resource.kind:lower() == name
end

local function is_called_short(resource, name) return has(resource.shortNames, name) end

local function in_group(resource, group)
  return resource.group == group
end

local function in_group_like(resource, group)
  return group ~= "" and resource.group:sub(1, #group) == group
end

local function first(resources, reading, called, grouped)
  for _, resource in ipairs(resources) do
    if (not reading.version or resource.version == reading.version)
        and (not reading.group or grouped(resource, reading.group))
        and called(resource, reading.name) then
      return resource
    end
  end
end

--- The resource that a name stands for in a list of resources, or nil.
function restmapper.find(resources, text)
  for _, reading in ipairs(restmapper.readings(text)) do
    local found = first(resources, reading, is_called, in_group)
      or first(resources, reading, is_called_short, in_group)
      or first(resources, reading, is_called, in_group_like)
      or first(resources, reading, is_called_short, in_group_like)
    if found then return found end
  end
end

--- The resource of an object's apiVersion and kind in a list of resources, or nil.
function restmapper.find_kind(resources, api_version, kind)
  local group, version = api_version:match("^(.*)/(.*)$")
  group, version = group or "", version or api_version
  for _, resource in ipairs(resources) do
    if resource.group == group and resource.version == version and resource.kind == kind then
      return resource
    end
  end
end

local function names_of(resources)
  local names = {}
  for _, resource in ipairs(resources) do names[#names + 1] = resource.resource end
  return names
end

local function group_version(resource)
  return resource.group == "" and resource.version or resource.group .. "/" .. resource.version
end

--- What may have been meant by a kind that is not there.
function restmapper.kind_hint(resources, api_version, kind)
  local kinds = {}
  for _, resource in ipairs(resources) do
    if resource.kind == kind then return "; " .. group_version(resource) .. " has it" end
    if group_version(resource) == api_version then kinds[#kinds + 1] = resource.kind end
  end
  local hint = similar.hint(kind, kinds)
  return hint ~= "" and hint or ": is its CRD installed?"
end

-- ---- with a server ----

--- Asks the server what it serves, in `seconds` at most (nil or 0: in as many as discovery takes):
-- resources | nil, err.
local function ask(self, seconds)
  local its_discovery = self._discovery
  local ok, err
  if seconds and seconds > 0 then
    ok, err = driver.with_timeout(seconds, its_discovery.refresh, its_discovery)
  else
    ok, err = its_discovery:refresh()
  end
  if not ok then return nil, err end
  return its_discovery:server_resources()
end

--- Looks, and if nothing is found looks once more at what the server serves now: a CRD that was
-- made a second ago is found. resource | nil, err
local function look(self, find, no_match, seconds)
  local known = self._discovery._known
  local resources, err
  local found = known and find(known.resources)
  if not found then
    resources, err = ask(self, seconds)
    if not resources then return nil, err end
    found = find(resources)
  end
  if found then return found end
  return nil, errors.new { reason = "NoMatch", message = no_match(resources) }
end

--- The resource that a name stands for: { group =, version =, resource =, kind =, ... }
-- | nil, err (reason NoMatch).
-- @param seconds  that the server may take to say what it serves, if it has to be asked; nil: 32
function Mapper:resource_for(text, seconds)
  return look(self, function(resources) return restmapper.find(resources, text) end,
    function(resources)
      return string.format("the server doesn't have a resource type %q%s", text,
        similar.hint(text, names_of(resources)))
    end, seconds)
end

--- The resource in which objects of that apiVersion and kind live | nil, err (reason NoMatch).
-- @param seconds  as resource_for
function Mapper:resource_for_kind(api_version, kind, seconds)
  return look(self, function(resources)
    return restmapper.find_kind(resources, api_version, kind)
  end, function(resources)
    return string.format("no matches for kind %q in version %q%s", kind, api_version,
      restmapper.kind_hint(resources, api_version, kind))
  end, seconds)
end

return restmapper
