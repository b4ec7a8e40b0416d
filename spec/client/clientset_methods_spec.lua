-- The clientset without a server: which methods there are, and what each asks for. Expected names
-- and subresources after client-go kubernetes/typed.
local clientset = require("kube.client.clientset")
local data = require("kube.client.clientset_data")
local kube = require("kube")

local unpack = table.unpack or unpack -- luacheck: ignore 143

local sent -- what was asked for last

--- A transport that notes what it is asked for, and refuses.
local recorder = {}

function recorder:start(verb, resource, namespace, name, given, object) -- luacheck: ignore 212
  local gvr = { resource.group, resource.version, resource.resource }
  sent = {
    verb = verb, resource = table.concat(gvr, "/"), namespace = namespace, name = name,
    given = given, object = object,
  }
  return nil, "recorded"
end

local client = clientset.on(recorder)

--- What a call asks for: verb, group/version/resource, namespace, name, subresource.
local function asked(value, err)
  assert.is_nil(value)
  assert.equal("recorded", err)
  return { sent.verb, sent.resource, sent.namespace or "-", sent.name or "-",
    sent.given.subresource or "-" }
end

local function object(name, kind, api_version)
  return { apiVersion = api_version, kind = kind, metadata = { name = name } }
end

--- The text that a function throws, which must bear the line of this file where it was called.
local function thrown(line, fn)
  local ok, err = pcall(fn)
  assert.is_false(ok)
  local where, text = tostring(err):match("^(.-:%d+): (.*)$")
  assert.matches("clientset_methods_spec%.lua:" .. line .. "$", where or err)
  return text
end

local function line() return debug.getinfo(2, "l").currentline end

