-- Discovery of servers that know no aggregated documents, of what fails for some, and what is asked
-- again.
local faults = require("spec.support.faults")
local json = require("kube.json")
local kube = require("kube")

local function list(group_version, ...)
  local resources = json.array()
  for i, name in ipairs { ... } do
    resources[i] = { name = name, singularName = "", namespaced = true, kind = "K" .. i,
      verbs = json.array { "get", "list" } }
  end
  return faults.json { kind = "APIResourceList", groupVersion = group_version,
    resources = resources }
end

local function groups(...)
  local all = json.array()
  for i, name in ipairs { ... } do
    all[i] = { name = name, versions = json.array { { groupVersion = name .. "/v1",
      version = "v1" } }, preferredVersion = { groupVersion = name .. "/v1", version = "v1" } }
  end
  return faults.json { kind = "APIGroupList", apiVersion = "v1", groups = all }
end

local CORE = { faults.json { kind = "APIVersions", versions = json.array { "v1" } } }

--- A server of old with a core group, and groups g1, g2, g3: each route may be another.
local function server(routes)
  local all = {
    ["/api"] = CORE, ["/apis"] = { groups("g1", "g2", "g3") },
    ["/api/v1"] = { list("v1", "pods", "pods/log", "nodes") },
    ["/apis/g1/v1"] = { list("g1/v1", "ones") }, ["/apis/g2/v1"] = { list("g2/v1", "twos") },
    ["/apis/g3/v1"] = { list("g3/v1", "threes") },
  }
  for route, steps in pairs(routes or {}) do all[route] = steps end
  return faults.script({ { status = 404, body = "" } }, nil, all)
end

local function connect(script)
  return assert(kube.discovery {
    kubeconfig = faults.kubeconfig { server = script.server }, discovery_cache = false,
  })
end

local function names(resources)
  local all = {}
  for i, r in ipairs(resources) do
    all[i] = (r.group == "" and "" or r.group .. "/") .. r.version .. "/" .. r.resource
  end
  return table.concat(all, " ")
end

