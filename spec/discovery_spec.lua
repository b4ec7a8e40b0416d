local cluster = require("spec.support.cluster")
local kube = require("kube")

local function connect(name)
  return assert(kube.discovery(assert(kube.config.load {
    kubeconfig = cluster.kubeconfig(name or "admin"),
  })))
end

local function group_named(groups, name)
  for place, group in ipairs(groups) do
    if group.name == name then return group, place end
  end
end

local function resource_named(resources, name)
  for _, resource in ipairs(resources) do
    if resource.resource == name then return resource end
  end
end

local function sorted(list)
  local copy = {}
  for i, value in ipairs(list) do copy[i] = value end
  table.sort(copy)
  return table.concat(copy, " ")
end

describe("discovery", function()
  local discovery = connect()

  it("tells the groups, the core one first, each once, with its versions", function()
    local groups = assert(discovery:server_groups())
    assert.same({ name = "", versions = { "v1" }, preferredVersion = "v1" }, groups[1])
    assert.same({ name = "apps", versions = { "v1" }, preferredVersion = "v1" },
      (group_named(groups, "apps")))
    local autoscaling = group_named(groups, "autoscaling")
    assert.equal("v2", autoscaling.preferredVersion)
    assert.same({ "v2", "v1" }, autoscaling.versions)
    local seen = {}
    for _, group in ipairs(groups) do
      assert.is_nil(seen[group.name], group.name)
      seen[group.name] = true
      assert.equal(group.versions[1], group.preferredVersion)
    end
    assert.truthy(seen["apiextensions.k8s.io"])
  end)

  it("tells the resources of a group-version, and no others", function()
    local core = assert(discovery:server_resources_for_group_version("v1"))
    local pods = assert(resource_named(core, "pods"))
    assert.equal("", pods.group)
    assert.equal("v1", pods.version)
    assert.equal("Pod", pods.kind)
    assert.equal("pod", pods.singular)
    assert.is_true(pods.namespaced)
    assert.same({ "po" }, pods.shortNames)
    assert.same({ "all" }, pods.categories)
    assert.equal("create delete deletecollection get list patch update watch", sorted(pods.verbs))
    assert.truthy(sorted(pods.subresources):find("eviction", 1, true))
    assert.is_false(resource_named(core, "namespaces").namespaced)
    assert.is_nil(resource_named(core, "deployments"))
    local apps = assert(discovery:server_resources_for_group_version("apps/v1"))
    assert.truthy(resource_named(apps, "deployments"))
    assert.is_nil(resource_named(apps, "pods"))
    for _, resource in ipairs(apps) do
      assert.equal("apps/v1", resource.group .. "/" .. resource.version)
    end
    assert.same({}, assert(discovery:server_resources_for_group_version("apps/v9")))
    assert.same({}, assert(discovery:server_resources_for_group_version("apps")))
  end)

  it("lists all resources in the order of the groups", function()
    local groups = assert(discovery:server_groups())
    local last = 0
    for _, resource in ipairs(assert(discovery:server_resources())) do
      local _, place = group_named(groups, resource.group)
      assert.is_true(place >= last)
      last = place
      assert.truthy(resource.resource ~= "" and resource.kind ~= "" and resource.version ~= "")
      assert.is_nil(resource.resource:find("/", 1, true))
    end
  end)

  it("knows of no server that does not answer", function()
    assert.same({}, assert(discovery:stale()))
  end)

  it("tells the server's version", function()
    local version = assert(discovery:server_version())
    assert.equal("1", version.major)
    assert.truthy(version.gitVersion:find("^v1%.%d+%.%d+"))
    assert.equal("v1." .. version.minor, version.gitVersion:match("^v1%.%d+"))
  end)

  it("answers those who may do nothing else", function()
    local denied = connect("denied")
    assert.truthy(assert(denied:server_version()).gitVersion)
    assert.truthy(group_named(assert(denied:server_groups()), "apps"))
    assert.truthy(assert(connect("anonymous"):server_version()).gitVersion)
  end)

  it("fails as its server does", function()
    for _, method in ipairs { "server_groups", "server_resources", "server_version", "refresh",
      "stale", "server_resources_for_group_version" } do
      local wrong = connect("wrong-token")
      local value, err = wrong[method](wrong, "v1")
      assert.is_nil(value)
      assert.is_true(kube.is_unauthorized(err), method .. ": " .. tostring(err))
      assert.equal(401, err.code)
    end
    local value, err = connect("anonymous"):server_groups()
    assert.is_nil(value)
    assert.is_true(kube.is_forbidden(err), tostring(err))
  end)

  it("does not suffer when the server ends a connection after somebody unknown", function()
    for _ = 1, 20 do
      assert.is_nil((connect("wrong-token"):server_groups()))
      assert.truthy(assert(connect("denied"):server_groups()))
    end
  end)

  it("asks once and remembers, until it is told to look again", function()
    local first = assert(discovery:server_resources())
    assert.equal(first, assert(discovery:server_resources()))
    assert.is_true(discovery:refresh())
    assert.not_equal(first, assert(discovery:server_resources()))
    assert.same(first[1], assert(discovery:server_resources())[1])
  end)

  it("is one for all clients of a configuration", function()
    local config = assert(kube.config.load { kubeconfig = cluster.kubeconfig("admin") })
    local k = assert(kube.connect(config))
    local resources = assert(kube.discovery(config):server_resources())
    assert.equal(resources, assert(k:discovery():server_resources()))
  end)

  it("sees a new group after a refresh, and not before", function()
    local own = connect()
    local group = cluster.unique("fresh") .. ".example.com"
    assert.is_nil(group_named(assert(own:server_groups()), group))
    local function version(name, storage)
      return { name = name, served = true, storage = storage,
        schema = { openAPIV3Schema = { type = "object" } } }
    end
    assert(cluster.connect():create {
      apiVersion = "apiextensions.k8s.io/v1", kind = "CustomResourceDefinition",
      metadata = { name = "things." .. group },
      spec = {
        group = group, scope = "Cluster",
        names = { plural = "things", singular = "thing", kind = "Thing", shortNames = { "thg" },
          categories = { "all" } },
        versions = { version("v1beta1", false), version("v1", true), version("v2alpha1", false) },
      },
    })
    assert.is_nil(group_named(assert(own:server_groups()), group))
    local found = cluster.eventually(function()
      assert(own:refresh())
      return (group_named(assert(own:server_groups()), group))
    end)
    assert.same({ name = group, versions = { "v1", "v1beta1", "v2alpha1" },
      preferredVersion = "v1" }, found)
    local things = assert(own:server_resources_for_group_version(group .. "/v1"))
    assert.equal(1, #things)
    assert.equal("Thing", things[1].kind)
    assert.is_false(things[1].namespaced)
    assert.same({ "thg" }, things[1].shortNames)
    assert.same({ "all" }, things[1].categories)
  end)

  it("answers inside kube.run, to many who ask at once", function()
    local own, answers = connect(), 0
    kube.run(function()
      for _ = 1, 20 do
        kube.spawn(function()
          assert.truthy(group_named(assert(own:server_groups()), "apps"))
          answers = answers + 1
        end)
      end
    end)
    assert.equal(20, answers)
  end)

  it("reads the documents of old as it does the aggregated ones", function()
    local legacy = discovery:with_legacy()
    assert(discovery:refresh())
    assert.same(discovery:server_groups(), legacy:server_groups())
    assert.same(discovery:server_resources(), legacy:server_resources())
    local function by_name(list)
      local all = {}
      for _, r in ipairs(list) do
        all[table.concat({ r.group, r.version, r.resource, r.subresource }, "/")] = r
      end
      return all
    end
    assert.same(by_name(discovery:server_subresources()), by_name(legacy:server_subresources()))
  end)

  it("does not ask for what has not changed", function()
    local own = connect()
    local resources = assert(own:server_resources())
    local unchanged = cluster.eventually(function() -- unless another spec makes a CRD just now
      assert(own:refresh())
      return own._asked:is_unchanged()
    end)
    assert.is_true(unchanged)
    assert.same(resources[1], assert(own:server_resources())[1])
  end)

  it("tells what is preferred, and what lives in namespaces", function()
    local seen, namespaced = {}, 0
    for _, r in ipairs(assert(discovery:server_preferred_resources())) do
      local key = r.group .. "/" .. r.resource
      assert.is_nil(seen[key], key)
      seen[key] = r.version
      if r.namespaced then namespaced = namespaced + 1 end
    end
    assert.equal("v2", seen["autoscaling/horizontalpodautoscalers"])
    assert.equal("v1", seen["/pods"])
    assert.equal(namespaced, #assert(discovery:server_preferred_namespaced_resources()))
    local lists = discovery:filtered_by(assert(discovery:server_resources()),
      discovery:supports_all_verbs("list", "watch"))
    assert.truthy(resource_named(lists, "pods"))
    assert.is_nil(resource_named(lists, "tokenreviews"))
  end)

  it("tells whether something is there", function()
    local function enabled(group, version, resource)
      return discovery:is_resource_enabled { group = group, version = version,
        resource = resource }
    end
    assert.is_true(enabled("", "v1", "pods"))
    assert.is_true(enabled(nil, "v1", "pods/eviction"))
    assert.is_true(enabled("apps", "v1", "deployments"))
    assert.is_false(enabled("apps", "v1", "pods"))
    assert.is_false(enabled("apps", "v9", "deployments"))
    assert.is_true(discovery:server_supports_version("apps/v1"))
    local ok, err = discovery:server_supports_version("apps/v9")
    assert.is_nil(ok)
    assert.equal('server does not support API version "apps/v9"', err.message)
  end)

  it("tells what objects are made of", function()
    local v3 = discovery:openapi_v3()
    local apps = assert(v3:schema("apps/v1"))
    assert.equal("3.0", apps.openapi:sub(1, 3))
    assert.truthy(apps.paths["/apis/apps/v1/namespaces/{namespace}/deployments"])
    assert.truthy(assert(v3:schema("v1")).components.schemas["io.k8s.api.core.v1.Pod"])
    local served = {}
    for _, name in ipairs(assert(v3:group_versions())) do served[name] = true end
    assert.truthy(served["v1"] and served["batch/v1"])
    assert.truthy(v3:paths()["version"])
    assert.truthy(v3:paths()["apis/apps/v1"].serverRelativeURL:find("hash=", 1, true))
    local v2 = assert(discovery:openapi_schema())
    assert.equal("2.0", v2.swagger)
    assert.truthy(v2.definitions["io.k8s.api.core.v1.Pod"])
  end)
end)
