-- kube.fake gives the same answers as the real API server with its controllers: what becomes of
-- deployments, pods, services and namespaces.
local cluster = require("spec.support.cluster")
local kube = require("kube")
local same = require("spec.support.same")

local told, failure = same.told, same.failure

teardown(same.close)

local function sorted(list)
  table.sort(list)
  return table.concat(list, " ")
end

--- "Available=True Progressing=True", sorted.
local function conditions(object)
  local found = {}
  for i, condition in ipairs(object.status.conditions or {}) do
    found[i] = condition.type .. "=" .. condition.status
  end
  return sorted(found)
end

--- Waits until nothing of that kind has the name any more: its Status.
local function gone(client, kind, name)
  return cluster.eventually(function()
    local object, err = client:get(kind, name)
    return not object and told(object, err)
  end)
end

local going = same.namespace("going") -- comes first and last: the real one takes five seconds

describe("a namespace that is deleted", function()
  it("takes nothing new, and stays while something holds it", going(function(k, server)
    local name = k.namespace .. "-it"
    assert(k:create(same.namespace_object(name)))
    local config_maps = server:resource("configmaps", name)
    assert(config_maps:create(same.config_map("plain")))
    local held = same.config_map("held")
    held.metadata.finalizers = { "example.com/hold" }
    assert(config_maps:create(held))
    assert(server:resource("services", name):create(same.service("web")))
    return {
      assert(k:delete("ns", name)), told(config_maps:create(same.config_map("late"))),
      told(config_maps:apply(same.config_map("late"))),
      assert(k:get("ns", name)).status.phase, assert(config_maps:get("held")).kind,
      assert(config_maps:patch("held", { metadata = { finalizers = kube.null } })).kind,
    }
  end, (function()
    local forbidden = failure(403, "Forbidden", 'configmaps "late" is forbidden: unable to create '
      .. "new content in namespace NS-it because it is being terminated", {
        name = "late", kind = "configmaps", causes = { {
          reason = "NamespaceTerminating", field = "metadata.namespace",
          message = "namespace NS-it is being terminated",
        } },
      })
    return { {
      apiVersion = "v1", kind = "Namespace", spec = { finalizers = { "kubernetes" } },
      metadata = {
        name = "NS-it", labels = { ["kubernetes.io/metadata.name"] = "NS-it" }, uid = "(uid)",
        resourceVersion = "(version)", creationTimestamp = "(time)", deletionTimestamp = "(time)",
      },
      status = { phase = "Terminating" },
    }, forbidden, forbidden, "Terminating", "ConfigMap", "ConfigMap" }
  end)()))
end)