describe("the clientset", function()
  it("has every group-version and resource of client-go, named as in Go", function()
    local groups, resources = 0, 0
    for name, group in pairs(data) do
      groups = groups + 1
      assert.is_function(client[name])
      local typed = client[name](client)
      for accessor, row in pairs(group) do
        if type(row) == "table" then
          resources = resources + 1
          assert.is_function(typed[accessor])
          assert.matches("^%u%a+$", row[1])
          assert.is_boolean(row[2])
        end
      end
    end
    assert.equal(53, groups)
    assert.equal(153, resources)
  end)

  it("has names that a reader of Go finds", function()
    for _, pair in ipairs {
      { "core_v1", "config_maps" }, { "core_v1", "component_statuses" },
      { "apps_v1beta2", "daemon_sets" }, { "networking_v1", "ip_addresses" },
      { "networking_v1", "service_cidrs" }, { "storage_v1", "csi_drivers" },
      { "storage_v1", "csi_storage_capacities" }, { "internal_v1alpha1", "storage_versions" },
      { "storagemigration_v1beta1", "storage_version_migrations" },
      { "extensions_v1beta1", "ingresses" }, { "flowcontrol_v1beta3", "flow_schemas" },
    } do
      local typed = client[pair[1]](client)
      assert.is_table(typed[pair[2]](typed))
    end
  end)

  it("asks what the dynamic client asks", function()
    local pods, nodes = client:core_v1():pods("default"), client:core_v1():nodes()
    for _, case in ipairs {
      { asked(pods:get("a")), "get /v1/pods default a -" },
      { asked(pods:list()), "list /v1/pods default - -" },
      { asked(pods:each():next()), "list /v1/pods default - -" },
      { asked(pods:watch():next()), "watch /v1/pods default - -" },
      { asked(pods:create(object("a"))), "create /v1/pods default - -" },
      { asked(pods:update(object("a"))), "update /v1/pods default a -" },
      { asked(pods:update_status(object("a"))), "update_status /v1/pods default a -" },
      { asked(pods:patch("a", {})), "patch /v1/pods default a -" },
      { asked(pods:apply(object("a"))), "apply /v1/pods default a -" },
      { asked(pods:apply_status(object("a"))), "apply /v1/pods default a status" },
      { asked(pods:delete("a")), "delete /v1/pods default a -" },
      { asked(pods:delete_collection()), "delete_collection /v1/pods default - -" },
      { asked(nodes:get("n")), "get /v1/nodes - n -" },
      { asked(client:apps_v1beta2():deployments("x"):get("a")),
        "get apps/v1beta2/deployments x a -" },
      { asked(client:rbac_v1():cluster_roles():create(object("a"))),
        "create rbac.authorization.k8s.io/v1/clusterroles - - -" },
    } do
      assert.equal(case[2], table.concat(case[1], " "))
    end
  end)

  it("hands on the options", function()
    asked(client:core_v1():pods("default"):list { labelSelector = "app=web", limit = 3 })
    assert.equal("app=web", sent.given.labelSelector)
    assert.equal(3, sent.given.limit)
    asked(client:core_v1():pods("default"):apply_status(object("a"), { force = true }))
    assert.is_true(sent.given.force)
  end)

  it("means all namespaces where none is given", function()
    for _, pods in ipairs { client:core_v1():pods(), client:core_v1():pods("") } do
      asked(pods:list())
      assert.is_nil(sent.namespace)
      asked(pods:watch():next())
      assert.is_nil(sent.namespace)
      asked(pods:delete_collection())
      assert.is_nil(sent.namespace)
    end
  end)

  it("sends nothing for one object where there is no namespace", function()
    local core = client:core_v1()
    sent = nil
    for name, call in pairs {
      get = function() return core:pods():get("a") end,
      update = function() return core:pods():update(object("a")) end,
      patch = function() return core:pods():patch("a", {}) end,
      apply = function() return core:pods():apply(object("a")) end,
      delete = function() return core:pods(""):delete("a") end,
      update_resize = function() return core:pods():update_resize("a", object("a")) end,
      evict = function() return core:pods():evict(object("a")) end,
      create_token = function() return core:service_accounts():create_token("a", {}) end,
      get_scale = function() return client:apps_v1():deployments():get_scale("a") end,
    } do
      local value, err = call()
      assert.is_nil(value)
      assert.equal("BadRequest", err.reason)
      assert.matches("^" .. name .. ": an empty namespace may not be set when a resource name is "
        .. "provided; %l+%a*_?%a*%(namespace%) says which$", err.message)
    end
    local _, err = core:pods():create(object("a"))
    assert.equal("create: an empty namespace may not be set during creation; pods(namespace) says "
      .. "which", err.message)
    assert.is_nil(sent)
  end)

  it("gives objects the apiVersion and kind that they lack, in a copy", function()
    local web = { metadata = { name = "web" } }
    local deployments = client:apps_v1():deployments("default")
    for _, verb in ipairs { "create", "update", "update_status", "apply", "apply_status" } do
      asked(deployments[verb](deployments, web))
      assert.same({ apiVersion = "apps/v1", kind = "Deployment", metadata = { name = "web" } },
        sent.object)
    end
    assert.same({ metadata = { name = "web" } }, web)
    local whole = object("web", "Deployment", "apps/v1")
    asked(deployments:create(whole))
    assert.equal(whole, sent.object)
    asked(client:core_v1():pods("default"):create(object("a", "Pod")))
    assert.equal("v1", sent.object.apiVersion)
  end)

  it("refuses objects of another kind", function()
    local deployments = client:apps_v1():deployments("default")
    for _, verb in ipairs { "create", "update", "update_status", "apply", "apply_status" } do
      local text = thrown(line() + 1, function()
        local _ = deployments[verb](deployments, object("web", "Pod", "v1"))
      end)
      assert.equal(verb .. ": the object is v1 Pod, not apps/v1 Deployment", text)
      text = thrown(line() + 1, function()
        local _ = deployments[verb](deployments, object("web", nil, "apps/v1beta1"))
      end)
      assert.equal(verb .. ": the object is apps/v1beta1 Deployment, not apps/v1 Deployment", text)
    end
  end)

  it("leaves the body of a subresource as it is", function()
    local scale = object("web", "Scale", "autoscaling/v1")
    asked(client:apps_v1():deployments("d"):update(scale, { subresource = "scale" }))
    assert.equal(scale, sent.object)
  end)
end)

