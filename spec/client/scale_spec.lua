-- The scale client against a scripted server: the resources, Scales and patches of client-go
-- scale/client_test.go, and the scenarios of kubectl pkg/scale/scale_test.go.
local failing = require("spec.support.failing")
local faults = require("spec.support.faults")
local json = require("kube.json")
local kube = require("kube")

local fails = failing.fails

-- group, version, plural, kind, and the apiVersion of its Scale
local ROWS = {
  { "", "v1", "replicationcontrollers", "ReplicationController", "autoscaling/v1" },
  { "extensions", "v1beta1", "replicasets", "ReplicaSet", "extensions/v1beta1", silent = true },
  { "apps", "v1beta2", "deployments", "Deployment", "apps/v1beta2" },
  { "apps", "v1beta1", "statefulsets", "StatefulSet", "apps/v1beta1" },
  { "cheese.testing.k8s.io", "v27alpha15", "cheddars", "Cheddar", "extensions/v1beta1" },
}

local function prefix_of(row)
  return (row[1] == "" and "/api/" or "/apis/" .. row[1] .. "/") .. row[2]
end

local function path_of(row)
  return prefix_of(row) .. "/namespaces/default/" .. row[3] .. "/foo/scale"
end

--- A Scale as a server of that age has it.
local function scale_of(api_version, replicas)
  local selector = api_version == "autoscaling/v1" and "selector" or "targetSelector"
  return {
    apiVersion = api_version, kind = "Scale", metadata = { name = "foo" },
    spec = { replicas = replicas or 10 }, status = { replicas = 10, [selector] = "foo=bar" },
  }
end

-- ---- what the server serves ----

local function document(core)
  local items = json.array {}
  for _, row in ipairs(ROWS) do
    if (row[1] == "") == core then
      items[#items + 1] = {
        metadata = not core and { name = row[1] } or {},
        versions = { { version = row[2], freshness = "Current", resources = { {
          resource = row[3], singularResource = row[4]:lower(), scope = "Namespaced",
          responseKind = { group = row[1], version = row[2], kind = row[4] }, verbs = { "get" },
          subresources = { { subresource = "scale", verbs = { "get", "patch", "update" },
            responseKind = { group = "", version = "", kind = "Scale" } } },
        } } } },
      }
    end
  end
  return { { body = faults.json {
    apiVersion = "apidiscovery.k8s.io/v2", kind = "APIGroupDiscoveryList", metadata = {},
    items = items,
  } } }
end

--- The resources of a group-version as servers of all ages tell them.
local function legacy(row)
  local group, version = row[5]:match("^(.*)/(.*)$")
  if row.silent then group, version = nil, nil end
  return { { body = faults.json {
    kind = "APIResourceList", groupVersion = row[1] .. "/" .. row[2], resources = {
      { name = row[3], namespaced = true, kind = row[4], singularName = "", verbs = {} },
      { name = row[3] .. "/scale", namespaced = true, kind = "Scale", singularName = "",
        group = group, version = version, verbs = {} },
    },
  } } }
end

--- A server whose scales answer with these steps, one list for each row or one function of it.
local function serve(steps)
  local routes = { ["/api"] = document(true), ["/apis"] = document(false) }
  for _, row in ipairs(ROWS) do
    routes[prefix_of(row)] = legacy(row)
    routes[path_of(row)] = steps(row)
  end
  local script = faults.script({ "{}" }, nil, routes)
  local config = assert(kube.config.load {
    kubeconfig = faults.kubeconfig { server = script.server },
  })
  return assert(kube.scale(config)):scales("default"), script, config
end

local function answers(replicas)
  return function(row) return { faults.json(scale_of(row[5], replicas)) } end
end

