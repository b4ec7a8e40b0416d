local cluster = require("spec.support.cluster")
local kube = require("kube")
local things = require("spec.support.things")

local k = cluster.connect()
local namespace = cluster.namespace("dynamic-apply")
local own = things.of(namespace)
local config_map = own.config_map
local refused = things.refused

local IN = { namespace = namespace }

describe("apply", function()
  it("creates what is not there, and changes what is", function()
    local applied = assert(k:apply(config_map("applied", { a = "1", b = "2" })))
    assert.same({ a = "1", b = "2" }, applied.data)
    assert.equal("kube-lua", applied.metadata.managedFields[1].manager)
    assert.equal("Apply", applied.metadata.managedFields[1].operation)
    applied = assert(k:apply(config_map("applied", { a = "2" })))
    assert.same({ a = "2" }, applied.data) -- b was ours and is wanted no more
  end)

  it("leaves the fields of others, and conflicts where both want the same one", function()
    assert(k:apply(config_map("shared", { a = "1" }), { fieldManager = "one" }))
    assert(k:apply(config_map("shared", { b = "1" }), { fieldManager = "two" }))
    assert.same({ a = "1", b = "1" }, assert(k:get("cm", "shared", IN)).data)
    local err = refused("Conflict", k:apply(config_map("shared", { a = "2", b = "1" }),
      { fieldManager = "two" }))
    assert.is_true(kube.is_conflict(err))
    assert.equal(409, err.code)
    assert.truthy(err.message:find('"one"', 1, true), err.message)
    assert.equal("FieldManagerConflict", err.status.details.causes[1].reason)
    assert.equal(".data.a", err.status.details.causes[1].field)
    assert.equal("1", assert(k:get("cm", "shared", IN)).data.a)
  end)

  it("takes over by force, and the other one conflicts from then on", function()
    assert(k:apply(config_map("forced", { a = "1" }), { fieldManager = "one" }))
    local forced = assert(k:apply(config_map("forced", { a = "2" }),
      { fieldManager = "two", force = true }))
    assert.equal("2", forced.data.a)
    refused("Conflict", k:apply(config_map("forced", { a = "1" }), { fieldManager = "one" }))
  end)

  it("applies the status alone", function()
    assert(k:create {
      apiVersion = "policy/v1", kind = "PodDisruptionBudget",
      metadata = { name = "status", namespace = namespace },
      spec = { minAvailable = 1, selector = { matchLabels = { app = "none" } } },
    })
    local config = assert(kube.config.load { kubeconfig = cluster.kubeconfig("admin") })
    local budgets = kube.dynamic(config)
      :resource { group = "policy", version = "v1", resource = "poddisruptionbudgets" }
      :namespace(namespace)
    local applied = assert(budgets:apply_status({
      apiVersion = "policy/v1", kind = "PodDisruptionBudget", metadata = { name = "status" },
      status = { conditions = { {
        type = "example.com/Seen", status = "True", reason = "Spec", message = "",
        lastTransitionTime = "2026-01-01T00:00:00Z",
      } } },
    }, { fieldManager = "the-spec" }))
    local owner
    for _, entry in ipairs(applied.metadata.managedFields) do
      if entry.manager == "the-spec" then owner = entry end
    end
    assert.equal("status", owner.subresource)
    assert.equal("Apply", owner.operation)
  end)

  it("of a dry run changes nothing", function()
    local dry = assert(k:apply(config_map("dry-apply", { a = "1" }), { dryRun = "All" }))
    assert.equal("1", dry.data.a)
    refused("NotFound", k:get("cm", "dry-apply", IN))
  end)

  it("refuses an object that was read from the server", function()
    assert(k:apply(config_map("read", { a = "1" })))
    local read = assert(k:get("cm", "read", IN))
    local err = refused("BadRequest", k:apply(read))
    assert.truthy(err.message:find("managedFields must not be set", 1, true))
    assert.is_nil(err.code) -- it was not sent
  end)

  local THREE = [[
apiVersion: v1
kind: ConfigMap
metadata: {name: doc-one}
data: {a: "1"}
---
# nothing but a comment
---
apiVersion: v1
kind: Service
metadata: {name: doc-two}
spec:
  selector: {app: web}
  ports:
  - port: 80
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: doc-three}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "nginx:1.27"}]}
]]

  it("applies several documents of YAML in their order, and again", function()
    for _ = 1, 2 do
      local applied = assert(k:apply(assert(kube.yaml.load_all(THREE)), IN))
      assert.equal(3, #applied)
      assert.equal("doc-one", applied[1].metadata.name)
      assert.equal("Service", applied[2].kind)
      assert.equal("Deployment", applied[3].kind)
      assert.equal(namespace, applied[3].metadata.namespace)
    end
    assert.equal(80, assert(k:get("svc", "doc-two", IN)).spec.ports[1].port)
    assert(k:delete("deploy", "doc-three", IN))
  end)

  it("applies the items of a List, and of a List in a list", function()
    local list = { apiVersion = "v1", kind = "List", items = {
      config_map("item-one"), { apiVersion = "v1", kind = "ConfigMapList", items = {
        config_map("item-two"),
      } },
    } }
    local applied = assert(k:apply(list))
    assert.equal(2, #applied)
    assert.equal("item-two", applied[2].metadata.name)
    applied = assert(k:apply { list, config_map("item-three") })
    assert.equal(3, #applied)
    assert.equal("item-three", applied[3].metadata.name)
  end)

  it("of one object gives the object, of a list of one a list", function()
    assert.equal("single", assert(k:apply(config_map("single"))).metadata.name)
    assert.equal("single", assert(k:apply { config_map("single") })[1].metadata.name)
  end)

  it("gives what was applied before the one that failed", function()
    local bad = config_map("part-three")
    bad.metadata.name = "Not A Name"
    local applied, err, done = k:apply {
      config_map("part-one"), config_map("part-two"), bad, config_map("part-four"),
    }
    refused("Invalid", applied, err)
    assert.equal(2, #done)
    assert.equal("part-two", done[2].metadata.name)
    assert.truthy(k:get("cm", "part-two", IN))
    refused("NotFound", k:get("cm", "part-four", IN))
  end)
end)