describe("the methods beyond the verbs", function()
  local core, apps = client:core_v1(), client:apps_v1()

  it("ask for a subresource, and say what its body is", function()
    local deployments, pods = apps:deployments("d"), core:pods("d")
    local old_sets = client:apps_v1beta2():stateful_sets("d")
    local requests = client:certificates_v1():certificate_signing_requests()
    local old_requests = client:certificates_v1beta1():certificate_signing_requests()
    local a, its_namespace = object("a"), { metadata = { name = "a", namespace = "e" } }
    for _, case in ipairs {
      { deployments, "get_scale", { "a" }, "get apps/v1/deployments d a scale" },
      { deployments, "update_scale", { "a", {} }, "update apps/v1/deployments d a scale",
        "autoscaling/v1 Scale" },
      { deployments, "apply_scale", { "a", {} }, "apply apps/v1/deployments d a scale",
        "autoscaling/v1 Scale" },
      { old_sets, "update_scale", { "a", {} }, "update apps/v1beta2/statefulsets d a scale",
        "apps/v1beta2 Scale" },
      { pods, "update_resize", { "a", {} }, "update /v1/pods d a resize", "v1 Pod" },
      { pods, "update_ephemeral_containers", { "a", a },
        "update /v1/pods d a ephemeralcontainers", "v1 Pod" },
      { pods, "bind", { a }, "create /v1/pods d a binding", "v1 Binding" },
      { pods, "evict", { a }, "create /v1/pods d a eviction", "policy/v1 Eviction" },
      { pods, "evict", { object("a", nil, "policy/v1beta1") }, "create /v1/pods d a eviction",
        "policy/v1beta1 Eviction" },
      { pods, "evict_v1", { a }, "create /v1/pods d a eviction", "policy/v1 Eviction" },
      { pods, "evict_v1beta1", { a }, "create /v1/pods d a eviction", "policy/v1beta1 Eviction" },
      { client:policy_v1():evictions("d"), "evict", { a }, "create /v1/pods d a eviction",
        "policy/v1 Eviction" },
      { client:policy_v1beta1():evictions(), "evict", { its_namespace },
        "create /v1/pods e a eviction", "policy/v1beta1 Eviction" },
      { core:service_accounts("d"), "create_token", { "a", {} },
        "create /v1/serviceaccounts d a token", "authentication.k8s.io/v1 TokenRequest" },
      { requests, "update_approval", { "a", a },
        "update certificates.k8s.io/v1/certificatesigningrequests - a approval",
        "certificates.k8s.io/v1 CertificateSigningRequest" },
      { old_requests, "update_approval", { a },
        "update certificates.k8s.io/v1beta1/certificatesigningrequests - a approval",
        "certificates.k8s.io/v1beta1 CertificateSigningRequest" },
      { core:namespaces(), "finalize", { a }, "update /v1/namespaces - a finalize",
        "v1 Namespace" },
      { core:nodes(), "patch_status", { "a", {} }, "patch /v1/nodes - a status" },
      { client:extensions_v1beta1():deployments("d"), "rollback", { { name = "a" } },
        "create extensions/v1beta1/deployments d a rollback",
        "extensions/v1beta1 DeploymentRollback" },
    } do
      local resource, method, arguments, request, body = unpack(case)
      assert.equal(request, table.concat(asked(resource[method](resource, unpack(arguments))), " "))
      if body then assert.equal(body, sent.object.apiVersion .. " " .. sent.object.kind) end
    end
    assert.same({ metadata = { name = "a" } }, a)
  end)

  it("say the kind of what they send", function()
    local deployments, scale = apps:deployments("d"), { spec = { replicas = 2 } }
    asked(deployments:update_scale("web", scale, { dryRun = "All" }))
    assert.same({ apiVersion = "autoscaling/v1", kind = "Scale", metadata = { name = "web" },
      spec = { replicas = 2 } }, sent.object)
    assert.equal("All", sent.given.dryRun)
    assert.same({ spec = { replicas = 2 } }, scale)
    asked(core:service_accounts("d"):create_token("a", { spec = {} }))
    assert.same({ apiVersion = "authentication.k8s.io/v1", kind = "TokenRequest", spec = {} },
      sent.object)
    for method, version in pairs { evict = "policy/v1", evict_v1 = "policy/v1",
      evict_v1beta1 = "policy/v1beta1" } do
      asked(core:pods("d")[method](core:pods("d"), object("a")))
      assert.equal(version, sent.object.apiVersion)
    end
  end)

  it("refuse what cannot be meant", function()
    local deployments = apps:deployments("d")
    assert.equal('update_scale: the name is "web", and that of the object "api"',
      thrown(line() + 1, function()
        local _ = deployments:update_scale("web", object("api"))
      end))
    assert.equal("update_scale: the object is apps/v1 Deployment, not autoscaling/v1 Scale",
      thrown(line() + 1, function()
        local _ = deployments:update_scale("web", object("web", "Deployment", "apps/v1"))
      end))
    assert.equal("get_scale: the name must be a string, not nil", thrown(line() + 1, function()
      local _ = deployments:get_scale()
    end))
    assert.equal("evict: the object needs a metadata.name", thrown(line() + 1, function()
      local _ = core:pods("d"):evict {}
    end))
    assert.equal('get_scale: unknown option "subresource"; the options are as, fields, '
      .. "includeObject, managedFields, resourceVersion, timeout", thrown(line() + 1, function()
        local _ = deployments:get_scale("web", { subresource = "status" })
      end))
    assert.equal("evict_v1: the object is policy/v1beta1 Eviction, not policy/v1 Eviction",
      thrown(line() + 1, function()
        local _ = core:pods("d"):evict_v1(object("a", nil, "policy/v1beta1"))
      end))
    local _, err = client:policy_v1():evictions():evict(object("a"))
    assert.equal("create: an empty namespace may not be set during creation; metadata.namespace "
      .. "says which", err.message)
  end)

  it("send events to the namespace that they name", function()
    local event = { metadata = { name = "e", namespace = "d" } }
    for _, group in ipairs { "core_v1", "events_v1beta1" } do
      for _, namespace in ipairs { "", "d" } do
        local events = client[group](client):events(namespace)
        asked(events:create_with_event_namespace(event))
        assert.same({ "create", "d" }, { sent.verb, sent.namespace })
        asked(events:update_with_event_namespace(event))
        assert.same({ "update", "d", "e" }, { sent.verb, sent.namespace, sent.name })
        asked(events:patch_with_event_namespace(event, { count = 2 }))
        assert.same({ "patch", "d", "e" }, { sent.verb, sent.namespace, sent.name })
      end
      local events, nowhere = client[group](client):events("other"), client[group](client):events()
      local _, err = events:create_with_event_namespace(event)
      assert.equal("can't create an event with namespace 'd' in namespace 'other'", err.message)
      _, err = events:update_with_event_namespace(object("e"))
      assert.equal("can't update an event with namespace '' in namespace 'other'", err.message)
      _, err = nowhere:create_with_event_namespace(object("e"))
      assert.matches("may not be set during creation", err.message)
    end
  end)

  it("find events by what they are about", function()
    local pod = { kind = "Pod", metadata = { name = "web", namespace = "d", uid = "7" } }
    asked(core:events("d"):search(pod))
    assert.same({ "list", "d" }, { sent.verb, sent.namespace })
    assert.equal("involvedObject.kind=Pod,involvedObject.name=web,involvedObject.namespace=d,"
      .. "involvedObject.uid=7", sent.given.fieldSelector)
    asked(core:events():search({ name = "n,1", kind = "Node" }, { limit = 5 }))
    assert.equal("involvedObject.kind=Node,involvedObject.name=n\\,1,involvedObject.namespace=",
      sent.given.fieldSelector)
    assert.equal(5, sent.given.limit)
    local _, err = core:events("e"):search(pod)
    assert.equal("won't be able to find any events of namespace 'd' in namespace 'e'", err.message)
    assert.equal("involvedObject.name=web,involvedObject.uid=7",
      core:events():get_field_selector("web", nil, nil, "7"))
    assert.equal("", core:events():get_field_selector())
  end)
end)

