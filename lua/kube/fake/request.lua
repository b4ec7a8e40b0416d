--- What a request asks for: from method and path to a verb on a resource. Pure.
--
-- What is asked is { verb =, resource =, namespace =, name =, status = whether it is the
-- subresource } or { document = "api" | "apis" | ..., group =, version = }.
local status = require("kube.fake.status")

local request = {}

local COLLECTION = { GET = "list", POST = "create", DELETE = "delete_collection" }
local ITEM = { GET = "get", PUT = "update", PATCH = "patch", DELETE = "delete" }
local STATUS = { GET = "get", PUT = "update", PATCH = "patch" }

--- The verb of a method where some are allowed: verb | nil, failure.
local function verb_of(method, allowed)
  local verb = allowed[method]
  if verb then return verb end
  return nil, status.method_not_allowed()
end

local INSTEAD = {
  log = "run the test against a real cluster", exec = "run the test against a real cluster",
  scale = "patch spec.replicas of the object itself", eviction = "delete the pod",
  binding = "wait: pods are scheduled by themselves", token = "this server asks for no credentials",
  finalize = "delete the namespace: it ends by itself",
}

local function refused(resource, subresource)
  return status.not_implemented(string.format("the subresource %s of %s", subresource,
    resource.resource), INSTEAD[subresource] or "run the test against a real cluster")
end

local function of_subresource(method, asked, subresource)
  local resource = asked.resource
  if resource.refused and resource.refused[subresource] then
    return nil, refused(resource, subresource)
  end
  if subresource ~= "status" or not resource.status then return nil, status.no_resource() end
  local verb, failure = verb_of(method, STATUS)
  asked.verb, asked.status = verb, true
  return verb and asked, failure
end

--- A verb on a resource: the segments after its name | nil, failure.
local function of_resource(method, resource, namespace, rest)
  local asked = { resource = resource, namespace = namespace, name = rest[1] }
  if #rest > 2 then return nil, status.no_resource() end
  local failure
  if not asked.name then
    asked.verb, failure = verb_of(method, COLLECTION)
    local everywhere = resource.namespaced and not namespace
    if asked.verb and asked.verb ~= "list" and everywhere
        or asked.verb == "delete_collection" and resource.no_collection_delete then
      return nil, status.method_not_allowed()
    end
    return asked.verb and asked, failure
  end
  if resource.namespaced and not namespace then return nil, status.no_resource() end
  if asked.name == ".." or asked.name == "." then
    return nil, status.bad_request(string.format('Name parameter invalid: "%s": may not be \'%s\'',
      asked.name, asked.name))
  end
  if asked.name == "" or asked.name:find("/", 1, true) then return nil, status.no_resource() end
  if rest[2] then return of_subresource(method, asked, rest[2]) end
  asked.verb, failure = verb_of(method, ITEM)
  return asked.verb and asked, failure
end

local function tail(segments, from)
  local rest = {}
  for i = from, #segments do rest[#rest + 1] = segments[i] end
  return rest
end

--- What lies below a group and version: the segments after it.
local function below(method, catalog, group, version, rest)
  if rest[1] == "watch" then
    return nil, status.not_implemented("paths with /watch/", "use ?watch=true")
  end
  if rest[1] == "namespaces" and #rest > 2 then
    local resource = catalog:find(group, version, rest[3])
    if resource and resource.namespaced then
      return of_resource(method, resource, rest[2], tail(rest, 4))
    end
    if group ~= "" or #rest > 3 then return nil, status.no_resource() end
  end
  local resource = catalog:find(group, version, rest[1])
  if not resource then return nil, status.no_resource() end
  return of_resource(method, resource, nil, tail(rest, 2))
end

local function document(method, name, group, version)
  if method ~= "GET" then return nil, status.method_not_allowed() end
  return { document = name, group = group, version = version }
end

local HEALTH = { healthz = true, livez = true, readyz = true }

local function of_groups(method, catalog, segments)
  local group, version = segments[2], segments[3]
  if not group then return document(method, "apis") end
  if not catalog:serves(group) then return document("GET", "none") end
  if not version then return document(method, "group", group) end
  if not catalog:serves(group, version) then return nil, status.no_resource() end
  if not segments[4] then return document(method, "resources", group, version) end
  return below(method, catalog, group, version, tail(segments, 4))
end

local function of_core(method, catalog, segments)
  if not segments[2] then return document(method, "api") end
  if segments[2] ~= "v1" then return nil, status.no_resource() end
  if not segments[3] then return document(method, "resources", "", "v1") end
  return below(method, catalog, "", "v1", tail(segments, 3))
end

--- What is asked for | nil, failure.
-- @param segments  of the path, unescaped; a last empty one is left out
function request.read(method, segments, catalog)
  segments = tail(segments, 1)
  if segments[#segments] == "" then segments[#segments] = nil end
  local first = segments[1]
  if not first then return document(method, "root") end
  if first == "api" then return of_core(method, catalog, segments) end
  if first == "apis" then return of_groups(method, catalog, segments) end
  if first == "version" and #segments == 1 then return document(method, "version") end
  if HEALTH[first] then return document("GET", "health") end
  if first == "openapi" then
    return nil, status.not_implemented("OpenAPI", "it knows no schema; tools that validate must be "
      .. "told not to (kubectl --validate=false)")
  end
  return document("GET", "none")
end

return request
