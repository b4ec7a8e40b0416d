--- What can be said of groups and resources once they are known. Pure.
-- Rules: client-go discovery/helper.go, discovery_client.go ServerPreferredResources.
local errors = require("kube.api.errors")
local list = require("kube.api.list")
local schema = require("kube.api.schema")

local helper = {}

--- A name into group and version.
function helper.split(group_version)
  local group, version = group_version:match("^(.*)/([^/]*)$")
  return group or "", version or group_version
end

--- The error for those that are not known: failures is a table of group-version -> err.
function helper.problem(failures)
  local texts = {}
  for name, err in pairs(failures) do texts[#texts + 1] = name .. ": " .. err.message end
  table.sort(texts)
  return errors.new {
    reason = "GroupDiscoveryFailed", groups = failures,
    message = "unable to retrieve the complete list of server APIs: " .. table.concat(texts, ", "),
  }
end

local TRANSIENT = {
  ConnectionRefused = true, Connection = true, Timeout = true, TooManyRequests = true,
}

--- Whether somebody answered that he cannot just now.
function helper.is_busy(err) return (err.code or 0) >= 500 or err.code == 429 end

--- Whether what failed may work a moment later (client-go cached/memory isTransientError).
function helper.is_transient(err) return TRANSIENT[err.reason] or helper.is_busy(err) end

--- Those of one group-version.
function helper.of_version(resources, group_version)
  local group, version = helper.split(group_version)
  local found = {}
  for _, resource in ipairs(resources) do
    if resource.group == group and resource.version == version then
      found[#found + 1] = resource
    end
  end
  return found
end

--- Whether one of them has that name, "pods" or "pods/log".
function helper.has(resources, name)
  local plural, subresource = name:match("^([^/]*)/(.*)$")
  for _, resource in ipairs(resources) do
    if not subresource and resource.resource == name then return true end
    if subresource and resource.resource == plural
        and list.has(resource.subresources, subresource) then
      return true
    end
  end
  return false
end

--- Those for which a predicate is true.
function helper.filtered_by(resources, predicate)
  local found = {}
  for _, resource in ipairs(resources) do
    if predicate(resource) then found[#found + 1] = resource end
  end
  return found
end

--- A predicate: whether a resource supports all those verbs.
function helper.supports_all_verbs(verbs)
  return function(resource)
    for _, verb in ipairs(verbs) do
      if not list.has(resource.verbs, verb) then return false end
    end
    return true
  end
end

--- Each in the preferred version of its group, or else in the first that has it.
function helper.preferred(groups, resources)
  local preferred, chosen = {}, {}
  for _, group in ipairs(groups) do preferred[group.name] = group.preferredVersion end
  for _, resource in ipairs(resources) do
    local key = resource.group .. "/" .. resource.resource
    if not chosen[key] or resource.version == preferred[resource.group] then
      chosen[key] = resource
    end
  end
  return helper.filtered_by(resources, function(resource)
    return chosen[resource.group .. "/" .. resource.resource] == resource
  end)
end

--- Where each group-version stands: name -> number.
local function places_of(groups)
  local places, n = {}, 0
  for _, group in ipairs(groups) do
    for _, version in ipairs(group.versions) do
      n = n + 1
      places[schema.group_version(group.name, version)] = n
    end
  end
  return places
end

--- A list with others put in, before those of the group-versions that come after theirs.
local function with(resources, others, place, places)
  local all, put = {}, false
  local function put_in()
    for _, resource in ipairs(others) do all[#all + 1] = resource end
    put = true
  end
  for _, resource in ipairs(resources) do
    local own = places[schema.group_version(resource.group, resource.version)] or 0
    if not put and own > place then put_in() end
    all[#all + 1] = resource
  end
  if not put then put_in() end
  return all
end

--- Puts a group-version that came late into what is known.
-- @param set  of the core, that has it
function helper.merge(known, group_version, set)
  local places = places_of(known.groups)
  local place = places[group_version] or 0
  known.subresources = with(known.subresources or known.set:subresources(), set:subresources(),
    place, places)
  known.resources = with(known.resources, set:resources(), place, places)
  known.failures[group_version] = nil
  for i, name in ipairs(known.stale) do
    if name == group_version then
      table.remove(known.stale, i)
      break
    end
  end
end

return helper
