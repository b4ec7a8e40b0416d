-- The clientset against the control plane, and its table against the client-go that it is made of.
local certificates = require("kube.certificates")
local clientset = require("kube.client.clientset")
local cluster = require("spec.support.cluster")
local data = require("kube.client.clientset_data")
local kube = require("kube")
local process = require("spec.support.process")
local transport = require("kube.client.transport")

local config = assert(kube.config.load { kubeconfig = cluster.kubeconfig("admin") })
local client = clientset.on(transport.of(config))
local namespace = cluster.namespace("clientset")
local top = assert(os.getenv("KUBE_SPEC_TOP"))

local core, apps = client:core_v1(), client:apps_v1()
local pods, events = core:pods(namespace), core:events(namespace)

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

local function names(list)
  local found = {}
  for i, object in ipairs(list.items) do found[i] = object.metadata.name end
  table.sort(found)
  return found
end

--- A pod of which no apiVersion and kind is said.
local function pod(name, spec)
  spec = spec or {}
  spec.containers = { { name = "app", image = "nginx:1.27",
    resources = { requests = { cpu = "100m" } } } }
  return { metadata = { name = name, labels = { app = name } }, spec = spec }
end

local function deployment(name, replicas)
  return {
    metadata = { name = name },
    spec = {
      replicas = replicas, selector = { matchLabels = { app = name } },
      template = { metadata = { labels = { app = name } },
        spec = { containers = { { name = "app", image = "nginx:1.27" } } } },
    },
  }
end

local function runs(name)
  return cluster.eventually(function()
    local now = assert(pods:get(name))
    return now.status.phase == "Running" and now
  end)
end

setup(function() -- what a pod needs to be admitted
  cluster.eventually(function() return (core:service_accounts(namespace):get("default")) end)
end)