describe("discovery of a server of old", function()
  it("reads a list for each group-version, in the order of the groups", function()
    local script = server()
    local discovery = connect(script)
    local resources, problem = discovery:server_resources()
    assert.is_nil(problem)
    assert.equal("v1/pods v1/nodes g1/v1/ones g2/v1/twos g3/v1/threes", names(resources))
    assert.same({ group = "", version = "v1", resource = "pods", singular = "", kind = "K1",
      namespaced = true, verbs = { "get", "list" }, shortNames = {}, categories = {},
      subresources = { "log" } }, resources[1])
    assert.equal("log", assert(discovery:server_subresources())[1].subresource)
    assert.equal(6, #script.requests(true))
    for i, request in ipairs(script.requests(true)) do
      local accept = request.headers.accept
      assert.equal(i <= 2, accept:find("APIGroupDiscoveryList", 1, true) ~= nil, request.target)
      assert.truthy(accept:find("application/json$"), request.target)
    end
  end)

  it("asks for no aggregated documents when told not to", function()
    local script = server()
    local resources = assert(connect(script):with_legacy():server_resources())
    assert.equal(5, #resources)
    for _, request in ipairs(script.requests(true)) do
      assert.equal("application/json", request.headers.accept)
    end
  end)

  it("asks for the lists at the same time", function()
    local slow = { chunks = { list("g1/v1", "ones") }, delay = 0.3 }
    local script = server { ["/apis/g1/v1"] = { slow }, ["/apis/g2/v1"] = { slow },
      ["/apis/g3/v1"] = { slow }, ["/api/v1"] = { slow } }
    local began = kube.now()
    assert.equal(4, #assert(connect(script):server_resources()))
    assert.is_true(kube.now() - began < 1, "one after the other")
  end)

  it("reads only what is of old when the others are aggregated", function()
    local script = faults.script({ { status = 404, body = "" } }, nil, {
      ["/apis"] = { groups("g1") }, ["/apis/g1/v1"] = { list("g1/v1", "ones") },
    }) -- whose /api is aggregated
    assert.equal("v1/pods g1/v1/ones", names(assert(connect(script):server_resources())))
    assert.equal(3, #script.requests(true))
  end)

  it("takes a server without v1 for one without a core group", function()
    local resources, problem = connect(server { ["/api/v1"] = { { status = 404 } } })
      :server_resources()
    assert.is_nil(problem)
    assert.equal("g1/v1/ones g2/v1/twos g3/v1/threes", names(resources))
  end)
end)

describe("what failed for some group-versions", function()
  it("comes behind what is known, whatever it was", function()
    local script = server {
      ["/apis/g1/v1"] = { faults.status(503, "ServiceUnavailable", "not now") },
      ["/apis/g2/v1"] = { { body = "<html>", headers = { ["Content-Type"] = "text/html" } } },
      ["/api/v1"] = { faults.status(403, "Forbidden", "not you") },
    }
    local discovery = connect(script)
    local resources, problem = discovery:server_resources()
    assert.equal("g3/v1/threes", names(resources))
    assert.equal("GroupDiscoveryFailed", problem.reason)
    assert.equal(503, problem.groups["g1/v1"].code)
    assert.equal("Decode", problem.groups["g2/v1"].reason)
    assert.is_true(kube.is_forbidden(problem.groups["v1"]))
    local start = "unable to retrieve the complete list of server APIs: g1/v1: "
    assert.equal(start, problem.message:sub(1, #start))
    assert.truthy(problem.message:find(", g2/v1: .*, v1: "))
    assert.is_nil(problem.message:find("<html>", 1, true))
    local stale = assert(discovery:stale())
    table.sort(stale)
    assert.same({ "g1/v1", "g2/v1", "v1" }, stale)
    local found, err = discovery:server_groups_and_resources()
    assert.equal(4, #found)
    assert.equal(1, #err)
    assert.equal("GroupDiscoveryFailed", select(3, discovery:server_groups_and_resources()).reason)
    assert.equal("GroupDiscoveryFailed", select(2, discovery:server_preferred_resources()).reason)
  end)

  -- client-go cached/memory/memcache_test.go TestPartialRetryableFailure
  it("is asked for again when it may work by now, and that is remembered", function()
    local script = server { ["/apis/g2/v1"] = {
      { status = 503, body = "" }, { status = 502, body = "" }, { status = 429, body = "" },
      list("g2/v1", "twos", "twos/x"), { status = 500, body = "" },
    } }
    local discovery = connect(script)
    assert.truthy(select(2, discovery:server_resources()))
    local found, err = discovery:server_resources_for_group_version("g2/v1")
    assert.is_nil(found)
    assert.equal(429, err.code)
    for _ = 1, 2 do
      assert.equal("g2/v1/twos", names(assert(
        discovery:server_resources_for_group_version("g2/v1"))))
    end
    local resources, problem = discovery:server_resources()
    assert.is_nil(problem)
    assert.equal("v1/pods v1/nodes g1/v1/ones g2/v1/twos g3/v1/threes", names(resources))
    assert.same({}, assert(discovery:stale()))
    assert.equal("x", assert(discovery:server_subresources())[2].subresource)
    assert.equal(9, #script.requests(true))
  end)

  -- client-go discovery/discovery_client_test.go TestServerPreferredResourcesRetries
  it("is asked for once more at once, where somebody could not answer just now", function()
    for errors, count in ipairs { 5, 4 } do
      local steps = { list("g2/v1", "twos") }
      for _ = 1, errors do table.insert(steps, 1, { status = 500, body = "" }) end
      local resources, problem = connect(server { ["/apis/g2/v1"] = steps })
        :server_preferred_resources()
      assert.equal(count, #resources)
      assert.equal(errors == 2, kube.is_group_discovery_failed(problem))
    end
  end)

  -- client-go cached/memory/memcache_test.go TestPartialPermanentFailure
  it("is not asked for again when it will not, before it is told to forget", function()
    local script = server { ["/apis/g2/v1"] = {
      { status = 404, body = "", once = true }, list("g2/v1", "twos"),
    } }
    local discovery = connect(script)
    for _ = 1, 2 do
      local found, err = discovery:server_resources_for_group_version("g2/v1")
      assert.is_nil(found)
      assert.equal(404, err.code)
    end
    assert.is_false(assert(discovery:is_resource_enabled {
      group = "g2", version = "v1", resource = "twos" } == false) == false)
    discovery:invalidate()
    assert.equal("g2/v1/twos", names(assert(
      discovery:server_resources_for_group_version("g2/v1"))))
    assert.is_true(discovery:is_resource_enabled { group = "g2", version = "v1",
      resource = "twos" })
    assert.is_false(discovery:is_resource_enabled { group = "g2", version = "v1",
      resource = "twos/x" })
    assert.is_true(discovery:is_resource_enabled { version = "v1", resource = "pods/log" })
    assert.is_false(discovery:is_resource_enabled { group = "no", version = "v1",
      resource = "pods" })
  end)

  it("may be a name that is none", function()
    local script = server { ["/apis"] = { faults.json { groups = json.array { {
      name = "..", versions = json.array { { version = "v1" }, { version = "a/b" } },
    } } } } }
    local resources, problem = connect(script):server_resources()
    assert.equal("v1/pods v1/nodes", names(resources))
    assert.equal("BadRequest", problem.groups["../v1"].reason)
    assert.equal(3, #script.requests(true))
  end)
end)

describe("discovery as a whole", function()
  it("fails where nothing is known", function()
    local cases = {
      { api = { { body = "<html>", headers = { ["Content-Type"] = "text/html" } } },
        reason = "Decode", words = "not JSON" },
      { apis = { "[]" }, reason = "Decode", words = "without a kind" },
      { apis = { { body = "[]", headers = { ["Content-Type"] = "application/json;v=v2;"
        .. "g=apidiscovery.k8s.io;as=APIGroupDiscoveryList" } } }, reason = "Decode",
        words = "without a kind" },
      { apis = { faults.json { kind = "Pod" } }, reason = "Decode", words = "answered a Pod" },
      { apis = { list("v1", "pods") }, reason = "Decode", words = "list of resources" },
      { apis = { "" }, reason = "Decode", words = "without a body" },
      { apis = { faults.status(403, "Forbidden", "no") }, reason = "Forbidden", words = "no" },
      { api = { faults.status(403, "Forbidden", "no") }, reason = "Forbidden", words = "no" },
      { apis = { { raw = "", ["then"] = "close" } }, reason = "Connection", words = "/apis" },
      { apis = { { announce = 40000000, body = "{", ["then"] = "close" } }, reason = "TooLarge",
        words = "40000000" },
      { apis = { { announce = 33600000, body = '{"groups":[', filler = ("{},"):rep(100000),
        times = 112, ["then"] = "close" } }, reason = "TooLarge", words = "33600000" },
    }
    for i, case in ipairs(cases) do
      local routes = {}
      if case.api then routes["/api"] = case.api end
      if case.apis then routes["/apis"] = case.apis end
      local discovery = connect(server(routes))
      local resources, err = discovery:server_resources()
      assert.is_nil(resources, i)
      assert.is_nil(faults.flaw(err, case.reason, { case.words }), i)
      assert.is_false(discovery:fresh())
    end
  end)

  it("ends with the time-out around it, and can be asked again", function()
    local script = server { ["/apis/g2/v1"] = { { raw = "", ["then"] = "hang" } } }
    local discovery = connect(script)
    local resources, err = kube.with_timeout(0.2, discovery.server_resources, discovery)
    assert.is_nil(resources)
    assert.equal("Timeout", err.reason, tostring(err))
    assert.truthy(err.message:find(script.server, 1, true))
  end)

  it("does not ask for what has not changed", function()
    local function aggregated(name, etag)
      return { body = faults.json { kind = "APIGroupDiscoveryList", items = json.array { {
        metadata = { name = name }, versions = json.array { { version = "v1",
          resources = json.array { { resource = "things", responseKind = { kind = "Thing" } } } } },
      } } }, headers = { ETag = etag } }
    end
    local script = server {
      ["/api"] = { aggregated("", '"a"'), { status = 304 }, { status = 304 } },
      ["/apis"] = { aggregated("g", '"b"'), { status = 304 }, aggregated("h", '"c"') },
    }
    local discovery = connect(script)
    assert.equal("v1/things g/v1/things", names(assert(discovery:server_resources())))
    assert.is_true(discovery:refresh())
    assert.equal("v1/things g/v1/things", names(assert(discovery:server_resources())))
    discovery:invalidate()
    assert.equal("v1/things h/v1/things", names(assert(discovery:server_resources())))
    local asked = {}
    for _, request in ipairs(script.requests(true)) do
      asked[#asked + 1] = request.target .. (request.headers["if-none-match"] or "")
    end
    table.sort(asked)
    assert.same({ "/api", '/api"a"', '/api"a"', "/apis", '/apis"b"', '/apis"b"' }, asked)
  end)

  it("takes a 304 that it did not ask for as a failure", function()
    local resources, err = connect(server { ["/apis"] = { { status = 304 } } }):server_resources()
    assert.is_nil(resources)
    assert.equal(304, err.code)
  end)
end)

describe("OpenAPI v3", function()
  local INDEX = faults.json { paths = {
    ["apis/apps/v1"] = { serverRelativeURL = "/openapi/v3/apis/apps/v1?hash=A" },
    ["apis/batch/v1"] = { serverRelativeURL = "/openapi/v3/apis/batch/v1" },
    ["apis/apps"] = { serverRelativeURL = "/openapi/v3/apis/apps" },
    ["apis/else/v1"] = { serverRelativeURL = "/elsewhere?hash=A" },
    ["apis/bad/v1"] = { serverRelativeURL = "https://other/x" },
    ["apis/none/v1"] = {},
    version = { serverRelativeURL = "/openapi/v3/version" },
  } }

  it("asks for a document that bears a hash once", function()
    local script = server {
      ["/openapi/v3"] = { INDEX }, ["/openapi/v3/apis/apps/v1"] = { '{"openapi":"3.0.0"}' },
      ["/openapi/v3/apis/batch/v1"] = { '{"openapi":"3.0.0"}' },
    }
    local discovery = connect(script)
    assert.same({ "apps/v1", "bad/v1", "batch/v1", "else/v1", "none/v1" },
      assert(discovery:openapi_v3():group_versions()))
    for round = 1, 3 do
      local own = assert(discovery:openapi_v3():schema("apps/v1"))
      assert.equal("3.0.0", own.openapi)
      own.openapi = "changed"
      assert.equal("3.0.0", assert(discovery:openapi_v3():schema("batch/v1")).openapi)
      if round == 2 then discovery:invalidate() end
    end
    local counts = {}
    for _, request in ipairs(script.requests(true)) do
      counts[request.target] = (counts[request.target] or 0) + 1
    end
    assert.same({ ["/openapi/v3"] = 2, ["/openapi/v3/apis/apps/v1?hash=A"] = 1,
      ["/openapi/v3/apis/batch/v1"] = 3 }, counts)
  end)

  it("forgets a document that the index has not any more", function()
    local other = INDEX:gsub("hash=A", "hash=B")
    local script = server {
      ["/openapi/v3"] = { INDEX, other, INDEX }, ["/openapi/v3/apis/apps/v1"] = { "{}" },
    }
    local discovery = connect(script)
    for _ = 1, 3 do
      assert(discovery:openapi_v3():schema("apps/v1"))
      discovery:invalidate()
    end
    assert.equal(6, #script.requests(true)) -- and all that was ever read would be five
  end)

  it("tells what there is not", function()
    local script = server { ["/openapi/v3"] = { INDEX } }
    local v3 = connect(script):openapi_v3()
    for _, name in ipairs { "not/found", "none/v1" } do
      local schema, err = v3:schema(name)
      assert.is_nil(schema)
      assert.is_true(kube.is_not_found(err))
      assert.equal("GroupVersion (" .. name .. ") not found as OpenAPI V3 path", err.message)
    end
    local schema, err = v3:schema("bad/v1")
    assert.is_nil(schema)
    assert.equal("Decode", err.reason)
    schema, err = v3:schema("else/v1") -- from the root of the host, where nothing answers
    assert.is_nil(schema)
    assert.truthy(err.message:find(faults.http .. "/elsewhere", 1, true), err.message)
  end)
end)