--- The requests to scales, "METHOD path".
local function asked_of(script)
  local list = {}
  for _, request in ipairs(script.requests()) do
    if request.target:find("/scale", 1, true) then list[#list + 1] = request end
  end
  return list
end

describe("the scale client", function()
  it("gets a Scale of autoscaling/v1, whatever the server has", function()
    local scales, script = serve(answers())
    for i, row in ipairs(ROWS) do
      for _, what in ipairs { { group = row[1], resource = row[3] }, row[4], row[3],
        { group = row[1], version = row[2], resource = row[3] } } do
        assert.same(scale_of("autoscaling/v1"), scales:get(what, "foo"), row[3])
      end
      assert.equal(path_of(row), asked_of(script)[i * 4].target)
    end
  end)

  it("updates with the Scale that the server takes, which it asks for once", function()
    local scales, script = serve(answers())
    for i, row in ipairs(ROWS) do
      local what = { group = row[1], resource = row[3] }
      assert.same(scale_of("autoscaling/v1"), scales:update(what, scale_of("autoscaling/v1")))
      assert(scales:update(what, { metadata = { name = "foo" }, spec = { replicas = 3 } }))
      local asked = asked_of(script)
      local first, second = asked[2 * i - 1], asked[2 * i]
      assert.same({ "PUT", path_of(row) }, { first.method, first.target })
      local sent, bare = json.decode(first.body), json.decode(second.body)
      local expected = scale_of(row[5])
      if row[5] ~= "autoscaling/v1" then expected.status.selector = { foo = "bar" } end
      assert.same(expected, sent)
      assert.same({ row[5], "Scale", 3 }, { bare.apiVersion, bare.kind, bare.spec.replicas })
    end
    local lists = 0
    for _, request in ipairs(script.requests()) do
      if not request.target:find("/scale", 1, true) then lists = lists + 1 end
    end
    assert.equal(#ROWS, lists)
  end)

  it("learns from what it gets which Scale a server takes", function()
    local scales, script = serve(answers())
    local scale = assert(scales:get("cheddars", "foo"))
    assert(scales:update("cheddars", scale))
    assert.equal(2, #script.requests())
    assert.equal("extensions/v1beta1", json.decode(script.requests()[2].body).apiVersion)
  end)

  it("patches, with an object and with operations", function()
    local scales, script = serve(answers(5))
    local patches = {
      merge = { spec = { replicas = 5 } },
      json = { { op = "replace", path = "/spec/replicas", value = 5 } },
    }
    for _, row in ipairs(ROWS) do
      for kind, patch in pairs(patches) do
        local found = scales:patch({ group = row[1], version = row[2], resource = row[3] }, "foo",
          patch, { type = kind })
        assert.same(scale_of("autoscaling/v1", 5), found)
        local asked = asked_of(script)
        local last = asked[#asked]
        assert.same({ "PATCH", path_of(row), "application/" .. kind .. "-patch+json" },
          { last.method, last.target, last.headers["content-type"] })
        assert.same(patch, json.decode(last.body))
      end
    end
  end)

  it("applies, with options", function()
    local scales, script = serve(answers(7))
    assert(scales:apply("deployments", { metadata = { name = "foo" }, spec = { replicas = 7 } },
      { fieldManager = "me", force = true }))
    local asked = asked_of(script)[1]
    assert.same({ "PATCH", "application/apply-patch+yaml", "me", "true" },
      { asked.method, asked.headers["content-type"], asked.query.fieldManager,
        asked.query.force })
    assert.equal("apps/v1beta2", json.decode(asked.body).apiVersion)
  end)

  it("says what it cannot make a Scale of, and what the server refuses", function()
    local scales = serve(function() return { '{"kind":"Pod","apiVersion":"v1"}' } end)
    local found, err = scales:get("deployments", "foo")
    fails(found, err, "BadRequest", "not convertible to autoscaling Scale: v1 Pod")
    scales = serve(function() return { faults.status(404, "NotFound", "no such page") } end)
    fails(nil, select(2, scales:get("deployments", "foo")), "NotFound", "no such page")
    fails(nil, select(2, scales:get("cheeses", "foo")), "NoMatch", "cheeses")
    fails(nil, select(2, scales:update({ version = "v1", resource = "pods" },
      { metadata = { name = "foo" } })), "NoMatch",
      "could not find scale subresource for /v1, Resource=pods in discovery information")
  end)

  it("throws for what it is not asked so", function()
    local scales = serve(answers())
    for message, call in pairs {
      ["get: the name must be a string"] = function() scales:get("pods") end,
      ["update: the object needs a metadata.name"] = function() scales:update("pods", {}) end,
      ["get: unknown option \"subresource\""] =
        function() scales:get("pods", "x", { subresource = "status" }) end,
      ["patch: the patch must be a table"] = function() scales:patch("pods", "x", 3) end,
      ["resource_for: a name, or a table"] = function() scales:get({}, "x") end,
    } do
      assert.error_matches(call, message, 1, true)
    end
  end)
end)

-- ---- k:scale ----

--- A server with one deployment whose scale answers with these steps; the client, and what was
-- asked: "GET PUT".
local function client(steps)
  local _, script, config = serve(function() return steps end)
  local k = assert(kube.connect(config))
  return k, function()
    local verbs = {}
    for i, request in ipairs(asked_of(script)) do verbs[i] = request.method end
    return table.concat(verbs, " "), asked_of(script)
  end
end

--- The Scale of a deployment, of today.
local function has(wanted, actual, version)
  return faults.json {
    apiVersion = "autoscaling/v1", kind = "Scale", spec = { replicas = wanted },
    metadata = { name = "foo", namespace = "default", resourceVersion = version or "1" },
    status = { replicas = actual or wanted },
  }
end

local CONFLICT = faults.status(409, "Conflict", "somebody was faster")

describe("k:scale", function()
  it("patches without a look when nothing must be so", function()
    local k, asked = client { has(3) }
    assert.equal(3, assert(k:scale("deployment/foo", 3)).spec.replicas)
    assert(k:scale("deployments", "foo", 0, { dryRun = "All", fieldManager = "me" }))
    local verbs, requests = asked()
    assert.equal("PATCH PATCH", verbs)
    assert.same({ '{"spec":{"replicas":3}}', '{"spec":{"replicas":0}}' },
      { requests[1].body, requests[2].body })
    assert.same({ "All", "me" }, { requests[2].query.dryRun, requests[2].query.fieldManager })
  end)

  it("looks and updates when something must be so", function()
    for _, must in ipairs {
      { current_replicas = 10 }, { resourceVersion = "7" },
      { current_replicas = 10, resourceVersion = "7" },
    } do
      local k, asked = client { has(10, 10, "7"), has(20) }
      assert.equal(20, assert(k:scale("deployment/foo", 20, must)).spec.replicas)
      local verbs, requests = asked()
      assert.equal("GET PUT", verbs)
      local sent = json.decode(requests[2].body)
      assert.same({ 20, "7" }, { sent.spec.replicas, sent.metadata.resourceVersion })
    end
  end)

  it("changes nothing when it is not so", function()
    for message, must in pairs {
      ["Expected replicas to be 1, was 5"] = { current_replicas = 1 },
      ["Expected resource version to be v1, was 7"] =
        { current_replicas = 5, resourceVersion = "v1" },
    } do
      local k, asked = client { has(5, 5, "7") }
      local found, err = k:scale("deployment/foo", 3, must)
      fails(found, err, "Conflict", message)
      assert.equal("GET", (asked()))
    end
  end)

  it("tries again when somebody was faster", function()
    local k, asked = client { CONFLICT, CONFLICT, has(3) }
    assert.equal(3, assert(k:scale("deployment/foo", 3)).spec.replicas)
    assert.equal("PATCH PATCH PATCH", (asked()))
    k, asked = client { has(2), CONFLICT, has(2, 2, "2"), has(3) }
    assert.equal(3, assert(k:scale("deployment/foo", 3, { current_replicas = 2 })).spec.replicas)
    assert.equal("GET PUT GET PUT", (asked()))
    k, asked = client { has(2), CONFLICT, has(3, 3, "2") }
    local found, err = k:scale("deployment/foo", 3, { current_replicas = 2 })
    fails(found, err, "Conflict", "Expected replicas to be 2, was 3")
    assert.equal("GET PUT GET", (asked()))
  end)

  it("does not try again what is refused", function()
    local k, asked = client { faults.status(422, "Invalid", "too many") }
    fails(nil, select(2, k:scale("deployment/foo", 3)), "Invalid", "too many")
    assert.equal("PATCH", (asked()))
    k, asked = client { faults.status(403, "Forbidden", "not you") }
    fails(nil, select(2, k:scale("deployment/foo", 3, { current_replicas = 1 })), "Forbidden")
    assert.equal("GET", (asked()))
  end)

  it("waits until there are as many", function()
    local k, asked = client { has(3, 1), has(3, 1), has(3, 2), has(3) }
    local scale = assert(k:scale("deployment/foo", 3, { timeout = 20 }))
    assert.equal(3, scale.status.replicas)
    assert.equal("PATCH GET GET GET", (asked()))
  end)

  it("does not wait for what somebody else changed, nor after a dry run", function()
    local k, asked = client { has(3, 1), has(4, 1) }
    assert.equal(4, assert(k:scale("deployment/foo", 3, { timeout = 20 })).spec.replicas)
    assert.equal("PATCH GET", (asked()))
    k, asked = client { has(3, 1) }
    assert(k:scale("deployment/foo", 3, { timeout = 20, dryRun = "All" }))
    assert.equal("PATCH", (asked()))
  end)

  it("says how far it came when time runs out", function()
    local k = client { has(3, 1) }
    local found, err = k:scale("deployment/foo", 3, { timeout = 0.2 })
    fails(found, err, "Timeout", 'timed out waiting for "foo" to be synced',
      "it has 1 of 3 replicas")
  end)

  it("throws for what is no number of replicas", function()
    local k = client { has(3) }
    for message, call in pairs {
      ["the replicas must be an integer greater than or equal to 0"] =
        function() k:scale("deployment/foo", -1) end,
      ["scale: the replicas must be"] = function() k:scale("deployment/foo") end,
      ["scale: the name must be a string"] = function() k:scale("deployment", 3) end,
      ["the option current_replicas must be"] =
        function() k:scale("deployment/foo", 3, { current_replicas = -1 }) end,
      ["unknown option \"replicas\""] =
        function() k:scale("deployment/foo", 3, { replicas = 1 }) end,
    } do
      assert.error_matches(call, message, 1, true)
    end
  end)
end)
