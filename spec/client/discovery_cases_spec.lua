-- What client-go's tests say of discovery: their inputs and what must come of them, as data
-- (discovery_cases.json, in which each table names its source).
local core = require("kube.core")
local faults = require("spec.support.faults")
local helper = require("kube.client.discovery_helper")
local json = require("kube.json")
local kube = require("kube")
local openapi = require("kube.client.openapi")
local schema = require("kube.api.schema")

local AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

local tables = assert(json.decode(faults.read("spec/client/discovery_cases.json")))

-- ---- sets of names, as client-go's tests compare them ----

local function sorted(names)
  local copy, seen = {}, {}
  for _, name in ipairs(names or {}) do
    if not seen[name] then copy[#copy + 1] = name end
    seen[name] = true
  end
  table.sort(copy)
  return copy
end

local function names_of(groups)
  local names = {}
  for _, group in ipairs(groups) do names[#names + 1] = group.name end
  return sorted(names)
end

local function versions_of(groups)
  local names = {}
  for _, group in ipairs(groups) do
    for _, version in ipairs(group.versions) do
      names[#names + 1] = schema.group_version(group.name, version)
    end
  end
  return sorted(names)
end

local function preferred_of(groups)
  local names = {}
  for _, group in ipairs(groups) do
    names[#names + 1] = group.preferredVersion
      and schema.group_version(group.name, group.preferredVersion)
  end
  return sorted(names)
end

local function kinds_of(resources)
  local names = {}
  for _, resource in ipairs(resources) do
    names[#names + 1] = resource.group .. "/" .. resource.version .. "/" .. resource.kind
  end
  return sorted(names)
end

local function failed(problem)
  local names = {}
  for name in pairs(problem and problem.groups or {}) do names[#names + 1] = name end
  return sorted(names)
end

local function step(value, content_type, status)
  return { {
    status = status, body = faults.json(value), headers = { ["Content-Type"] = content_type },
  } }
end

--- A discovery client of a server with those two documents, and no others.
local function client(case, content_type, given)
  local script = faults.script({ { status = 404, body = "" } }, nil, {
    ["/api"] = step(case.corev1, content_type, case.coreHttpStatus),
    ["/apis"] = step(case.apis, content_type, case.apisHttpStatus),
  })
  given = given or { discovery_cache = false }
  given.kubeconfig = faults.kubeconfig { server = script.server }
  return assert(kube.discovery(given)), script
end

--- All cases of a table, the name of the case in each failure.
local function each(name, check)
  for i, case in ipairs(tables[name].cases) do
    local ok, why = pcall(check, case)
    if not ok then
      error(string.format("%s %d, %s: %s", name, i, tostring(case.name), tostring(why)), 0)
    end
  end
  return #tables[name].cases
end

describe("an aggregated document", function()
  --- Groups as client-go shows them, with the versions' whole names.
  local function listed(groups)
    local all = {}
    for i, group in ipairs(groups) do
      local versions = {}
      for j, version in ipairs(group.versions or {}) do
        versions[j] = version.groupVersion or schema.group_version(group.name, version)
      end
      local preferred = group.preferredVersion
      if type(preferred) == "table" then preferred = preferred.groupVersion end
      if preferred and preferred ~= "" and not preferred:find("/") then
        preferred = schema.group_version(group.name, preferred)
      end
      all[i] = { group.name, versions, preferred ~= "" and preferred or nil }
    end
    return all
  end

  local function entry(group_version, name, r)
    return table.concat({ group_version, name, r.singularName or r.singular, r.kind,
      tostring(r.namespaced), table.concat(r.verbs or {}, ","),
      table.concat(r.shortNames or {}, ","), table.concat(r.categories or {}, ",") }, " ")
  end

  local function expected_entries(lists)
    local all = {}
    for group_version, list in pairs(lists) do
      for _, r in ipairs(list.resources or {}) do
        all[#all + 1] = entry(group_version, r.name, r)
      end
    end
    return sorted(all)
  end

  local function entries(set)
    local all, singular = {}, {}
    for _, r in ipairs(set:resources()) do
      local group_version = schema.group_version(r.group, r.version)
      all[#all + 1] = entry(group_version, r.resource, r)
      singular[group_version .. r.resource] = r.singular
    end
    for _, r in ipairs(set:subresources()) do
      local group_version = schema.group_version(r.group, r.version)
      r.singular = singular[group_version .. r.resource] or ""
      all[#all + 1] = entry(group_version, r.resource .. "/" .. r.subresource, r)
    end
    return sorted(all)
  end

  it("tells groups, resources, subresources and what is stale", function()
    assert.equal(11, each("split", function(case)
      local set = assert(core.discovery())
      case.agg.kind = "APIGroupDiscoveryList"
      assert.is_true(set:add(faults.json(case.agg)))
      assert.same(listed(case.groups.groups), listed(set:groups()))
      assert.same(expected_entries(case.resources), entries(set))
      local failures = {}
      for name, err in pairs(set:failures()) do failures[name] = err.message end
      assert.same(case.failed, failures)
    end))
  end)
end)

describe("discovery as client-go's tests have it", function()
  it("tells the groups", function()
    assert.equal(3, each("agg_groups", function(case)
      local groups = assert(client(case, AGGREGATED .. "; charset=utf-8"):server_groups())
      assert.same(sorted(case.expectedGroupNames), names_of(groups))
      assert.same(sorted(case.expectedGroupVersions), versions_of(groups))
      assert.same(sorted(case.expectedPreferredVersions), preferred_of(groups))
    end))
  end)

  local function check_resources(case)
    local discovery = client(case, AGGREGATED .. "; charset=utf-8")
    assert.is_false(discovery:fresh())
    local groups, resources, problem = discovery:server_groups_and_resources()
    assert.truthy(groups, tostring(resources))
    assert.is_true(discovery:fresh())
    assert.same(sorted(case.expectedFailedGVs), failed(problem))
    assert.same(sorted(case.expectedGroupNames), names_of(groups))
    assert.same(sorted(case.expectedGroupVersions), versions_of(groups))
    assert.same(sorted(case.expectedGVKs), kinds_of(resources))
    discovery:invalidate()
    assert.is_false(discovery:fresh())
    assert.same(sorted(case.expectedGVKs), kinds_of(assert(discovery:server_resources())))
  end

  it("tells groups and resources, and what failed", function()
    assert.equal(6, each("agg_resources", check_resources))
    assert.equal(5, each("memory_aggregated", check_resources))
  end)

  it("goes on without a core group, and not without the others", function()
    assert.equal(4, each("agg_errors", function(case)
      local groups, resources = client(case, AGGREGATED):server_groups_and_resources()
      if case.expectedErr then
        assert.is_nil(groups)
        assert.is_true(kube.is_error(resources))
      else
        assert.same(sorted(case.expectedGroups), names_of(groups))
        assert.same(sorted(case.expectedResources), kinds_of(resources))
      end
    end))
  end)

  it("tells what is preferred", function()
    assert.equal(6, each("agg_preferred", function(case)
      local resources, problem = client(case, AGGREGATED):server_preferred_resources()
      assert.same(sorted(case.expectedFailedGVs), failed(problem))
      assert.same(sorted(case.expectedGVKs), kinds_of(resources))
    end))
  end)

  it("takes a document for aggregated where its Content-Type says so", function()
    local groups = { items = { { versions = { { version = "v1" } } } } }
    assert.equal(9, each("content_type", function(case)
      local apis = { groups = { { name = "old", versions = { { version = "v1" } } } } }
      if case.match then apis.items = { { metadata = { name = "new" } } } end
      local its_client = client({ corev1 = case.match and groups or { versions = {} },
        apis = apis }, case.contentType)
      assert.same(case.match and { "", "new" } or { "old" },
        names_of(assert(its_client:server_groups())))
    end))
  end)

  it("reads documents of old", function()
    local function check(case)
      local discovery, script = client(case, "application/json")
      local groups, _, problem = discovery:server_groups_and_resources()
      assert.same(sorted(case.expectedGroupNames), names_of(groups))
      assert.same(sorted(case.expectedGroupVersions), versions_of(groups))
      local missing = sorted(case.expectedGroupVersions)
      table.remove(missing) -- v1, which need not be there
      assert.same(missing, failed(problem))
      assert.equal(2 + #case.expectedGroupVersions, #script.requests(true))
    end
    assert.equal(3, each("memory_legacy", check))
    assert.equal(3, each("disk_legacy", check))
  end)

  it("keeps groups on the disk", function()
    assert.equal(3, each("disk_aggregated", function(case)
      local dir = faults.dir .. "/cache-" .. tostring(case):match("0x(%x+)")
      local _, script = client(case, AGGREGATED, { discovery_cache = dir })
      for read = 1, 2 do
        local discovery = assert(kube.discovery {
          kubeconfig = faults.kubeconfig { server = script.server }, discovery_cache = dir,
        })
        local groups = assert(discovery:server_groups())
        assert.same(sorted(case.expectedGroupNames), names_of(groups))
        assert.same(sorted(case.expectedGroupVersions), versions_of(groups))
        assert.same(sorted(case.expectedPreferredVersions), preferred_of(groups))
        assert.equal(read == 1, discovery:fresh())
        assert.equal(2, #script.requests(true))
      end
    end))
  end)
end)

describe("helpers of discovery", function()
  -- client-go discovery/helper_blackbox_test.go TestFilteredBy
  it("filter resources", function()
    local foo = {}
    for _, version in ipairs { "v1", "v2" } do
      for _, name in ipairs { "bar", "test" } do
        foo[#foo + 1] = { group = "foo", version = version, resource = name,
          kind = name:sub(1, 1):upper() .. name:sub(2), verbs = { "get", "list" } }
      end
    end
    local function all() return true end
    local function none() return false end
    local function only_v2(r) return r.version == "v2" end
    local function only_bar(r) return r.kind == "Bar" end
    local cases = {
      { {}, all, {} }, { {}, none, {} },
      { foo, all, { "v1.bar", "v1.test", "v2.bar", "v2.test" } },
      { foo, only_v2, { "v2.bar", "v2.test" } }, { foo, only_bar, { "v1.bar", "v2.bar" } },
      { foo, none, {} },
      { foo, helper.supports_all_verbs { "list", "get" }, { "v1.bar", "v1.test", "v2.bar",
        "v2.test" } },
      { foo, helper.supports_all_verbs { "list", "watch" }, {} },
      { foo, helper.supports_all_verbs {}, { "v1.bar", "v1.test", "v2.bar", "v2.test" } },
    }
    for i, case in ipairs(cases) do
      local names = {}
      for _, r in ipairs(helper.filtered_by(case[1], case[2])) do
        names[#names + 1] = r.version .. "." .. r.resource
      end
      assert.same(case[3], names, i)
    end
  end)

  -- client-go discovery/helper_blackbox_test.go TestServerSupportsVersion
  it("tell whether a version is served", function()
    local function check(versions, status, words)
      local core_document = { versions = versions }
      local discovery = client({ corev1 = core_document, apis = { groups = {} },
        coreHttpStatus = status, apisHttpStatus = status }, "application/json")
      local ok, err = discovery:server_supports_version("v1")
      if words then
        assert.is_nil(ok)
        assert.truthy(tostring(err):find(words, 1, true), tostring(err))
      else
        assert.is_true(ok)
      end
    end
    check({ "/version1", "v1" }, 200)
    check({ "version1" }, 200, 'server does not support API version "v1"')
    check({ "/version1", "v1" }, 403, "403")
    check({ "/version1", "v1" }, 404, "404")
    check({}, 200) -- of a server that tells of none
    local refused = assert(kube.discovery {
      kubeconfig = faults.kubeconfig { server = faults.closed }, discovery_cache = false,
    })
    local ok, err = refused:server_supports_version("v1")
    assert.is_nil(ok)
    assert.equal("ConnectionRefused", err.reason)
  end)

  -- client-go openapi3/root_test.go
  it("name the paths of OpenAPI v3", function()
    for group_version, path in pairs { ["apps/v1"] = "apis/apps/v1",
      ["batch/v1beta1"] = "apis/batch/v1beta1", v1 = "api/v1",
      ["networking.k8s.io/v1alpha1"] = "apis/networking.k8s.io/v1alpha1" } do
      assert.equal(path, openapi.path_of(group_version))
      assert.equal(group_version, openapi.group_version_of(path))
    end
    for _, path in ipairs { "apis/apps", "api", "foo/apps/v1", "version", ".well-known/x" } do
      assert.is_nil(openapi.group_version_of(path), path)
    end
  end)
end)
