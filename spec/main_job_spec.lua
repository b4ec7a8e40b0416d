-- The story of one morning: what the library is for, on the real control plane.
local cluster = require("spec.support.cluster")
local kube = require("kube")

local k = cluster.connect()
local namespace = cluster.namespace("main-job")
local IN = { namespace = namespace }

local function here(given)
  given.namespace = namespace
  return given
end

local MANIFEST = [[
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
data:
  greeting: hello
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 3
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: app
        image: IMAGE
        ports:
        - containerPort: 80
]]

local function apply(image)
  local objects = assert(kube.yaml.load_all((MANIFEST:gsub("IMAGE", image))))
  return assert(k:apply(objects, here { fieldManager = "main-job" }))
end

local function condition(object, name)
  for _, one in ipairs(object.status and object.status.conditions or {}) do
    if one.type == name then return one.status == "True" end
  end
  return false
end

--- Whether all replicas are those of the last change, and nothing of before is left.
local function rolled_out(deployment)
  local status, replicas = deployment.status, deployment.spec.replicas
  return condition(deployment, "Available")
    and status.observedGeneration == deployment.metadata.generation
    and status.updatedReplicas == replicas and status.replicas == replicas
    and status.availableReplicas == replicas
end

local function count(t)
  local n = 0
  for _ in pairs(t) do n = n + 1 end
  return n
end

--- Follows a watch and keeps what it tells, until done(known) or 60 s are over. Checks that the
-- events of an object come in their order.
-- @return the types of events that came, each with how many
local function follow(watch, known, done)
  local types, deadline = {}, kube.now() + 60
  while not done(known) do
    local event, err = watch:next(deadline - kube.now())
    if not event then error("the watch did not tell: " .. tostring(err)) end
    local name = event.object.metadata.name
    types[event.type] = (types[event.type] or 0) + 1
    if event.type == "ADDED" then
      assert.is_nil(known[name])
      known[name] = event.object
    else
      assert.truthy(known[name])
      assert.equal(known[name].metadata.uid, event.object.metadata.uid)
      assert.not_equal(known[name].metadata.resourceVersion, event.object.metadata.resourceVersion)
      known[name] = event.type == "MODIFIED" and event.object or nil
    end
  end
  return types
end

--- Three pods that run, and no other.
local function three_run(image)
  return function(pods)
    if count(pods) ~= 3 then return false end
    for _, pod in pairs(pods) do
      if pod.status.phase ~= "Running" or pod.spec.containers[1].image ~= image
          or pod.metadata.deletionTimestamp or not condition(pod, "Ready") then
        return false
      end
    end
    return true
  end
end

