-- What discovery remembers and the server does not serve any more, and objects whose kind is that
-- of a subresource: on a real server.
local cluster = require("spec.support.cluster")
local failing = require("spec.support.failing")
local kube = require("kube")

local fails = failing.fails

local function definition(group)
  return {
    apiVersion = "apiextensions.k8s.io/v1", kind = "CustomResourceDefinition",
    metadata = { name = "gizmos." .. group },
    spec = {
      group = group, scope = "Namespaced",
      names = { plural = "gizmos", singular = "gizmo", kind = "Gizmo", shortNames = { "gz" },
        categories = { (group:gsub("%..*", "s")) } },
      versions = { { name = "v1", served = true, storage = true, schema = { openAPIV3Schema = {
        type = "object", ["x-kubernetes-preserve-unknown-fields"] = true,
      } } } },
    },
  }
end

describe("a CRD that another program deletes", function()
  local space = cluster.namespace("remembered")
  local k, other, group

  before_each(function()
    k, other = cluster.connect("admin", { namespace = space }), cluster.connect("admin")
    group = cluster.unique("g") .. ".example.com"
    assert(other:create(definition(group)))
    assert(other:wait("crd/gizmos." .. group, { condition = "Established" }))
    cluster.eventually(function() return k:list("gizmos." .. group) end)
    assert(other:delete("crd", "gizmos." .. group))
    cluster.eventually(function() -- the server needs a moment, too
      local list, err = other:list("gizmos." .. group)
      return not list and kube.is_no_match(err)
    end)
  end)

  it("is not there any more for get, list and create, at once", function()
    local name = "gizmos." .. group
    fails(nil, select(2, k:get(name, "a")), "NoMatch", name)
    assert(k:resource_for("pods"))
    fails(nil, select(2, k:list(name)), "NoMatch", name)
    local gizmo = { apiVersion = group .. "/v1", kind = "Gizmo", metadata = { name = "a" } }
    fails(nil, select(2, k:create(gizmo)), "NoMatch", "Gizmo")
  end)

  it("is left out of its category", function()
    local category = group:gsub("%..*", "s")
    fails(nil, select(2, k:list(category)), "NoMatch", category)
  end)

  it("fails a stream once, and is not there any more for the next", function()
    local name = "gizmos." .. group
    local stream = k:each(name)
    local _, err = stream:next(10)
    assert.is_true(kube.is_not_found(err) or kube.is_no_match(err))
    stream:close()
    _, err = k:each(name):next(10)
    fails(nil, err, "NoMatch", name)
  end)
end)

describe("what methods give", function()
  local k = cluster.connect("admin")

  it("is a value alone, or nil and an error, so that assert and print are of use", function()
    local function count(...) return select("#", ...) end
    assert.equal(1, count(k:get("ns", "default")))
    assert.equal(1, count(k:list("ns")))
    assert.equal(2, count(k:get("ns", "none")))
    assert.equal(2, count(k:list("nones")))
    assert.equal(2, count(k:delete("ns", "none")))
    assert.equal(2, count(k:patch("ns", "none", {})))
  end)
end)

describe("an object of a subresource's kind", function()
  local space = cluster.namespace("subresource")
  local k = cluster.connect("admin", { namespace = space })

  it("is an eviction, of the pod that it names", function()
    assert(k:create { apiVersion = "v1", kind = "Pod", metadata = { name = "web-0" },
      spec = { containers = { { name = "c", image = "nginx" } } } })
    assert(k:create({ apiVersion = "policy/v1", kind = "Eviction",
      metadata = { name = "web-0" } }, { subresource = "eviction" }))
    assert(k:wait("pod/web-0", { delete = true }))
  end)

  it("is a token, of the service account that the option names", function()
    local token = assert(k:create({ apiVersion = "authentication.k8s.io/v1",
      kind = "TokenRequest", spec = { expirationSeconds = 600 } },
      { subresource = "token", name = "default" }))
    assert.is_string(token.status.token)
  end)

  it("is refused where several resources could be meant", function()
    fails(nil, select(2, k:create({ apiVersion = "autoscaling/v1", kind = "Scale",
      metadata = { name = "web" } }, { subresource = "scale" })), "AmbiguousMatch",
      "have a subresource \"scale\" that takes a Scale")
  end)
end)
