-- The metadata client: the rows of client-go v0.36.3 metadata/metadata_test.go, then the real API
-- server, and one that only has whole objects.
local cluster = require("spec.support.cluster")
local fake = require("kube.fake")
local faults = require("spec.support.faults")
local json = require("kube.json")
local kube = require("kube")

local PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
local PARTIALS = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,"
  .. "application/json"

--- A server that answers everything so, and its resources of a group in the namespace ns.
local function client_of(answer)
  local script = faults.script({ answer }, nil, { ["/apis"] = { answer } })
  local config = assert(kube.config.load {
    kubeconfig = faults.kubeconfig { server = script.server },
  })
  return kube.metadata(config):resource { group = "group", version = "v1", resource = "resource" }
    :namespace("ns"), script
end

local function pod(metadata, kind, api_version)
  return faults.json { apiVersion = api_version, kind = kind, metadata = metadata,
    spec = { nodeName = "n" } }
end

local NAMED = { name = "name", namespace = "ns" }

describe("the rows of client-go's metadata_test.go", function()
  it("GET is able to convert a JSON object to PartialObjectMetadata", function()
    local client, script = client_of(pod(NAMED, "Pod", "v1"))
    local got = assert(client:get("name"))
    assert.same({ apiVersion = "v1", kind = "Pod", metadata = NAMED }, got)
    local request = script.requests()[1]
    assert.equal("GET", request.method)
    assert.equal("/apis/group/v1/namespaces/ns/resource/name", request.target)
    assert.equal(PARTIAL, request.headers.accept)
  end)

  it("LIST is able to convert a JSON object to PartialObjectMetadata", function()
    local client, script = client_of('{"kind":"PodList","apiVersion":"v1",'
      .. '"metadata":{"resourceVersion":"253"},"items":[' .. pod(NAMED, "Pod", "v1") .. "]}")
    local list = assert(client:list())
    assert.equal("253", list.metadata.resourceVersion)
    assert.same({ { apiVersion = "v1", kind = "Pod", metadata = NAMED } }, list.items)
    local request = script.requests()[1]
    assert.equal("/apis/group/v1/namespaces/ns/resource?limit=500", request.target)
    assert.equal(PARTIALS, request.headers.accept)
  end)

  local FLAWS = {
    { "GET fails if the object is JSON and has no kind", pod({ uid = "123" }, nil, nil),
      "Object 'Kind' is missing" },
    { "GET fails if the object is JSON and has no apiVersion", pod({ uid = "123" }, "Pod", nil),
      "Object 'apiVersion' is missing" },
    { "GET fails if the object is JSON and not clearly metadata", pod({}, "Pod", "v1"),
      "object does not appear to match the ObjectMeta schema" },
  }
  for _, row in ipairs(FLAWS) do
    it(row[1], function()
      for _, verb in ipairs { "get", "patch" } do
        local got, err = client_of(row[2])[verb](client_of(row[2]), "name",
          verb == "patch" and {} or nil)
        assert.is_nil(got)
        assert.equal("Decode", err.reason)
        assert.truthy(err.message:find(row[3], 1, true), err.message)
        assert.truthy(err.message:find('resource.group "name" in namespace ns', 1, true))
      end
    end)
  end

  it("Delete and DeleteCollection send DeleteOptions as JSON", function()
    local client, script = client_of('{"kind":"Status","apiVersion":"v1","status":"Success"}')
    assert(client:delete("name", { gracePeriodSeconds = 0 }))
    assert(client:delete_collection { labelSelector = "a=b" })
    local requests = script.requests()
    assert.equal("DELETE /apis/group/v1/namespaces/ns/resource/name",
      requests[1].method .. " " .. requests[1].target)
    assert.equal("DELETE /apis/group/v1/namespaces/ns/resource?labelSelector=a%3Db",
      requests[2].method .. " " .. requests[2].target)
    for _, request in ipairs(requests) do
      assert.equal("application/json", request.headers["content-type"])
      assert.equal("DeleteOptions", assert(json.decode(request.body)).kind)
    end
  end)
end)

