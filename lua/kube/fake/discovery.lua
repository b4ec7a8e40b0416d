--- The discovery documents, aggregated (KEP-3352, apidiscovery.k8s.io/v2) and legacy.
local json = require("kube.json")

local discovery = {}

--- The media type of aggregated documents.
discovery.AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

local STATUS_VERBS = json.array { "get", "patch", "update" }

local function verbs_of(resource)
  if resource.no_collection_delete then
    return json.array { "create", "delete", "get", "list", "patch", "update", "watch" }
  end
  return json.array { "create", "delete", "deletecollection", "get", "list", "patch", "update",
    "watch" }
end

local function list(values) return values and #values > 0 and json.array(values) or nil end

--- The resources of a group, by version: an ordered list of { version =, resources = }.
local function versions_of(catalog, group)
  local versions, by_name = {}, {}
  for _, resource in ipairs(catalog.all) do
    if resource.group == group then
      local version = by_name[resource.version]
      if not version then
        version = { version = resource.version, resources = {} }
        by_name[resource.version] = version
        versions[#versions + 1] = version
      end
      version.resources[#version.resources + 1] = resource
    end
  end
  return versions
end

--- The names of all groups but the core's, in order of appearance.
local function groups_of(catalog)
  local groups, seen = {}, { [""] = true }
  for _, resource in ipairs(catalog.all) do
    if not seen[resource.group] then
      seen[resource.group] = true
      groups[#groups + 1] = resource.group
    end
  end
  return groups
end

-- ---- aggregated ----

local function response_kind(resource) return { group = "", version = "", kind = resource.kind } end

local function aggregated_resource(resource)
  return {
    resource = resource.resource, responseKind = response_kind(resource),
    scope = resource.namespaced and "Namespaced" or "Cluster",
    singularResource = resource.singular, verbs = verbs_of(resource),
    shortNames = list(resource.shortNames), categories = list(resource.categories),
    subresources = resource.status and json.array { {
      subresource = "status", responseKind = response_kind(resource), verbs = STATUS_VERBS,
    } } or nil,
  }
end

local function aggregated_group(catalog, group)
  local versions = json.array()
  for i, version in ipairs(versions_of(catalog, group)) do
    local found = json.array()
    for j, resource in ipairs(version.resources) do found[j] = aggregated_resource(resource) end
    versions[i] = { version = version.version, resources = found, freshness = "Current" }
  end
  return { metadata = group ~= "" and { name = group } or {}, versions = versions }
end

local function aggregated(catalog, groups)
  local items = json.array()
  for i, group in ipairs(groups) do items[i] = aggregated_group(catalog, group) end
  return {
    kind = "APIGroupDiscoveryList", apiVersion = "apidiscovery.k8s.io/v2", metadata = {},
    items = items,
  }
end

--- The aggregated document of /api or /apis.
function discovery.aggregated(catalog, name)
  return aggregated(catalog, name == "api" and { "" } or groups_of(catalog))
end

-- ---- legacy ----

local function api_group(catalog, name)
  local versions = json.array()
  for i, version in ipairs(versions_of(catalog, name)) do
    versions[i] = { groupVersion = name .. "/" .. version.version, version = version.version }
  end
  return { name = name, versions = versions, preferredVersion = versions[1] }
end

local function api_resource(resource)
  return {
    name = resource.resource, singularName = resource.singular, namespaced = resource.namespaced,
    kind = resource.kind, verbs = verbs_of(resource), shortNames = list(resource.shortNames),
    categories = list(resource.categories),
  }
end

local LEGACY = {}

function LEGACY.api(_, _, address)
  return {
    kind = "APIVersions", versions = json.array { "v1" },
    serverAddressByClientCIDRs = json.array { {
      clientCIDR = "0.0.0.0/0", serverAddress = address,
    } },
  }
end

function LEGACY.apis(catalog)
  local groups = json.array()
  for i, name in ipairs(groups_of(catalog)) do groups[i] = api_group(catalog, name) end
  return { kind = "APIGroupList", apiVersion = "v1", groups = groups }
end

function LEGACY.group(catalog, asked)
  local group = api_group(catalog, asked.group)
  group.kind, group.apiVersion = "APIGroup", "v1"
  return group
end

function LEGACY.resources(catalog, asked)
  local resources = json.array()
  for _, resource in ipairs(catalog.all) do
    if resource.group == asked.group and resource.version == asked.version then
      resources[#resources + 1] = api_resource(resource)
      if resource.status then
        resources[#resources + 1] = {
          name = resource.resource .. "/status", singularName = "", verbs = STATUS_VERBS,
          namespaced = resource.namespaced, kind = resource.kind,
        }
      end
    end
  end
  local group_version = asked.group == "" and asked.version or asked.group .. "/" .. asked.version
  return {
    kind = "APIResourceList", groupVersion = group_version, resources = resources,
    apiVersion = asked.group ~= "" and "v1" or nil, -- the core's document has none
  }
end

--- What the server says it is: the version whose behaviour it follows.
function LEGACY.version()
  return {
    major = "1", minor = "36", emulationMajor = "1", emulationMinor = "36",
    minCompatibilityMajor = "1", minCompatibilityMinor = "35",
    gitVersion = "v1.36.3+kube.fake", gitCommit = "", gitTreeState = "",
    buildDate = "1970-01-01T00:00:00Z", goVersion = "", compiler = "lua", platform = _VERSION,
  }
end

function LEGACY.root(catalog)
  local paths = json.array { "/api", "/api/v1", "/apis" }
  for _, name in ipairs(groups_of(catalog)) do
    paths[#paths + 1] = "/apis/" .. name
    for _, version in ipairs(versions_of(catalog, name)) do
      paths[#paths + 1] = "/apis/" .. name .. "/" .. version.version
    end
  end
  for _, path in ipairs { "/healthz", "/livez", "/readyz", "/version" } do
    paths[#paths + 1] = path
  end
  return { paths = paths }
end

--- The document that is asked for (see kube.fake.request).
-- @param address  "127.0.0.1:8080"
function discovery.document(catalog, asked, address)
  return LEGACY[asked.document](catalog, asked, address)
end

return discovery
