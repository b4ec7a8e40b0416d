local cluster = require("spec.support.cluster")
local kube = require("kube")

describe("a name on a real server", function()
  local k = cluster.connect()

  local function full(text)
    local found, err = k:resource_for(text)
    if not found then return nil, err end
    return string.format("%s.%s.%s", found.resource, found.version, found.group)
  end

  it("is each short name that kubectl's users know", function()
    for short, name in pairs {
      deploy = "deployments.v1.apps", sts = "statefulsets.v1.apps", ds = "daemonsets.v1.apps",
      rs = "replicasets.v1.apps", cj = "cronjobs.v1.batch", svc = "services.v1.",
      cm = "configmaps.v1.", ns = "namespaces.v1.", no = "nodes.v1.", po = "pods.v1.",
      ev = "events.v1.", sa = "serviceaccounts.v1.", ep = "endpoints.v1.",
      pv = "persistentvolumes.v1.", pvc = "persistentvolumeclaims.v1.",
      rc = "replicationcontrollers.v1.", quota = "resourcequotas.v1.", limits = "limitranges.v1.",
      ing = "ingresses.v1.networking.k8s.io", netpol = "networkpolicies.v1.networking.k8s.io",
      hpa = "horizontalpodautoscalers.v2.autoscaling", pdb = "poddisruptionbudgets.v1.policy",
      sc = "storageclasses.v1.storage.k8s.io", pc = "priorityclasses.v1.scheduling.k8s.io",
      crd = "customresourcedefinitions.v1.apiextensions.k8s.io",
      csr = "certificatesigningrequests.v1.certificates.k8s.io",
    } do
      assert.equal(name, full(short))
    end
  end)

  it("is each plural, singular and kind of what is served, with and without its group", function()
    local resources = assert(k:discovery():server_resources())
    assert.is_true(#resources > 50)
    for _, one in ipairs(resources) do
      local key = one.resource .. "." .. one.version .. "." .. one.group
      for _, name in ipairs { one.resource, one.singular, one.kind, one.kind:upper() } do
        assert.equal(key, full(string.format("%s.%s.%s", name, one.version, one.group)))
        local by_group = assert(k:resource_for(name .. "." .. one.group))
        assert.equal(one.group, by_group.group)
      end
    end
  end)

  it("is in the core group where it is there too", function()
    assert.equal("events.v1.", full("events"))
    assert.equal("events.v1.events.k8s.io", full("events.events.k8s.io"))
  end)

  it("tells all that is needed to use it", function()
    local deployments = assert(k:resource_for("deploy"))
    assert.equal("apps", deployments.group)
    assert.equal("v1", deployments.version)
    assert.equal("Deployment", deployments.kind)
    assert.equal("deployment", deployments.singular)
    assert.is_true(deployments.namespaced)
    assert.same({ "deploy" }, { deployments.shortNames[1] })
    assert.same({ "all" }, { deployments.categories[1] })
    local subresources = table.concat(deployments.subresources, " ")
    assert.truthy(subresources:find("scale", 1, true))
    assert.truthy(subresources:find("status", 1, true))
    assert.truthy(table.concat(deployments.verbs, " "):find("watch", 1, true))
    assert.is_false(assert(k:resource_for("nodes")).namespaced)
  end)

  it("is an error when nobody bears it, with what may have been meant", function()
    local found, err = k:resource_for("deploymets")
    assert.is_nil(found)
    assert.is_true(kube.is_no_match(err))
    assert.equal("the server doesn't have a resource type \"deploymets\"; did you mean "
      .. "\"deployments\"?", err.message)
    found, err = k:resource_for("pods.v1")
    assert.is_nil(found)
    assert.is_true(kube.is_no_match(err))
    found, err = k:get("qqqqqqqq", "web")
    assert.is_nil(found)
    assert.equal("the server doesn't have a resource type \"qqqqqqqq\"", err.message)
  end)

  it("is found when its CRD was made a second ago, by name and by kind", function()
    assert.truthy(full("pods")) -- what is served is known by now
    local group = cluster.unique("shop") .. ".example.com"
    assert.is_nil((full("carts." .. group)))
    assert(k:create {
      apiVersion = "apiextensions.k8s.io/v1", kind = "CustomResourceDefinition",
      metadata = { name = "carts." .. group },
      spec = {
        group = group, scope = "Namespaced",
        names = { plural = "carts", singular = "cart", kind = "Cart", shortNames = { "crt" } },
        versions = { {
          name = "v1", served = true, storage = true,
          schema = { openAPIV3Schema = {
            type = "object", ["x-kubernetes-preserve-unknown-fields"] = true,
          } },
        } },
      },
    })
    local other = cluster.connect() -- its own memory, so that it looks afresh too
    assert(other:discovery():server_resources())
    assert.equal("carts.v1." .. group, cluster.eventually(function()
      return (full("crt." .. group))
    end))
    assert.equal("carts", assert(other:resource_for("Cart." .. group)).resource)
    local created = assert(k:create {
      apiVersion = group .. "/v1", kind = "Cart",
      metadata = { name = "mine", namespace = "default" }, spec = { apples = 3 },
    })
    assert.equal(3, created.spec.apples)
    assert.equal("mine", assert(k:get("cart." .. group .. "/mine")).metadata.name)
  end)
end)

describe("the mapper of a real server", function()
  local k = cluster.connect()
  local mapper = k:restmapper()

  it("is one for all clients of a configuration", function()
    assert.equal(mapper, assert(kube.restmapper(k.config)))
  end)

  it("finds resources by their parts", function()
    for full, partial in pairs {
      ["deployments.v1.apps"] = { group = "apps", resource = "deployments" },
      ["pods.v1."] = { resource = "pods" },
      ["events.v1.events.k8s.io"] = { group = "events.k8s.io", version = "v1", resource = "event" },
      ["ingresses.v1.networking.k8s.io"] = { group = "networking", resource = "ing" },
      ["horizontalpodautoscalers.v1.autoscaling"] = { version = "v1", resource = "hpa" },
    } do
      local found = assert(mapper:resource_for(partial))
      assert.equal(full, table.concat({ found.resource, found.version, found.group }, "."))
    end
    local all = assert(mapper:resources_for { resource = "horizontalpodautoscalers" })
    assert.same({ "v2", "v1" }, { all[1].version, all[2].version })
    assert.equal("events.k8s.io", assert(mapper:resources_for("events"))[2].group)
  end)

  it("finds kinds, and where they live", function()
    assert.same({ group = "apps", version = "v1", kind = "Deployment" }, mapper:kind_for("deploy"))
    assert.same({ group = "", version = "v1", kind = "Pod" },
      mapper:kind_for { version = "v1", resource = "pods" })
    local kinds = assert(mapper:kinds_for("events"))
    assert.same({ "", "events.k8s.io" }, { kinds[1].group, kinds[2].group })
    local deployments = assert(mapper:mapping { group = "apps", kind = "Deployment" })
    assert.equal("deployments", deployments.resource.resource)
    assert.equal("namespace", deployments.scope)
    assert.equal("root", assert(mapper:mapping("Node")).scope)
    local hpa = "HorizontalPodAutoscaler.autoscaling"
    assert.equal("v2", assert(mapper:mapping(hpa)).kind.version)
    assert.equal("v1", assert(mapper:mapping(hpa, "v1")).kind.version)
    assert.equal(2, #assert(mapper:mappings(hpa)))
    local found, err = mapper:mapping(hpa, "v7", "v8")
    assert.is_nil(found)
    assert.equal('no matches for kind "HorizontalPodAutoscaler" in versions ["autoscaling/v7" '
      .. '"autoscaling/v8"]; autoscaling/v2 has it', err.message)
    found, err = mapper:resource_for { resource = "xyz" }
    assert.is_nil(found)
    assert.equal("no matches for /, Resource=xyz", err.message)
  end)

  it("finds its way from each resource to its kind and back", function()
    for _, one in ipairs(assert(k:discovery():server_resources())) do
      local partial = { group = one.group, version = one.version, resource = one.resource }
      local kind = assert(mapper:kind_for(partial))
      assert.same({ one.group, one.version, one.kind }, { kind.group, kind.version, kind.kind })
      local group_kind, back = { group = kind.group, kind = kind.kind }, {}
      local mappings = assert(mapper:mappings(group_kind, kind.version))
      for _, mapping in ipairs(mappings) do back[mapping.resource.resource] = true end
      assert.is_true(back[one.resource], one.resource)
    end
  end)

  it("knows singulars, and warns of short names that others have", function()
    assert.equal("networkpolicy", assert(mapper:resource_singularizer("networkpolicies")))
    assert.equal("endpoints", assert(mapper:resource_singularizer("ep")))
    assert.same({ 'short name "ev" could also match lower priority resource events.events.k8s.io' },
      mapper:warnings_for("ev"))
    assert.same({}, mapper:warnings_for("pods"))
  end)

  it("expands what kubectl get all shows", function()
    local names = {}
    for i, one in ipairs(assert(mapper:expand("all"))) do names[i] = one.resource end
    for _, name in ipairs { "pods", "services", "deployments", "replicasets", "jobs",
      "horizontalpodautoscalers" } do
      local count = 0
      for _, one in ipairs(names) do count = count + (one == name and 1 or 0) end
      assert.equal(1, count, name)
    end
    local found, err = mapper:expand("al")
    assert.is_nil(found)
    assert.truthy(err.message:find("the server doesn't have a category \"al\"", 1, true))
  end)
end)

describe("a list of several resources", function()
  local k, space

  setup(function()
    space = cluster.namespace("several")
    k = cluster.connect("admin", { namespace = space })
    assert(k:create(cluster.config_map(space, "one", nil, { of = "mine" })))
    assert(k:create(cluster.config_map(space, "two")))
    assert(k:create {
      apiVersion = "v1", kind = "Service", metadata = { name = "web", labels = { of = "mine" } },
      spec = { ports = { { port = 80 } } },
    })
    assert(k:create {
      apiVersion = "v1", kind = "ServiceAccount",
      metadata = { name = "robot", labels = { of = "mine" } },
    })
  end)

  local function named(items)
    local list = {}
    for i, item in ipairs(items) do list[i] = item.kind .. " " .. item.metadata.name end
    return list
  end

  it("is a List of items that tell their kind", function()
    local list = assert(k:list("svc,configmaps,sa", { labelSelector = "of=mine" }))
    assert.same({ "v1", "List" }, { list.apiVersion, list.kind })
    assert.same({ "Service web", "ConfigMap one", "ServiceAccount robot" }, named(list.items))
    assert.equal("v1", list.items[1].apiVersion)
    assert.same({ "Service web" }, named(assert(k:list("all")).items))
    assert.equal("ServiceList", assert(k:list("svc")).kind)
    assert.same({}, assert(k:list("all", { labelSelector = "of=nobody" })).items)
  end)

  it("comes one by one, page after page", function()
    local items = {}
    for item in k:each("svc,cm", { limit = 1, fields = { "metadata.name" } }) do
      items[#items + 1] = item
    end
    assert.same({ "Service web", "ConfigMap kube-root-ca.crt", "ConfigMap one", "ConfigMap two" },
      named(items))
    local count = 0
    for _ in k:each("pods,deployments,all,secrets") do count = count + 1 end
    assert.equal(1, count)
  end)

  it("comes inside kube.run, beside others", function()
    local seen = {}
    assert(kube.run(function()
      for i = 1, 5 do
        kube.spawn(function()
          local stream, items = k:each("svc,cm,sa", { labelSelector = "of=mine" }), {}
          local item = stream:next()
          while item do
            items[#items + 1] = item
            item = stream:next()
          end
          seen[i] = table.concat(named(items), " ")
        end)
      end
      return true
    end))
    for i = 1, 5 do assert.equal("Service web ConfigMap one ServiceAccount robot", seen[i]) end
  end)

  it("may be closed in the middle", function()
    local stream = k:each("svc,cm")
    assert.equal("web", assert(stream:next()).metadata.name)
    assert.equal("one", assert(stream:next() and stream:next()).metadata.name)
    assert.truthy(stream:request():find("configmaps", 1, true))
    stream:close()
    assert.is_nil((stream:next()))
  end)

  it("is refused as its parts are, and has no pages", function()
    local viewer = cluster.connect("viewer", { namespace = space })
    local found, err = viewer:list("pods,secrets")
    assert.is_nil(found)
    assert.is_true(kube.is_forbidden(err), tostring(err))
    for _, option in ipairs { "limit", "continue" } do
      found, err = k:list("svc,cm", { [option] = option == "limit" and 1 or "x" })
      assert.is_nil(found)
      assert.equal("the option " .. option .. " is for lists of one resource", err.message)
    end
    found, err = k:each("all", { continue = "x" }):next()
    assert.is_nil(found)
    assert.is_true(kube.is_bad_request(err))
  end)

  it("is only for lists", function()
    for name, message in pairs {
      all = "the server doesn't have a resource type \"all\"; \"all\" is a category: list and each "
        .. "take it",
      ["svc,cm"] = "the server doesn't have a resource type \"svc,cm\": one at a time (list and "
        .. "each take several)",
    } do
      local found, err = k:watch(name)
      assert.is_nil(found)
      assert.equal(message, err.message)
    end
    local found, err = k:list("svc,podz")
    assert.is_nil(found)
    assert.equal('the server doesn\'t have a resource type "podz"; did you mean "pods"?',
      err.message)
  end)
end)