describe("a Deployment", function()
  local answers = same.namespace("deploy")

  --- The pods of the Deployment, oldest names first.
  local function pods(k) return assert(k:list("pods", { labelSelector = "app=web" })).items end

  --- Waits until the Deployment is as wanted, all of it, and no pod is left over; gives it.
  local function settled(k, replicas, image)
    return cluster.eventually(function()
      local now = assert(k:get("deploy", "web"))
      local s = now.status
      if s.observedGeneration ~= now.metadata.generation or s.replicas ~= replicas
          or s.availableReplicas ~= replicas or s.updatedReplicas ~= replicas
          or s.unavailableReplicas or s.terminatingReplicas and s.terminatingReplicas > 0 then
        return nil
      end
      local there = pods(k)
      for _, pod in ipairs(there) do
        if pod.spec.containers[1].image ~= image then return nil end
      end
      local progress = #there == replicas and conditions(now)
      return progress == "Available=True Progressing=True" and now
    end)
  end

  local function numbers(deployment)
    local found = same.pick(deployment, "metadata.generation", "status.observedGeneration",
      "status.replicas", "status.readyReplicas", "status.availableReplicas",
      "status.updatedReplicas", "status.unavailableReplicas")
    found.revision = deployment.metadata.annotations["deployment.kubernetes.io/revision"]
    found.conditions = {}
    for _, condition in ipairs(deployment.status.conditions) do
      found.conditions[condition.type] = condition.status .. " " .. condition.reason
    end
    return found
  end

  local function expected_numbers(generation, replicas, revision)
    return {
      ["metadata.generation"] = generation, ["status.observedGeneration"] = generation,
      ["status.replicas"] = replicas, ["status.readyReplicas"] = replicas,
      ["status.availableReplicas"] = replicas, ["status.updatedReplicas"] = replicas,
      revision = revision, conditions = {
        Available = "True MinimumReplicasAvailable", Progressing = "True NewReplicaSetAvailable",
      },
    }
  end

  --- The ReplicaSets by their revision: "1: 0 of 0, 2: 2 of 2".
  local function replica_sets(k)
    local found = {}
    for i, set in ipairs(assert(k:list("rs", { labelSelector = "app=web" })).items) do
      found[i] = string.format("%s: %d of %d",
        set.metadata.annotations["deployment.kubernetes.io/revision"], set.status.replicas or 0,
        set.spec.replicas)
    end
    table.sort(found)
    return table.concat(found, ", ")
  end

  --- The one owner of an object, without its uid, and whether it is the given object's.
  local function owned_by(object, owner)
    local reference = object.metadata.ownerReferences[1]
    local own = #object.metadata.ownerReferences == 1 and reference.uid == owner.metadata.uid
      and reference.name == owner.metadata.name
    return { own, reference.apiVersion, reference.kind, reference.controller,
      reference.blockOwnerDeletion }
  end

  it("becomes a ReplicaSet and pods, which get ready", answers(function(k)
    assert(k:create(same.deployment("web", 2)))
    return numbers(settled(k, 2, "nginx:1.27"))
  end, expected_numbers(1, 2, "1")))

  it("owns its ReplicaSet", answers(function(k)
    local deployment = assert(k:get("deploy", "web"))
    local sets = assert(k:list("rs", { labelSelector = "app=web" })).items
    local set = sets[1]
    local hash = set.metadata.labels["pod-template-hash"]
    return {
      #sets, owned_by(set, deployment), set.metadata.name == "web-" .. hash,
      set.metadata.labels, set.metadata.annotations, set.spec.replicas, set.spec.selector,
      set.spec.template.metadata.labels, set.spec.template.spec.containers[1].image,
      same.pick(set, "status.replicas", "status.readyReplicas", "status.availableReplicas",
        "status.fullyLabeledReplicas", "status.observedGeneration", "metadata.generation"),
    }
  end, (function()
    local labels = { app = "web", ["pod-template-hash"] = "(hash)" }
    return {
      1, { true, "apps/v1", "Deployment", true, true }, true, labels, {
        ["deployment.kubernetes.io/revision"] = "1",
        ["deployment.kubernetes.io/desired-replicas"] = "2",
        ["deployment.kubernetes.io/max-replicas"] = "3",
      }, 2, { matchLabels = labels }, labels, "nginx:1.27", {
        ["status.replicas"] = 2, ["status.readyReplicas"] = 2, ["status.availableReplicas"] = 2,
        ["status.fullyLabeledReplicas"] = 2, ["status.observedGeneration"] = 1,
        ["metadata.generation"] = 1,
      },
    }
  end)()))

  it("whose ReplicaSet owns the pods", answers(function(k)
    local set = assert(k:list("rs", { labelSelector = "app=web" })).items[1]
    local found = {}
    for i, pod in ipairs(pods(k)) do
      local status = pod.status.containerStatuses[1]
      found[i] = {
        owned_by(pod, set), pod.metadata.labels, pod.metadata.generateName == set.metadata.name
          .. "-", #pod.metadata.name == #set.metadata.name + 6,
        pod.spec.containers[1].image, type(pod.spec.nodeName), pod.status.phase, conditions(pod),
        same.pick(pod, "status.podIP", "status.startTime"),
        same.pick(status, "name", "image", "ready", "started", "restartCount",
          "state.running.startedAt"),
      }
    end
    return found
  end, (function()
    local pod = {
      { true, "apps/v1", "ReplicaSet", true, true },
      { app = "web", ["pod-template-hash"] = "(hash)" }, true, true, "nginx:1.27", "string",
      "Running", "ContainersReady=True Initialized=True PodReadyToStartContainers=True "
        .. "PodScheduled=True Ready=True",
      { ["status.podIP"] = "(ip)", ["status.startTime"] = "(time)" },
      { name = "app", image = "nginx:1.27", ready = true, started = true, restartCount = 0,
        ["state.running.startedAt"] = "(time)" },
    }
    return { pod, pod }
  end)()))

  it("grows", answers(function(k)
    assert(k:patch("deploy/web", { spec = { replicas = 3 } }))
    return { numbers(settled(k, 3, "nginx:1.27")), replica_sets(k) }
  end, { expected_numbers(2, 3, "1"), "1: 3 of 3" }))

  it("replaces a pod that goes", answers(function(k)
    local name = pods(k)[1].metadata.name
    assert(k:delete("pod", name))
    gone(k, "pod", name)
    settled(k, 3, "nginx:1.27")
    local there = {}
    for i, pod in ipairs(pods(k)) do there[i] = pod.metadata.name == name end
    return there
  end, { false, false, false }))

  it("shrinks", answers(function(k)
    assert(k:patch("deploy/web", { spec = { replicas = 1 } }))
    return { numbers(settled(k, 1, "nginx:1.27")), replica_sets(k) }
  end, { expected_numbers(3, 1, "1"), "1: 1 of 1" }))

  it("rolls out another image with another ReplicaSet", answers(function(k)
    assert(k:patch("deploy/web", { spec = { replicas = 2, template = { spec = {
      containers = { { name = "app", image = "nginx:2" } },
    } } } }))
    local deployment = settled(k, 2, "nginx:2")
    local hashes = {}
    for i, pod in ipairs(pods(k)) do hashes[i] = pod.metadata.labels["pod-template-hash"] end
    return { numbers(deployment), replica_sets(k), hashes[1] == hashes[2] }
  end, { expected_numbers(4, 2, "2"), "1: 0 of 0, 2: 2 of 2", true }))

  it("goes back to its first ReplicaSet with its first image", answers(function(k)
    assert(k:patch("deploy/web", { {
      op = "replace", path = "/spec/template/spec/containers/0/image", value = "nginx:1.27",
    } }, { type = "json" }))
    return { numbers(settled(k, 2, "nginx:1.27")), replica_sets(k) }
  end, { expected_numbers(5, 2, "3"), "2: 0 of 0, 3: 2 of 2" }))

  it("takes all with it when it goes", answers(function(k)
    local deleted = assert(k:delete("deploy/web"))
    cluster.eventually(function()
      return #pods(k) == 0 and #assert(k:list("rs", { labelSelector = "app=web" })).items == 0
    end)
    return { deleted.status, deleted.details.kind, told(k:get("deploy/web")) }
  end, { "Success", "deployments", failure(404, "NotFound", 'deployments.apps "web" not found',
    { name = "web", group = "apps", kind = "deployments" }) }))

  it("of no replicas has nothing, and is available", answers(function(k)
    assert(k:create(same.deployment("none", 0)))
    local now = cluster.eventually(function()
      local now = assert(k:get("deploy", "none"))
      return now.status.observedGeneration == 1
        and conditions(now) == "Available=True Progressing=True" and now
    end)
    assert(k:delete("deploy", "none"))
    return same.pick(now, "status.replicas", "status.readyReplicas", "status.availableReplicas",
      "status.updatedReplicas", "status.observedGeneration")
  end, { ["status.observedGeneration"] = 1 }))
end)

