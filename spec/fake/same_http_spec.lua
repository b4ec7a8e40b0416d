-- kube.fake gives the same answers as the real API server: discovery, and HTTP as it is.
local json = require("kube.json")
local kube = require("kube")
local same = require("spec.support.same")

local answers = same.namespace("http")
local told, failure = same.told, same.failure

teardown(same.close)

-- ---- discovery ----

--- What the fake serves, by the plural.
local SERVED = { configmaps = true, namespaces = true, pods = true, services = true,
  deployments = true, replicasets = true }

local VERBS = { "create", "delete", "deletecollection", "get", "list", "patch", "update", "watch" }

--- A resource without the subresources that the fake does not have.
local function resource(found, err)
  if not found then return told(found, err) end
  local copy = {}
  for name, value in pairs(found) do copy[name] = value end
  copy.subresources = json.array {}
  for _, name in ipairs(found.subresources) do
    if name == "status" then
      copy.subresources[#copy.subresources + 1] = name
    end
  end
  return copy
end

local RESOURCES = {
  configmaps = {
    group = "", version = "v1", resource = "configmaps", singular = "configmap",
    kind = "ConfigMap", namespaced = true, shortNames = { "cm" }, categories = {}, verbs = VERBS,
    subresources = json.array {},
  },
  deployments = {
    group = "apps", version = "v1", resource = "deployments", singular = "deployment",
    kind = "Deployment", namespaced = true, shortNames = { "deploy" }, categories = { "all" },
    verbs = VERBS, subresources = { "status" },
  },
  namespaces = {
    group = "", version = "v1", resource = "namespaces", singular = "namespace",
    kind = "Namespace", namespaced = false, shortNames = { "ns" }, categories = {},
    verbs = { "create", "delete", "get", "list", "patch", "update", "watch" },
    subresources = { "status" },
  },
  pods = {
    group = "", version = "v1", resource = "pods", singular = "pod", kind = "Pod",
    namespaced = true, shortNames = { "po" }, categories = { "all" }, verbs = VERBS,
    subresources = { "status" },
  },
  replicasets = {
    group = "apps", version = "v1", resource = "replicasets", singular = "replicaset",
    kind = "ReplicaSet", namespaced = true, shortNames = { "rs" }, categories = { "all" },
    verbs = VERBS, subresources = { "status" },
  },
  services = {
    group = "", version = "v1", resource = "services", singular = "service", kind = "Service",
    namespaced = true, shortNames = { "svc" }, categories = { "all" }, verbs = VERBS,
    subresources = { "status" },
  },
}

describe("the name of a resource", function()
  for plural, names in pairs {
    deployments = { "deploy", "deployments", "deployment", "Deployment", "DEPLOY",
      "deployments.apps", "deploy.apps", "deployments.v1.apps", "deployment.app" },
    pods = { "po", "pods", "pod", "Pod", "pods.v1." },
    configmaps = { "cm", "configmaps", "ConfigMap" },
    namespaces = { "ns", "namespace", "Namespace" },
    services = { "svc", "service", "Services" },
    replicasets = { "rs", "replicasets.apps" },
  } do
    it("is spelled in many ways: " .. plural, answers(function(k)
      local found = {}
      for i, name in ipairs(names) do found[i] = resource(k:resource_for(name)) end
      return found
    end, (function()
      local expected = {}
      for i in ipairs(names) do expected[i] = RESOURCES[plural] end
      return expected
    end)()))
  end

  it("that nobody has is NoMatch", answers(function(k)
    local found = {}
    for i, name in ipairs { "nonsense", "deployments.v2.apps", "pods.apps", "confgmaps" } do
      found[i] = told(k:resource_for(name)).error
    end
    found[5] = told(k:create { apiVersion = "apps/v7", kind = "Deployment", metadata = {} }).error
    return found
  end, (function()
    local function no_match(message) return { reason = "NoMatch", message = message } end
    local has_not = "the server doesn't have a resource type "
    return {
      no_match(has_not .. '"nonsense"'), no_match(has_not .. '"deployments.v2.apps"'),
      no_match(has_not .. '"pods.apps"'),
      no_match(has_not .. '"confgmaps"; did you mean "configmaps"?'),
      no_match('no matches for kind "Deployment" in version "apps/v7"; apps/v1 has it'),
    }
  end)()))
end)

describe("the discovery client", function()
  it("finds the groups, the core first", answers(function(k)
    local found = {}
    for _, group in ipairs(assert(k:discovery():server_groups())) do
      if group.name == "" or group.name == "apps" then found[#found + 1] = group end
    end
    return found
  end, {
    { name = "", versions = { "v1" }, preferredVersion = "v1" },
    { name = "apps", versions = { "v1" }, preferredVersion = "v1" },
  }))

  it("finds the resources of a group in their order", answers(function(k)
    local found = {}
    for _, version in ipairs { "v1", "apps/v1", "apps/v7" } do
      found[version] = {}
      for _, one in ipairs(assert(k:discovery():server_resources_for_group_version(version))) do
        if SERVED[one.resource] then
          found[version][#found[version] + 1] = resource(one)
        end
      end
    end
    return found
  end, {
    v1 = { RESOURCES.configmaps, RESOURCES.namespaces, RESOURCES.pods, RESOURCES.services },
    ["apps/v1"] = { RESOURCES.deployments, RESOURCES.replicasets }, ["apps/v7"] = {},
  }))

  it("finds nothing stale", answers(function(k)
    return { #assert(k:discovery():stale()) }
  end, { 0 }))

  it("tells the version", answers(function(k)
    local version = assert(k:discovery():server_version())
    local keys = {}
    for key, value in pairs(version) do keys[#keys + 1] = key .. ": " .. type(value) end
    table.sort(keys)
    return { version.major, version.minor, version.gitVersion:match("^v1%.36%.") ~= nil, keys }
  end, { "1", "36", true, {
    "buildDate: string", "compiler: string", "emulationMajor: string", "emulationMinor: string",
    "gitCommit: string", "gitTreeState: string", "gitVersion: string", "goVersion: string",
    "major: string", "minCompatibilityMajor: string", "minCompatibilityMinor: string",
    "minor: string", "platform: string",
  } }))
end)

-- ---- as it is ----

--- What is asked, in this order; NS is the case's namespace.
local REQUESTS, EXPECTED, TITLES, UNTIL = {}, {}, {}, {}

--- @param up_to  where the message's part ends that must be the same: the rest is Go's
local function ask(title, request, expected, up_to)
  local i = #REQUESTS + 1
  TITLES[i], REQUESTS[i], EXPECTED[i], UNTIL[i] = title, request, expected, up_to
end

local function text(code, body)
  return { code = code, type = "text/plain; charset=utf-8", body = body }
end

local function status(code, reason, message, details)
  return { code = code, type = "application/json",
    body = failure(code, reason, message, details).error }
end

local NO_RESOURCE = status(404, "NotFound", "the server could not find the requested resource", {})
local NO_METHOD = status(405, "MethodNotAllowed",
  "the server does not allow this method on the requested resource", {})
local CONFIG_MAPS = "/api/v1/namespaces/NS/configmaps"
local JSON = "application/json"

local function made(name, data)
  return { apiVersion = "v1", kind = "ConfigMap", data = data, metadata = {
    name = name, namespace = "NS", uid = "(uid)", resourceVersion = "(version)",
    creationTimestamp = "(time)",
  } }
end

ask("an unknown path", { path = "/nonsense" }, text(404, "404 page not found\n"))
ask("an unknown group", { path = "/apis/nobody.example.com/v1/things" },
  text(404, "404 page not found\n"))
ask("an unknown version", { path = "/apis/apps/v7/deployments" }, NO_RESOURCE)
ask("an unknown resource", { path = "/api/v1/things" }, NO_RESOURCE)
ask("an unknown resource of a namespace", { path = "/api/v1/namespaces/NS/things/x" }, NO_RESOURCE)
ask("an unknown subresource", { path = CONFIG_MAPS .. "/x/nonsense" }, NO_RESOURCE)
ask("a resource of another group", { path = "/apis/apps/v1/namespaces/NS/pods" }, NO_RESOURCE)
ask("health", { path = "/healthz" }, text(200, "ok"))
ask("life", { path = "/livez" }, text(200, "ok"))
ask("readiness", { path = "/readyz" }, text(200, "ok"))

ask("PUT of a collection", { method = "PUT", path = CONFIG_MAPS, body = "{}", content_type = JSON },
  NO_METHOD)
ask("POST of an object", { method = "POST", path = CONFIG_MAPS .. "/x", body = "{}",
  content_type = JSON }, NO_METHOD)
ask("DELETE of all namespaces", { method = "DELETE", path = "/api/v1/namespaces" }, NO_METHOD)
ask("POST without a namespace", { method = "POST", path = "/api/v1/configmaps", body = "{}",
  content_type = JSON }, NO_METHOD)
ask("POST of the version", { method = "POST", path = "/version", body = "{}",
  content_type = JSON }, NO_METHOD)

local UNRECOGNIZED = "the object provided is unrecognized (must be of type ConfigMap): couldn't "
  .. "get version/kind; json parse error: "
ask("half an object", { method = "POST", path = CONFIG_MAPS, body = "{", content_type = JSON },
  status(400, "BadRequest", UNRECOGNIZED .. "unexpected end of JSON input ({)"))
ask("no body", { method = "POST", path = CONFIG_MAPS, body = "", content_type = JSON },
  status(400, "BadRequest", UNRECOGNIZED .. "unexpected end of JSON input (<empty>)"))
ask("no JSON", { method = "POST", path = CONFIG_MAPS, body = "hello", content_type = JSON },
  status(400, "BadRequest", UNRECOGNIZED), "json parse error: ")
ask("data that is no text", { method = "POST", path = CONFIG_MAPS, content_type = JSON,
  body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":1}}' },
  status(400, "BadRequest", 'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: '
    .. "cannot unmarshal number into Go struct field ConfigMap.data of type string"))
ask("data that is no map", { method = "POST", path = CONFIG_MAPS, content_type = JSON,
  body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":["a"]}' },
  status(400, "BadRequest", 'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: '
    .. "cannot unmarshal array into Go struct field ConfigMap.data of type map[string]string"))
for body, problem in pairs {
  ['{"metadata":{"name":"x","labels":[]}}'] = "array into Go struct field "
    .. "ObjectMeta.metadata.labels of type map[string]string",
  ['{"metadata":{"name":5}}'] = "number into Go struct field ObjectMeta.metadata.name of type "
    .. "string",
  ['{"metadata":{"name":"x","labels":{"a":true}}}'] = "bool into Go struct field "
    .. "ObjectMeta.metadata.labels of type string",
  ['{"metadata":{"name":"x","finalizers":{}}}'] = "object into Go struct field "
    .. "ObjectMeta.metadata.finalizers of type []string",
  ['{"metadata":[]}'] = "array into Go struct field ConfigMap.metadata of type v1.ObjectMeta",
  ['{"metadata":{"name":"x","generation":"1"}}'] = "string into Go struct field "
    .. "ObjectMeta.metadata.generation of type int64",
} do
  ask("a value of a wrong type: " .. body, { method = "POST", path = CONFIG_MAPS, body = body,
    content_type = JSON }, status(400, "BadRequest", 'ConfigMap in version "v1" cannot be handled '
    .. "as a ConfigMap: json: cannot unmarshal " .. problem))
end
ask("plain text", { method = "POST", path = CONFIG_MAPS, body = "{}", content_type = "text/plain" },
  status(415, "UnsupportedMediaType", "the body of the request was in an unknown format - accepted "
    .. "media types include: application/json, application/yaml"), "application/yaml")
ask("a patch of no type", { method = "PATCH", path = CONFIG_MAPS .. "/x", body = "{}",
  content_type = JSON }, status(415, "UnsupportedMediaType", "415: Unsupported Media Type", {}))

ask("creating without a kind", { method = "POST", path = CONFIG_MAPS, content_type = JSON,
  body = '{"metadata":{"name":"made"},"data":{"a":"1"}}' },
  { code = 201, type = JSON, body = made("made", { a = "1" }) })
ask("reading", { path = CONFIG_MAPS .. "/made" },
  { code = 200, type = JSON, body = made("made", { a = "1" }) })
ask("listing: the items have no kind of their own", {
  path = CONFIG_MAPS .. "?fieldSelector=metadata.name%3Dmade" }, {
  code = 200, type = JSON, body = {
    apiVersion = "v1", kind = "ConfigMapList", metadata = { resourceVersion = "(version)" },
    items = { { data = { a = "1" }, metadata = made("made").metadata } },
  } })
ask("updating", { method = "PUT", path = CONFIG_MAPS .. "/made", content_type = JSON,
  body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"made"},"data":{"a":"2"}}' },
  { code = 200, type = JSON, body = made("made", { a = "2" }) })
ask("updating by another name", { method = "PUT", path = CONFIG_MAPS .. "/made",
  content_type = JSON,
  body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"other"}}' },
  status(400, "BadRequest", "the name of the object (other) does not match the name on the URL "
    .. "(made)"))
ask("updating without a name", { method = "PUT", path = CONFIG_MAPS .. "/made",
  content_type = JSON, body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{}}' },
  status(400, "BadRequest", "the name of the object (made based on URL) was undeterminable: name "
    .. "must be provided"))
ask("deleting", { method = "DELETE", path = CONFIG_MAPS .. "/made" }, { code = 200, type = JSON,
  body = { apiVersion = "v1", kind = "Status", metadata = {}, status = "Success",
    details = { name = "made", kind = "configmaps", uid = "(uid)" } } })
ask("applying what is new", { method = "PATCH", path = CONFIG_MAPS .. "/applied?fieldManager=me",
  content_type = "application/apply-patch+yaml",
  body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"applied"}}' },
  { code = 201, type = JSON, body = made("applied") })
ask("applying what is there", { method = "PATCH",
  path = CONFIG_MAPS .. "/applied?fieldManager=me", content_type = "application/apply-patch+yaml",
  body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"applied"},"data":{"a":"1"}}' },
  { code = 200, type = JSON, body = made("applied", { a = "1" }) })

ask("a limit that is no number", { path = CONFIG_MAPS .. "?limit=abc" },
  status(400, "BadRequest", 'strconv.ParseInt: parsing "abc": invalid syntax'))

for number, why in pairs {
  ["9223372036854775808"] = "value out of range", ["-9223372036854775809"] = "value out of range",
  ["99x"] = "invalid syntax",
} do
  local expected = status(400, "BadRequest",
    string.format('strconv.ParseInt: parsing "%s": %s', number, why))
  local path = CONFIG_MAPS .. "?timeoutSeconds=" .. number
  ask("a list of so many seconds: " .. number, { path = path }, expected)
  ask("a watch of so many seconds: " .. number, { path = path .. "&watch=true" }, expected)
end

describe("the raw answer to", function()
  local cache = {}

  --- The answers of a server, asked once, one after the other.
  local function all(k, server)
    if cache[server.name] then return cache[server.name] end
    local requests = {}
    for i, request in ipairs(REQUESTS) do
      local copy = {}
      for name, value in pairs(request) do copy[name] = value end
      copy.path = copy.path:gsub("NS", k.namespace)
      requests[i] = copy
    end
    cache[server.name] = server:raw(requests)
    return cache[server.name]
  end

  for i, title in ipairs(TITLES) do
    it(title, answers(function(k, server)
      local answer = all(k, server)[i]
      if UNTIL[i] then
        local _, last = answer.body.message:find(UNTIL[i], 1, true)
        answer.body.message = answer.body.message:sub(1, last)
      end
      return answer
    end, EXPECTED[i]))
  end
end)

describe("a raw discovery document", function()
  --- The resources of a list that the fake serves, and of their subresources the status.
  local function served(list, key)
    local found = {}
    for _, one in ipairs(list) do
      local name, sub = one[key]:match("^([^/]+)/?(.*)$")
      if SERVED[name] and (sub == "" or sub == "status") then
        one.storageVersionHash = nil
        local subresources = one.subresources
        if subresources then
          one.subresources = {}
          for _, its in ipairs(subresources) do
            if its.subresource == "status" then one.subresources[1] = its end
          end
          if #one.subresources == 0 then one.subresources = nil end
        end
        found[#found + 1] = one
      end
    end
    return found
  end

  it("of the aggregated kind", answers(function(_, server)
    local accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    local raw = server:raw { { path = "/api", accept = accept }, { path = "/apis",
      accept = accept } }
    local found = {}
    for i, answer in ipairs(raw) do
      for _, group in ipairs(answer.body.items) do
        if i == 1 or group.metadata.name == "apps" then
          for _, version in ipairs(group.versions) do
            version.resources = served(version.resources, "resource")
          end
          group.metadata = { name = group.metadata.name }
          found[i] = group
        end
      end
      answer.body.items = nil
    end
    return { raw, found }
  end, same.has { {
    { code = 200,
      body = { kind = "APIGroupDiscoveryList", apiVersion = "apidiscovery.k8s.io/v2" } },
  }, {
    [2] = { metadata = { name = "apps" }, versions = { {
      version = "v1", freshness = "Current", resources = { {
        resource = "deployments", scope = "Namespaced", singularResource = "deployment",
        responseKind = { group = "", version = "", kind = "Deployment" }, verbs = VERBS,
        shortNames = { "deploy" }, categories = { "all" },
      } },
    } } },
  } }))

  it("of the old kind", answers(function(_, server)
    local raw = server:raw { { path = "/api" }, { path = "/api/v1" }, { path = "/apis" },
      { path = "/apis/apps" }, { path = "/apis/apps/v1" } }
    raw[1].body.serverAddressByClientCIDRs = nil
    raw[2].body.resources = served(raw[2].body.resources, "name")
    raw[5].body.resources = served(raw[5].body.resources, "name")
    local apps = {}
    for _, group in ipairs(raw[3].body.groups) do
      if group.name == "apps" then apps[#apps + 1] = group end
    end
    raw[3].body.groups = apps
    return raw
  end, (function()
    local function answer(body) return { code = 200, type = JSON, body = body } end
    local version = { groupVersion = "apps/v1", version = "v1" }
    return same.has {
      answer { kind = "APIVersions", versions = { "v1" } },
      answer { kind = "APIResourceList", groupVersion = "v1", resources = { {
        name = "configmaps", singularName = "configmap", namespaced = true, kind = "ConfigMap",
        verbs = VERBS, shortNames = { "cm" },
      } } },
      answer { kind = "APIGroupList", apiVersion = "v1", groups = { {
        name = "apps", versions = { version }, preferredVersion = version,
      } } },
      answer { kind = "APIGroup", apiVersion = "v1", name = "apps", versions = { version },
        preferredVersion = version },
      answer { kind = "APIResourceList", apiVersion = "v1", groupVersion = "apps/v1" },
    }
  end)()))
end)

describe("a raw watch", function()
  it("is a line for each event, and ends after its time", answers(function(k, server)
    for _, name in ipairs { "b", "a" } do
      assert(k:create(same.config_map("frame-" .. name, nil, { frames = "" })))
    end
    local began = kube.now()
    local answer = server:raw { {
      path = (CONFIG_MAPS:gsub("NS", k.namespace))
        .. "?watch=1&timeoutSeconds=1&labelSelector=frames",
    } }[1]
    local events = {}
    for line in answer.body:gmatch("([^\n]*)\n") do
      events[#events + 1] = json.decode(line) or line
    end
    return { answer.code, answer.type, events, kube.now() - began >= 1 }
  end, (function()
    local function added(name)
      local object = made(name)
      object.metadata.labels = { frames = "" }
      return { type = "ADDED", object = object }
    end
    return { 200, JSON, { added("frame-a"), added("frame-b") }, true }
  end)()))
end)
