--- Scales: how many replicas something shall have, and has. Pure.
--
-- Servers of today give and take the Scale of autoscaling/v1. Those of old had one in each of
-- extensions/v1beta1, apps/v1beta1 and apps/v1beta2, with the selector told twice: as labels
-- (selector) and as a text (targetSelector).
--
-- | case                           | client-go                | kube                           |
-- |--------------------------------|--------------------------|--------------------------------|
-- | the selector of autoscaling/v1 | parsed and written again | as it is, if the version stays |
-- Rules: client-go scale/util.go, scale/scheme/*/conversion.go.
local errors = require("kube.api.errors")
local selector = require("kube.api.selector")

local scale = {}

--- What client-go's scale client gives.
scale.API_VERSION = "autoscaling/v1"

local OF_OLD = {
  ["extensions/v1beta1"] = true, ["apps/v1beta1"] = true, ["apps/v1beta2"] = true,
}

local function copy(object, with)
  local twin = {}
  for key, value in pairs(object) do twin[key] = value end
  for key, value in pairs(with) do twin[key] = value end
  return setmetatable(twin, getmetatable(object))
end

local refuse = errors.bad_request

local function parse(text)
  local parsed, err = selector.parse(text)
  if parsed then return parsed end
  return refuse("failed to parse target selector: " .. err.message)
end

--- The selector of a status of old, as a text: text | nil, err.
local function selector_of_old(status)
  local text, labels = status.targetSelector, status.selector
  local parsed, err
  if type(text) == "string" and text ~= "" then
    parsed, err = parse(text)
  elseif type(labels) == "table" then
    parsed, err = selector.from_set(labels)
  else
    return ""
  end
  if not parsed then return nil, err end
  return tostring(parsed)
end

--- The labels that a selector asks for, if it asks for nothing else, or nil.
local function labels_of(parsed)
  local labels = {}
  for _, requirement in ipairs(parsed:requirements()) do
    if requirement.operator ~= "=" and requirement.operator ~= "==" then return nil end
    labels[requirement.key] = requirement.values[1]
  end
  return labels
end

--- "apps/v1beta2 Scale", of what may be anything.
local function kind_text(object)
  if type(object) ~= "table" then return "a " .. type(object) end
  return tostring(object.apiVersion) .. " " .. tostring(object.kind)
end

--- A Scale of any version as one of autoscaling/v1: scale | nil, err (reason BadRequest).
function scale.to_v1(object)
  if type(object) == "table" and object.kind == "Scale" then
    if object.apiVersion == scale.API_VERSION then return object end
    if OF_OLD[object.apiVersion] then
      local status = object.status
      if type(status) ~= "table" then return copy(object, { apiVersion = scale.API_VERSION }) end
      local text, err = selector_of_old(status)
      if not text then return nil, err end
      return copy(object, {
        apiVersion = scale.API_VERSION, status = { replicas = status.replicas, selector = text },
      })
    end
  end
  return refuse("received an object from a /scale endpoint which was not convertible to "
    .. "autoscaling Scale: " .. kind_text(object))
end

--- A status of autoscaling/v1 as one of old: status | nil, err.
local function status_of_old(status)
  if type(status.selector) ~= "string" or status.selector == "" then
    return { replicas = status.replicas }
  end
  local parsed, err = parse(status.selector)
  if not parsed then return nil, err end
  return {
    replicas = status.replicas, targetSelector = tostring(parsed), selector = labels_of(parsed),
  }
end

--- A Scale of any version as one of another: scale | nil, err (reason BadRequest).
function scale.to(object, api_version)
  local twin, err = scale.to_v1(object)
  if not twin then return nil, err end
  if api_version == scale.API_VERSION then return twin end
  if not OF_OLD[api_version] then
    return refuse("could not convert scale update to external Scale: no Scale in " .. api_version)
  end
  if type(twin.status) ~= "table" then return copy(twin, { apiVersion = api_version }) end
  local status, problem = status_of_old(twin.status)
  if not status then return nil, problem end
  return copy(twin, { apiVersion = api_version, status = status })
end

--- An object as a Scale of autoscaling/v1, unless it says that it is something else.
function scale.typed(object)
  return copy(object, {
    apiVersion = object.apiVersion or scale.API_VERSION, kind = object.kind or "Scale",
  })
end

local function replicas_of(part)
  return type(part) == "table" and tonumber(part.replicas) or 0
end

--- How many replicas a Scale asks for; none is not written.
function scale.wanted(object) return replicas_of(object.spec) end

--- How many there are.
function scale.actual(object) return replicas_of(object.status) end

--- A Scale that asks for another number.
function scale.with_replicas(object, replicas)
  local spec = type(object.spec) == "table" and object.spec or {}
  return copy(object, { spec = copy(spec, { replicas = replicas }) })
end

--- What is not as it must be, in kubectl's words | nil.
-- @param must { current_replicas =, resourceVersion = }
function scale.fault(object, must)
  local metadata = type(object.metadata) == "table" and object.metadata or {}
  local replicas, version = scale.wanted(object), metadata.resourceVersion
  if must.current_replicas and replicas ~= must.current_replicas then
    return string.format("Expected replicas to be %.14g, was %.14g", must.current_replicas,
      replicas)
  elseif must.resourceVersion and version ~= must.resourceVersion then
    return string.format("Expected resource version to be %s, was %s", must.resourceVersion,
      tostring(version))
  end
end

return scale
