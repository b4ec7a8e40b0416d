-- kube.fake tells what it serves as the real API server does, aggregated and in documents of old.
local same = require("spec.support.same")

local answers = same.namespace("discovery")

teardown(same.close)

--- What stays of a resource where servers have more or fewer subresources of their own.
local function plain(r)
  return { group = r.group, version = r.version, resource = r.resource, singular = r.singular,
    kind = r.kind, namespaced = r.namespaced, verbs = table.concat(r.verbs, " "),
    shortNames = table.concat(r.shortNames, " "), categories = table.concat(r.categories, " ") }
end

local function find(resources, group, name)
  for _, r in ipairs(resources) do
    if r.group == group and r.resource == name then return plain(r) end
  end
end

local WANTED = { { "", "pods" }, { "", "namespaces" }, { "apps", "deployments" },
  { "apps", "replicasets" }, { "", "services" } }

local function told(discovery)
  local resources, problem = discovery:server_resources()
  local found = { problem = problem, fresh = discovery:fresh() }
  for _, names in ipairs(WANTED) do
    found[names[2]] = find(resources, names[1], names[2])
  end
  return found
end

describe("what is served", function()
  it("is told in aggregated documents", answers(function(k) return told(k:discovery()) end,
    same.has { fresh = true, pods = { group = "", version = "v1", kind = "Pod",
      shortNames = "po", categories = "all", namespaced = true } }))

  it("is told in documents of old", answers(function(k)
    return told(k:discovery():with_legacy())
  end, same.has { deployments = { group = "apps", version = "v1", kind = "Deployment",
    shortNames = "deploy", namespaced = true } }))

  it("is the same in both", answers(function(k)
    local both = { k:discovery(), k:discovery():with_legacy() }
    local counts = {}
    for i, discovery in ipairs(both) do
      local groups, resources = discovery:server_groups_and_resources()
      counts[i] = #groups .. " " .. #resources .. " " .. #discovery:server_subresources()
    end
    return { equal = counts[1] == counts[2] and "yes" or table.concat(counts, ", ") }
  end, { equal = "yes" }))

  it("can be asked for by name", answers(function(k)
    local discovery = k:discovery()
    local function enabled(group, version, resource)
      return discovery:is_resource_enabled { group = group, version = version,
        resource = resource }
    end
    return {
      pods = enabled("", "v1", "pods"), status = enabled("apps", "v1", "deployments/status"),
      none = enabled("apps", "v1", "pods"), old = enabled("apps", "v1beta1", "deployments"),
      v1 = discovery:server_supports_version("apps/v1"),
      v9 = tostring(select(2, discovery:server_supports_version("apps/v9"))),
      preferred = find(discovery:server_preferred_resources(), "apps",
        "deployments") ~= nil,
    }
  end, same.has { pods = true, status = true, none = false, old = false, v1 = true,
    v9 = 'server does not support API version "apps/v9" (NoMatch)' }))
end)