describe("the metadata client", function()
  it("patches as the dynamic client does, and gives the metadata", function()
    local client, script = client_of(pod(NAMED, "Pod", "v1"))
    assert.same({ apiVersion = "v1", kind = "Pod", metadata = NAMED },
      assert(client:patch("name", { a = 1 }, { type = kube.patch.STRATEGIC, fieldManager = "me",
        subresource = "status" })))
    local request = script.requests()[1]
    assert.equal("PATCH", request.method)
    assert.equal("/apis/group/v1/namespaces/ns/resource/name/status?fieldManager=me",
      request.target)
    assert.equal("application/strategic-merge-patch+json", request.headers["content-type"])
    assert.equal(PARTIAL, request.headers.accept)
  end)

  it("watches with the same Accept as it gets", function()
    local client, script = client_of { chunks = {
      faults.json { type = "ADDED", object = { apiVersion = "v1", kind = "Pod", metadata = NAMED,
        spec = { nodeName = "n" } } },
    } }
    local watch = client:watch { resume = false }
    assert.same({ type = "ADDED", object = { apiVersion = "v1", kind = "Pod", metadata = NAMED } },
      assert(watch:next(10)))
    assert.equal(PARTIAL, script.requests()[1].headers.accept)
  end)

  it("says at the caller's line what cannot be", function()
    local client = client_of("{}")
    local function thrown(words, verb, ...)
      local ok, message = pcall(client[verb], client, ...)
      assert.is_false(ok)
      assert.truthy(tostring(message):find(words, 1, true), tostring(message))
    end
    thrown('get: unknown option "as"', "get", "x", { as = "Table" })
    thrown('each: unknown option "includeObject"', "each", { includeObject = "None" })
    thrown("get: the name must be a string", "get")
    thrown("what was given cannot be taken back", "each", { on_expired = "relist" })
    thrown('watch: on_expired must be "restart" or "error"', "watch", { on_expired = "relist" })
    for _, verb in ipairs { "get", "list", "each", "watch", "patch", "delete",
      "delete_collection" } do
      local line
      local _, message = pcall(function()
        line = debug.getinfo(1, "l").currentline + 1
        local _ = client[verb](client, { typo = 1 }, { typo = 1 }, { typo = 1 })
      end)
      assert.truthy(message:find("metadata_spec.lua:" .. line .. ":", 1, true), message)
    end
  end)

  --- What holds on every server.
  local function works(config, namespace)
    local dynamic = kube.dynamic(config):resource { version = "v1", resource = "configmaps" }
      :namespace(namespace)
    local maps = kube.metadata(config):resource { version = "v1", resource = "configmaps" }
      :namespace(namespace)
    for i = 1, 3 do
      assert(dynamic:create(cluster.config_map(namespace, "meta-" .. i, { a = "1" },
        { set = "meta" })))
    end
    local got = assert(maps:get("meta-1"))
    assert.equal("meta-1", got.metadata.name)
    assert.equal("meta", got.metadata.labels.set)
    assert.is_nil(got.data)
    local list = assert(maps:list { labelSelector = "set=meta" })
    assert.equal(3, #list.items)
    assert.truthy(list.metadata.resourceVersion)
    assert.is_nil(list.items[1].data)
    local n = 0
    for item in maps:each { labelSelector = "set=meta", limit = 2 } do
      n = n + 1
      assert.equal("meta-" .. n, item.metadata.name)
      assert.is_nil(item.data)
      assert.truthy(item.kind)
    end
    assert.equal(3, n)
    local watch = maps:watch { fieldSelector = "metadata.name=meta-3" }
    assert.equal("ADDED", assert(watch:next(30)).type)
    got = assert(maps:patch("meta-3", { metadata = { labels = { seen = "yes" } } }))
    assert.equal("yes", got.metadata.labels.seen)
    assert.is_nil(got.data)
    local event = assert(watch:next(30))
    assert.equal("MODIFIED", event.type)
    assert.equal("yes", event.object.metadata.labels.seen)
    assert.is_nil(event.object.data)
    watch:close()
    assert(maps:delete("meta-1"))
    assert.is_true(kube.is_not_found((select(2, maps:get("meta-1")))))
    assert(maps:delete_collection { labelSelector = "set=meta" })
    assert.equal(0, #assert(maps:list { labelSelector = "set=meta" }).items)
    return got
  end

  it("works with the real API server, which sends no more", function()
    local config = assert(kube.config.load { kubeconfig = cluster.kubeconfig("admin") })
    assert.equal("PartialObjectMetadata", works(config, cluster.namespace("metadata")).kind)
  end)

  it("works with kube.fake, which sends whole objects", function()
    local server = assert(fake.start())
    assert.equal("ConfigMap", works(assert(server:connect()).config, "default").kind)
    server:close()
  end)
end)