describe("what the clientset does not have", function()
  it("throws, and says what there is", function()
    for _, case in ipairs {
      { function() local _ = client:core_v2() end,
        'the clientset has no core_v2; did you mean "core_v1"?' },
      { function() local _ = client:CoreV1() end,
        'the clientset has no CoreV1; did you mean "core_v1"?' },
      { function() local _ = client:core_v1():configmaps("d") end,
        'core_v1 has no configmaps; did you mean "config_maps"?' },
      { function() local _ = client:core_v1():deployments("d") end,
        "core_v1 has no deployments; apps_v1, apps_v1beta1, apps_v1beta2, extensions_v1beta1 "
          .. "have it" },
      { function() local _ = client:batch_v1():pods("d") end,
        "batch_v1 has no pods; core_v1 has it" },
      { function() local _ = client:batch_v1():xyz("d") end,
        "batch_v1 has no xyz; it has cron_jobs, jobs" },
      { function() local _ = client:core_v1():pods("d"):updatestatus({}) end,
        'v1 pods has no updatestatus; did you mean "update_status"?' },
      { function() local _ = client:authentication_v1():token_reviews():get("x") end,
        "authentication.k8s.io/v1 tokenreviews has no get; it has create" },
      { function() local _ = client:core_v1():secrets("d"):update_status({}) end,
        "v1 secrets has no update_status; it has apply, create, delete, delete_collection, each, "
          .. "get, list, patch, update, watch" },
      { function() local _ = client:core_v1():namespaces():delete_collection() end,
        "v1 namespaces has no delete_collection; it has apply, apply_status, create, delete, each, "
          .. "finalize, get, list, patch, update, update_status, watch" },
      { function() local _ = client:policy_v1():evictions("d"):create({}) end,
        "policy/v1 evictions has no create; it has evict" },
      { function() local _ = client:apps_v1():daemon_sets("d"):get_scale("x") end,
        "apps/v1 daemonsets has no get_scale; it has apply, apply_status, create, delete, "
          .. "delete_collection, each, get, list, patch, update, update_status, watch" },
      { function() local _ = client:core_v1():nodes("d") end,
        "nodes: these are in no namespace" },
      { function() local _ = client:core_v1():pods(7) end,
        "pods: the namespace must be a string, not number" },
      { function() local _ = client.core_v1() end,
        "core_v1: call it with a colon, not a dot" },
      { function() local _ = client:core_v1().pods("d") end,
        "pods: call it with a colon, not a dot" },
      { function() local _ = client:core_v1():pods("d"):list { labelselector = "" } end,
        'list: unknown option "labelselector"; did you mean "labelSelector"?' },
      { function() local _ = client:core_v1():pods("d"):get() end,
        "get: the name must be a string, not nil" },
    } do
      assert.equal(case[2], thrown(debug.getinfo(case[1], "S").linedefined, case[1]))
    end
  end)

  it("is nil where a name is private, so that libraries may look", function()
    assert.is_nil(client._anything)
    assert.is_nil(client:core_v1()[1])
    assert.is_nil(client:core_v1():pods("d").__tostring)
    assert.is_false(kube.is_error(client:core_v1():nodes()))
  end)
end)

describe("a clientset", function()
  it("makes nothing before it is asked for", function()
    local before = collectgarbage("count")
    for _ = 1, 100 do clientset.on(recorder) end
    assert.is_true(collectgarbage("count") - before < 100)
  end)
end)