describe("the main job", function()
  it("lists the pods of a namespace, and there are none yet", function()
    local pods = assert(k:list("pods", IN))
    assert.equal("PodList", pods.kind)
    assert.same({}, pods.items)
    assert.is_nil(k:each("pods", IN):next())
  end)

  it("follows a deployment from its YAML over a new image to its end", function()
    local pod_watch = assert(k:watch("pods", here { labelSelector = "app=web" }))
    local deployment_watch = assert(k:watch("deployments.apps", here {
      fieldSelector = "metadata.name=web",
    }))
    local pods, deployments = {}, {}
    local function is_out() return deployments.web ~= nil and rolled_out(deployments.web) end

    -- the first roll-out
    local applied = apply("nginx:1.27")
    assert.equal(2, #applied)
    assert.equal("Deployment", applied[2].kind)
    local types = follow(pod_watch, pods, three_run("nginx:1.27"))
    assert.equal(3, types.ADDED)
    assert.is_true(types.MODIFIED >= 3)
    assert.is_nil(types.DELETED)
    types = follow(deployment_watch, deployments, is_out)
    assert.equal(1, types.ADDED)
    assert.is_true(types.MODIFIED >= 1)
    assert.equal(applied[2].metadata.uid, deployments.web.metadata.uid)
    assert.is_nil(deployments.web.metadata.managedFields)

    local listed = {}
    for pod in k:each("po", here { labelSelector = "app=web", limit = 2 }) do
      listed[pod.metadata.name] = pod.metadata.uid
    end
    local first = {}
    for name, pod in pairs(pods) do first[name] = pod.metadata.uid end
    assert.same(listed, first)

    -- a new image: a new ReplicaSet takes over from the old one
    apply("nginx:1.28")
    types = follow(pod_watch, pods, three_run("nginx:1.28"))
    assert.is_true(types.ADDED >= 3)
    assert.is_true(types.DELETED >= 3)
    for name in pairs(first) do assert.is_nil(pods[name]) end
    local function is_out_again()
      return deployments.web.metadata.generation == 2 and is_out()
    end
    follow(deployment_watch, deployments, is_out_again)
    local replicas = {}
    for _, set in ipairs(assert(k:list("rs", here { labelSelector = "app=web" })).items) do
      replicas[set.spec.template.spec.containers[1].image] = set.spec.replicas
    end
    assert.same({ ["nginx:1.27"] = 0, ["nginx:1.28"] = 3 }, replicas)
    assert.equal("2", deployments.web.metadata.annotations["deployment.kubernetes.io/revision"])

    -- the end
    assert(k:delete("deploy/web", nil, IN))
    types = follow(pod_watch, pods, function(all) return count(all) == 0 end)
    assert.equal(3, types.DELETED)
    types = follow(deployment_watch, deployments, function(all) return count(all) == 0 end)
    assert.equal(1, types.DELETED)
    pod_watch:close()
    deployment_watch:close()
    assert.is_true(kube.is_not_found((select(2, k:get("deploy", "web", IN)))))
    assert.same({}, assert(k:list("pods", IN)).items)
    assert.equal("hello", assert(k:get("cm", "web", IN)).data.greeting)
  end)

  it("is told by both watches at once, in tasks", function()
    local running, available
    kube.run(function()
      local pod_watch = assert(k:watch("pods", here { labelSelector = "app=web" }))
      local deployment_watch = assert(k:watch("deploy", here {
        fieldSelector = "metadata.name=web",
      }))
      kube.spawn(function()
        running = follow(pod_watch, {}, three_run("nginx:1.29"))
        pod_watch:close()
      end)
      kube.spawn(function()
        available = follow(deployment_watch, {}, function(all)
          return all.web ~= nil and rolled_out(all.web)
        end)
        deployment_watch:close()
      end)
      apply("nginx:1.29")
    end)
    assert.equal(3, running.ADDED)
    assert.equal(1, available.ADDED)
    assert(k:delete("deploy/web", nil, here { propagationPolicy = "Foreground" }))
  end)

  it("is none of the business of who may not: 403, with who, what and where", function()
    local denied = cluster.connect("denied")
    local pods, err = denied:list("pods", IN)
    assert.is_nil(pods)
    assert.is_true(kube.is_forbidden(err), tostring(err))
    assert.equal(403, err.code)
    assert.equal("Forbidden", err.reason)
    assert.truthy(err.message:find('cannot list resource "pods"', 1, true), err.message)
    assert.truthy(err.message:find('in the namespace "' .. namespace .. '"', 1, true))
    assert.equal("Failure", err.status.status)
    assert.truthy(tostring(err):find("(Forbidden 403)", 1, true))

    local stream = denied:each("pods", IN)
    local pod, problem = stream:next()
    assert.is_nil(pod)
    assert.is_true(kube.is_forbidden(problem))

    local watch = assert(denied:watch("pods", IN))
    local event
    event, problem = watch:next(30)
    assert.is_nil(event)
    assert.is_true(kube.is_forbidden(problem))
    watch:close()
  end)

  it("may be looked at, and not touched, by a viewer", function()
    local viewer = cluster.connect("viewer")
    assert.truthy(viewer:list("pods", IN))
    for _, refused in ipairs {
      { viewer:apply(assert(kube.yaml.load_all(MANIFEST)), IN) },
      { viewer:delete("cm", "web", IN) },
      { viewer:patch("cm", "web", { data = { greeting = "hi" } }, IN) },
      { viewer:list("secrets", IN) },
    } do
      assert.is_nil(refused[1])
      assert.is_true(kube.is_forbidden(refused[2]), tostring(refused[2]))
    end
    assert.equal("hello", assert(k:get("cm", "web", IN)).data.greeting)
  end)
end)