describe("the table", function()
  it("is what client-go says", function()
    local written = os.tmpname()
    local said, code = process.run("cd " .. process.quote(top .. "/spec/cluster")
      .. ' && "$(./go.sh)" run ./clientset >' .. process.quote(written))
    local text = process.read(written)
    os.remove(written)
    assert.equal(0, code, said)
    assert.is_true(text == process.read(top .. "/lua/kube/client/clientset_data.lua"),
      "spec/cluster/clientset/main.go says how it is written again")
  end)

  -- The verbs of the server, and what subresource ours need.
  local VERBS = {
    delete_collection = "deletecollection", apply = "patch", update_status = "update",
    apply_status = "patch",
  }
  local NEEDS_STATUS = { update_status = true, apply_status = true }

  -- What client-go has, and the server not.
  local NEVER_SERVED = {
    -- kinds that are read alone: registry/core/componentstatus
    componentstatuses = set_of { "create", "update", "delete", "delete_collection", "watch",
      "patch", "apply" },
    -- put into pods alone
    evictions = true,
  }

  local function by_group_version()
    local found = {}
    for _, resource in ipairs(assert(client:discovery():server_resources())) do
      local key = resource.group .. "/" .. resource.version
      found[key] = found[key] or {}
      found[key][resource.resource] = resource
    end
    return found
  end

  local function check_verbs(row, served, never)
    local verbs, subresources = set_of(served.verbs), set_of(served.subresources)
    for verb in row[3]:gmatch("%S+") do
      local there = verbs[VERBS[verb] or verb] and (not NEEDS_STATUS[verb] or subresources.status)
      assert.equal(not never[verb], there == true, served.resource .. " " .. verb)
    end
    for method, what in pairs(row[4] or {}) do
      if what[2] then assert.is_true(subresources[what[2]], served.resource .. " " .. method) end
    end
  end

  it("is what the server serves", function()
    local served, checked = by_group_version(), 0
    for name, group in pairs(data) do
      local resources = served[group.group .. "/" .. group.version]
      for accessor, row in pairs(resources and group or {}) do
        local plural = accessor:gsub("_", "")
        if type(row) == "table" and NEVER_SERVED[plural] ~= true then
          local resource = resources[plural]
          assert.truthy(resource, name .. " " .. accessor)
          assert.equal(row[1], resource.kind)
          assert.equal(row[2], resource.namespaced)
          check_verbs(row, resource, NEVER_SERVED[plural] or {})
          checked = checked + 1
        end
      end
    end
    assert.is_true(checked > 60, checked .. " resources")
  end)

  it("has all that the server serves, but for what is no part of Kubernetes' own API", function()
    local missing = {}
    for group_version, resources in pairs(by_group_version()) do
      for plural, resource in pairs(resources) do
        local found = false
        for _, group in pairs(data) do
          for accessor, row in pairs(group) do
            found = found or type(row) == "table" and accessor:gsub("_", "") == plural
              and group.group == resource.group and group.version == resource.version
          end
        end
        local of_kubernetes = group_version:find("^%l*/") or group_version:find("%.k8s%.io/")
        if of_kubernetes and not found then
          missing[#missing + 1] = group_version .. "/" .. plural
        end
      end
    end
    table.sort(missing)
    assert.same({ "/v1/bindings", "apiextensions.k8s.io/v1/customresourcedefinitions",
      "apiregistration.k8s.io/v1/apiservices" }, missing)
  end)
end)

describe("a typed client", function()
  it("does all that is done with objects, without their apiVersion and kind", function()
    local maps = core:config_maps(namespace)
    local made = assert(maps:create { metadata = { name = "one" }, data = { a = "1" } })
    assert.equal("ConfigMap", made.kind)
    assert.equal(namespace, made.metadata.namespace)
    made.data.a, made.kind, made.apiVersion = "2", nil, nil
    assert.equal("2", assert(maps:update(made)).data.a)
    assert.equal("3", assert(maps:patch("one", { data = { a = "3" } })).data.a)
    assert.equal("4", assert(maps:apply({ metadata = { name = "one" }, data = { a = "4" } },
      { force = true })).data.a)
    assert(maps:create { metadata = { name = "two" } })
    assert.equal("4", assert(maps:get("one")).data.a)
    local list = assert(maps:list { fieldSelector = "metadata.name!=kube-root-ca.crt" })
    assert.same({ "one", "two" }, names(list))
    local count = 0
    for _ in maps:each() do count = count + 1 end
    assert.is_true(count >= 2)
    local watch = maps:watch { fieldSelector = "metadata.name=two" }
    assert.equal("ADDED", assert(watch:next(30)).type)
    assert(maps:delete("two"))
    assert.equal("DELETED", assert(watch:next(30)).type)
    watch:close()
    local _, err = maps:get("two")
    assert.is_true(kube.is_not_found(err), tostring(err))
    assert(maps:delete_collection { fieldSelector = "metadata.name=one" })
    _, err = maps:get("one")
    assert.is_true(kube.is_not_found(err), tostring(err))
  end)

  it("lists in all namespaces where none is given, and in none", function()
    local maps = core:config_maps(namespace)
    assert(maps:create { metadata = { name = "everywhere", labels = { of = namespace } } })
    local all = assert(core:config_maps():list { labelSelector = "of=" .. namespace })
    assert.same({ "everywhere" }, names(all))
    assert.same({ "node-a", "node-b" },
      names(assert(core:nodes():list { fieldSelector = "metadata.name!=not-here" })))
    local watch = core:config_maps(""):watch { labelSelector = "of=" .. namespace }
    assert.equal("everywhere", assert(watch:next(30)).object.metadata.name)
    watch:close()
  end)

  it("writes a status", function()
    local budgets = client:policy_v1():pod_disruption_budgets(namespace)
    local made = assert(budgets:create { metadata = { name = "budget" },
      spec = { minAvailable = 0, selector = { matchLabels = { app = "none" } } } })
    assert.equal("PodDisruptionBudget", made.kind)
    local name = cluster.unique("node")
    local nodes = core:nodes()
    local node = assert(nodes:create { metadata = { name = name } })
    node.kind, node.apiVersion = nil, nil
    node.status = { phase = "Pending" }
    assert.equal("Pending", assert(nodes:update_status(node)).status.phase)
    node = assert(nodes:apply_status({ metadata = { name = name },
      status = { phase = "Running" } }, { force = true }))
    assert.equal("Running", node.status.phase)
    node = assert(nodes:patch_status(name, { status = { phase = "Terminated" } }))
    assert.equal("Terminated", node.status.phase)
    assert(nodes:delete(name))
  end)

  it("asks questions that are only created", function()
    local review = assert(client:authentication_v1():self_subject_reviews():create {})
    assert.equal("SelfSubjectReview", review.kind)
    assert.truthy(review.status.userInfo.username)
    review = assert(client:authorization_v1():local_subject_access_reviews(namespace):create {
      spec = { user = "nobody", resourceAttributes = { namespace = namespace, verb = "get",
        resource = "pods" } } })
    assert.is_false(review.status.allowed)
  end)

  it("is refused by a server that does not serve its version", function()
    local value, err = client:extensions_v1beta1():ingresses(namespace):list()
    assert.is_nil(value)
    assert.is_true(kube.is_not_found(err), tostring(err))
    value, err = client:extensions_v1beta1():deployments(namespace):rollback { name = "web" }
    assert.is_nil(value)
    assert.is_true(kube.is_not_found(err), tostring(err))
  end)

  it("shares what the other clients of its configuration know", function()
    assert.equal(kube.discovery(config), client:discovery())
  end)
end)

describe("the methods beyond the verbs", function()
  it("scale", function()
    for accessor, typed in pairs {
      deployments = apps:deployments(namespace), replica_sets = apps:replica_sets(namespace),
    } do
      local name = "scaled-" .. accessor:sub(1, 3)
      assert(typed:create(deployment(name, 1)))
      local scale = assert(typed:get_scale(name))
      assert.equal("Scale", scale.kind)
      assert.equal(1, scale.spec.replicas)
      local wanted = { spec = { replicas = 2 } }
      assert.equal(2, assert(typed:update_scale(name, wanted)).spec.replicas)
      wanted.spec.replicas = 3
      assert.equal(3, assert(typed:apply_scale(name, wanted, { force = true })).spec.replicas)
      assert.equal(3, assert(typed:get(name)).spec.replicas)
      assert(typed:delete(name))
    end
    local _, err = apps:deployments(namespace):get_scale("never")
    assert.is_true(kube.is_not_found(err), tostring(err))
  end)

  it("change what runs in a pod", function()
    assert(pods:create(pod("changing")))
    local now = runs("changing")
    now.spec.ephemeralContainers = { { name = "debug", image = "busybox",
      terminationMessagePolicy = "File", imagePullPolicy = "IfNotPresent" } }
    now = assert(pods:update_ephemeral_containers("changing", now))
    assert.equal("debug", now.spec.ephemeralContainers[1].name)
  end)

  it("resize a pod", function()
    local made = assert(pods:create(pod("resized", { schedulerName = "nobody" })))
    made.spec.containers[1].resources.requests.cpu = "200m"
    local resized = assert(pods:update_resize("resized", made))
    assert.equal("200m", resized.spec.containers[1].resources.requests.cpu)
  end)

  it("evict pods", function()
    local policy, old = client:policy_v1(), client:policy_v1beta1()
    for name, evict in pairs {
      ["evict-1"] = function(eviction) return pods:evict(eviction) end,
      ["evict-2"] = function(eviction) return pods:evict_v1(eviction) end,
      ["evict-3"] = function(eviction) return pods:evict_v1beta1(eviction) end,
      ["evict-4"] = function(eviction) return policy:evictions(namespace):evict(eviction) end,
      ["evict-5"] = function(eviction)
        eviction.metadata.namespace = namespace
        return old:evictions():evict(eviction)
      end,
    } do
      assert(pods:create(pod(name)))
      local dry = { metadata = { name = name }, deleteOptions = { dryRun = { "All" } } }
      assert(evict(dry))
      assert.is_nil(assert(pods:get(name)).metadata.deletionTimestamp)
      local status = assert(evict { metadata = { name = name } })
      assert.equal("Success", status.status)
      cluster.eventually(function()
        local left, err = pods:get(name)
        assert.is_true(left ~= nil or kube.is_not_found(err), tostring(err))
        return left == nil or left.metadata.deletionTimestamp ~= nil
      end)
    end
    local _, err = pods:evict { metadata = { name = "never" } }
    assert.is_true(kube.is_not_found(err), tostring(err))
  end)

  it("bind a pod to a node", function()
    assert(pods:create(pod("bound", { schedulerName = "nobody" })))
    local status = assert(pods:bind { metadata = { name = "bound" },
      target = { kind = "Node", name = "node-b" } })
    assert.equal("Success", status.status)
    assert.equal("node-b", assert(pods:get("bound")).spec.nodeName)
  end)

  it("create the token of a service account", function()
    local request = assert(core:service_accounts(namespace):create_token("default",
      { spec = { expirationSeconds = 700 } }))
    assert.equal("TokenRequest", request.kind)
    assert.equal(3, select(2, request.status.token:gsub("[^.]+", "")))
    local its_config = assert(kube.config.load { kubeconfig = cluster.kubeconfig("anonymous"),
      token = request.status.token })
    local review = assert(clientset.on(transport.of(its_config)):authentication_v1()
      :self_subject_reviews():create {})
    assert.equal("system:serviceaccount:" .. namespace .. ":default",
      review.status.userInfo.username)
  end)

  it("approve a certificate signing request", function()
    local csr = assert(certificates.new_request(assert(certificates.new_key()),
      { common_name = "jane" }))
    local encoded = process.run("printf %s " .. process.quote(csr) .. " | base64 -w 0")
    local requests, name = client:certificates_v1():certificate_signing_requests(),
      cluster.unique("csr")
    local made = assert(requests:create { metadata = { name = name }, spec = { request = encoded,
      signerName = "example.com/nobody", usages = { "client auth" } } })
    made.status = { conditions = { { type = "Approved", status = "True", reason = "Spec" } } }
    made.kind, made.apiVersion = nil, nil
    local approved = assert(requests:update_approval(name, made))
    assert.equal("Approved", approved.status.conditions[1].type)
    assert(requests:delete(name))
  end)

  it("let go of a namespace", function()
    local own = assert(core:namespaces():create { metadata = { name = cluster.unique("final") } })
    assert.same({ "kubernetes" }, own.spec.finalizers)
    own.spec.finalizers = nil
    local final = assert(core:namespaces():finalize(own))
    assert.is_nil(final.spec.finalizers)
    assert(core:namespaces():delete(own.metadata.name))
  end)

  it("write events, and find them", function()
    local map = assert(core:config_maps(namespace):create { metadata = { name = "told" } })
    local event = { metadata = { name = "told.1", namespace = namespace }, reason = "Told",
      message = "one", type = "Normal", involvedObject = { apiVersion = "v1", kind = "ConfigMap",
        name = "told", namespace = namespace, uid = map.metadata.uid } }
    local made = assert(core:events():create_with_event_namespace(event))
    assert.equal("Event", made.kind)
    made.message = "two"
    made = assert(events:update_with_event_namespace(made))
    assert.equal("two", made.message)
    made = assert(core:events():patch_with_event_namespace(made, { message = "three" }))
    assert.equal("three", made.message)
    assert.same({ "told.1" }, names(assert(events:search(map))))
    assert.same({ "told.1" }, names(assert(core:events():search(event.involvedObject))))
    map.metadata.uid = "another"
    assert.same({}, names(assert(events:search(map))))
    assert.same({ "told.1" }, names(assert(events:list { fieldSelector =
      events:get_field_selector("told", nil, "ConfigMap") })))
  end)
end)
