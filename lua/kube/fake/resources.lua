--- What is served: a data table of kinds, and finding one in it.
--
-- Fields of a kind, beside what discovery tells of it:
--   status        it has the subresource status: the main resource leaves status alone
--   generation    metadata.generation counts the changes of spec
--   names         "label": a DNS-1123 label; otherwise a subdomain
--   fields        paths that field selectors know beside metadata.name and metadata.namespace
--   shows_deleted its delete answers with the object, not with a Status
--   refused       subresources that a real server has and this one does not
--   put_creates   a PUT of what is not there makes it
--   custom        given by the user: items of lists bear kind and apiVersion, as a CRD's do
local resources = {}

local WORKLOAD = { scale = true }

local KINDS = {
  {
    group = "", version = "v1", kind = "ConfigMap", resource = "configmaps",
    singular = "configmap", namespaced = true, shortNames = { "cm" },
  },
  {
    group = "", version = "v1", kind = "Namespace", resource = "namespaces",
    singular = "namespace", namespaced = false, shortNames = { "ns" },
    status = true, names = "label", shows_deleted = true, no_collection_delete = true,
    fields = { "status.phase" }, refused = { finalize = true },
  },
  {
    group = "", version = "v1", kind = "Node", resource = "nodes",
    singular = "node", namespaced = false, shortNames = { "no" },
    status = true, fields = { "spec.unschedulable" }, refused = { proxy = true },
  },
  {
    group = "", version = "v1", kind = "Pod", resource = "pods",
    singular = "pod", namespaced = true, shortNames = { "po" }, categories = { "all" },
    status = true, generation = true, shows_deleted = true,
    fields = {
      "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
      "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName",
    },
    refused = {
      attach = true, binding = true, ephemeralcontainers = true, eviction = true, exec = true,
      log = true, portforward = true, proxy = true, resize = true,
    },
  },
  {
    group = "", version = "v1", kind = "Secret", resource = "secrets",
    singular = "secret", namespaced = true, fields = { "type" },
  },
  {
    group = "", version = "v1", kind = "ServiceAccount", resource = "serviceaccounts",
    singular = "serviceaccount", namespaced = true, shortNames = { "sa" },
    shows_deleted = true, refused = { token = true },
  },
  {
    group = "", version = "v1", kind = "Service", resource = "services",
    singular = "service", namespaced = true, shortNames = { "svc" }, categories = { "all" },
    status = true, names = "label", shows_deleted = true, put_creates = true,
    fields = { "spec.clusterIP", "spec.type" }, refused = { proxy = true },
  },
  {
    group = "apps", version = "v1", kind = "Deployment", resource = "deployments",
    singular = "deployment", namespaced = true, shortNames = { "deploy" }, categories = { "all" },
    status = true, generation = true, refused = WORKLOAD,
  },
  {
    group = "apps", version = "v1", kind = "ReplicaSet", resource = "replicasets",
    singular = "replicaset", namespaced = true, shortNames = { "rs" }, categories = { "all" },
    status = true, generation = true, refused = WORKLOAD,
  },
}

local Catalog = {}
Catalog.__index = Catalog

--- "v1", "apps/v1".
function resources.api_version(resource)
  if resource.group == "" then return resource.version end
  return resource.group .. "/" .. resource.version
end

local function add(catalog, resource)
  resource.apiVersion = resources.api_version(resource)
  resource.id = resource.resource .. "." .. resource.group
  catalog.all[#catalog.all + 1] = resource
  catalog[resource.id] = resource
  catalog.kinds[resource.apiVersion .. " " .. resource.kind] = resource
end

--- A kind of the user's as we keep it.
local function custom(given)
  return {
    group = given.group or "", version = given.version, kind = given.kind,
    resource = given.resource, singular = given.kind:lower(),
    namespaced = given.namespaced ~= false, shortNames = given.shortNames,
    custom = true, generation = true,
  }
end

--- The catalog of what is served.
-- @param more  further kinds: a list of { group =, version =, kind =, resource =, namespaced =,
--   shortNames = }
-- @return catalog with all (a list), :find and :of_kind; catalog.pods and so on for our own
function resources.catalog(more)
  local catalog = setmetatable({ all = {}, kinds = {} }, Catalog)
  for _, kind in ipairs(KINDS) do
    local own = {}
    for name, value in pairs(kind) do own[name] = value end
    add(catalog, own)
    catalog[own.resource] = own
  end
  for _, given in ipairs(more or {}) do add(catalog, custom(given)) end
  return catalog
end

--- The resource at a path of the API, or nil.
function Catalog:find(group, version, name)
  local resource = self[name .. "." .. group]
  return resource and resource.version == version and resource or nil
end

--- The resource of an object's apiVersion and kind, or nil.
function Catalog:of_kind(api_version, kind) return self.kinds[api_version .. " " .. kind] end

--- Whether anything of a group is served; the version may be nil.
function Catalog:serves(group, version)
  for _, resource in ipairs(self.all) do
    if resource.group == group and (not version or resource.version == version) then return true end
  end
  return false
end

return resources