describe("a Pod", function()
  local answers = same.namespace("pod")

  --- Waits until a pod runs and is ready; gives it.
  local function running(k, name)
    return cluster.eventually(function()
      local pod = assert(k:get("pod", name))
      return pod.status.phase == "Running" and conditions(pod):find(" Ready=True", 1, true) and pod
    end)
  end

  --- Watches a pod from now on.
  local function watch_pod(k, name)
    return assert(k:watch("pods", { fieldSelector = "metadata.name=" .. name,
      resourceVersion = assert(k:list("pods")).metadata.resourceVersion }))
  end

  it("is pending, and then it runs", answers(function(k)
    local watch = watch_pod(k, "life")
    assert(k:create(same.pod("life")))
    local phases, pod = {}
    repeat
      pod = assert(watch:next(10)).object
      if pod.status.phase ~= phases[#phases] then phases[#phases + 1] = pod.status.phase end
    until conditions(pod):find(" Ready=True", 1, true)
    watch:close()
    return { phases, pod.metadata.generation, pod.status.containerStatuses[1].ready }
  end, { { "Pending", "Running" }, 1, true }))

  it("is given time to go", answers(function(k)
    running(k, "life")
    local watch = watch_pod(k, "life")
    local deleted = assert(k:delete("pod", "life"))
    local event
    repeat event = assert(watch:next(10)) until event.type == "DELETED"
    watch:close()
    return {
      same.pick(deleted, "kind", "metadata.deletionTimestamp",
        "metadata.deletionGracePeriodSeconds", "status.phase", "metadata.generation"),
      same.pick(event.object, "metadata.name", "metadata.deletionGracePeriodSeconds"),
      gone(k, "pod", "life"),
    }
  end, { {
    kind = "Pod", ["metadata.deletionTimestamp"] = "(time)", ["status.phase"] = "Running",
    ["metadata.deletionGracePeriodSeconds"] = 30, ["metadata.generation"] = 2,
  }, { ["metadata.name"] = "life", ["metadata.deletionGracePeriodSeconds"] = 0 },
    failure(404, "NotFound", 'pods "life" not found', { name = "life", kind = "pods" }) }))

  it("is given as much time as is asked for", answers(function(k)
    local pod = same.pod("grace")
    pod.spec.terminationGracePeriodSeconds = 7
    local found = {}
    for i, seconds in ipairs { -1, 3 } do
      assert(k:create(pod))
      running(k, "grace")
      local deleted = assert(k:delete("pod", "grace",
        { gracePeriodSeconds = seconds >= 0 and seconds or nil }))
      found[i] = deleted.metadata.deletionGracePeriodSeconds
      gone(k, "pod", "grace")
    end
    return found
  end, { 7, 3 }))

  it("stays while a finalizer holds it", answers(function(k)
    local pod = same.pod("held")
    pod.metadata.finalizers = { "example.com/hold" }
    assert(k:create(pod))
    running(k, "held")
    assert(k:delete("pod", "held", { gracePeriodSeconds = 0 }))
    local now = assert(k:get("pod", "held"))
    assert(k:patch("pod", "held", { metadata = { finalizers = kube.null } }))
    gone(k, "pod", "held")
    return same.pick(now, "metadata.deletionTimestamp", "metadata.finalizers")
  end, {
    ["metadata.deletionTimestamp"] = "(time)", ["metadata.finalizers"] = { "example.com/hold" },
  }))

  it("may have another image", answers(function(k)
    assert(k:create(same.pod("image")))
    running(k, "image")
    local patched = assert(k:patch("pod", "image", { spec = { containers = { {
      name = "app", image = "nginx:2" } } } }))
    return { patched.spec.containers[1].image, patched.metadata.generation }
  end, { "nginx:2", 2 }))
end)

describe("what an owner has", function()
  local answers = same.namespace("owner")

  --- Makes two ConfigMaps, of which one owns the other, and deletes the owner so.
  local function delete_owner(k, name, policy)
    local owner = assert(k:create(same.config_map(name)))
    local dependent = same.config_map(name .. "-dependent")
    dependent.metadata.ownerReferences = { { apiVersion = "v1", kind = "ConfigMap", name = name,
      uid = owner.metadata.uid, blockOwnerDeletion = true } }
    assert(k:create(dependent))
    return assert(k:delete("cm", name, { propagationPolicy = policy }))
  end

  it("goes after it", answers(function(k)
    local answer = delete_owner(k, "background", "Background")
    return { answer.status, gone(k, "cm", "background-dependent").error.code,
      gone(k, "cm", "background").error.code }
  end, { "Success", 404, 404 }))

  it("goes before it in the foreground", answers(function(k)
    local answer = delete_owner(k, "foreground", "Foreground")
    return { same.pick(answer, "kind", "metadata.finalizers", "metadata.deletionTimestamp"),
      gone(k, "cm", "foreground-dependent").error.code, gone(k, "cm", "foreground").error.code }
  end, { {
    kind = "ConfigMap", ["metadata.finalizers"] = { "foregroundDeletion" },
    ["metadata.deletionTimestamp"] = "(time)",
  }, 404, 404 }))

  it("stays as an orphan", answers(function(k)
    local answer = delete_owner(k, "orphan", "Orphan")
    gone(k, "cm", "orphan")
    local orphan = assert(k:get("cm", "orphan-dependent"))
    return { same.pick(answer, "kind", "metadata.finalizers"), orphan.metadata.name,
      orphan.metadata.ownerReferences or "no owner" }
  end, { { kind = "ConfigMap", ["metadata.finalizers"] = { "orphan" } }, "orphan-dependent",
    "no owner" }))
end)

describe("a Service", function()
  local answers = same.namespace("service")

  it("has an address of its own, which stays", answers(function(k)
    local one, two = assert(k:create(same.service("one"))), assert(k:create(same.service("two")))
    local updated = assert(k:update(same.service("one")))
    return {
      one.spec.clusterIP ~= two.spec.clusterIP, one.spec.clusterIPs[1] == one.spec.clusterIP,
      updated.spec.clusterIP == one.spec.clusterIP, one.spec.clusterIP,
    }
  end, { true, true, true, "(ip)" }))

  it("has none where it wants none", answers(function(k)
    local service = same.service("headless")
    service.spec.clusterIP = "None"
    return same.pick(assert(k:create(service)), "spec.clusterIP", "spec.clusterIPs", "spec.type")
  end, {
    ["spec.clusterIP"] = "None", ["spec.clusterIPs"] = { "None" }, ["spec.type"] = "ClusterIP",
  }))

  it("sends to the port that it has, unless told", answers(function(k)
    local service = same.service("ports")
    service.spec.ports = {
      { name = "http", port = 80 }, { name = "dns", port = 53, protocol = "UDP",
        targetPort = "domain" },
    }
    return assert(k:create(service)).spec.ports
  end, {
    { name = "http", port = 80, protocol = "TCP", targetPort = 80 },
    { name = "dns", port = 53, protocol = "UDP", targetPort = "domain" },
  }))
end)

describe("a namespace", function()
  it("keeps its own label", going(function(k)
    local name = k.namespace .. "-label"
    assert(k:create(same.namespace_object(name)))
    local patched = assert(k:patch("ns", name, { metadata = { labels = kube.null } }))
    return patched.metadata.labels
  end, { ["kubernetes.io/metadata.name"] = "NS-label" }))

  it("that every cluster has cannot be deleted", going(function(k)
    return told(k:delete("ns", "default"))
  end, failure(403, "Forbidden", 'namespaces "default" is forbidden: this namespace may not be '
    .. "deleted", { name = "default", kind = "namespaces" })))

  it("that was deleted is gone, and all that was in it", going(function(k, server)
    local name = k.namespace .. "-it"
    return { gone(k, "ns", name), #assert(server:resource("configmaps", name):list()).items,
      #assert(server:resource("services", name):list()).items,
      told(server:resource("configmaps", name):create(same.config_map("late"))) }
  end, (function()
    local not_found = failure(404, "NotFound", 'namespaces "NS-it" not found',
      { name = "NS-it", kind = "namespaces" })
    return { not_found, 0, 0, not_found }
  end)()))

  it("of that name may be made anew", going(function(k, server)
    local name = k.namespace .. "-it"
    assert(k:create(same.namespace_object(name)))
    return assert(server:resource("configmaps", name):create(same.config_map("plain"))).kind
  end, "ConfigMap"))
end)
