-- kube.fake gives the same answers as the real API server: objects that it refuses.
local same = require("spec.support.same")

local answers = same.namespace("values")
local told, invalid = same.told, same.invalid

teardown(same.close)

--- A case: what is made of an object, changed by fn, is refused for these causes.
local function refuses(object, fn, causes)
  local group = object.apiVersion:match("^(.*)/")
  fn(object)
  return answers(function(k) return told(k:create(object)) end,
    invalid(object.kind .. (group and "." .. group or ""), object.metadata.name, causes))
end

local LABEL = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or "
  .. "'-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', "
  .. "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

describe("a Pod is refused", function()
  it("without containers", refuses(same.pod("x"), function(pod)
    pod.spec.containers = nil
  end, { { "spec.containers", "Required value" } }))

  it("without a spec", refuses(same.pod("x"), function(pod) pod.spec = nil end,
    { { "spec.containers", "Required value" } }))

  it("without an image", refuses(same.pod("x"), function(pod)
    pod.spec.containers[1].image = nil
  end, { { "spec.containers[0].image", "Required value" } }))

  it("with a bad name of a container", refuses(same.pod("x"), function(pod)
    pod.spec.containers[1].name = "A B"
  end, { { "spec.containers[0].name", 'Invalid value: "A B": ' .. LABEL } }))

  it("with two containers of a name", refuses(same.pod("x"), function(pod)
    pod.spec.containers[2] = { name = "app", image = "y" }
  end, { { "spec.containers[1].name", 'Duplicate value: "app"' } }))
end)

describe("a Deployment is refused", function()
  local NOT_ITS_OWN = "`selector` does not match template `labels`"

  it("with a selector of other pods", refuses(same.deployment("x"), function(deployment)
    deployment.spec.template.metadata.labels = { app = "other" }
  end, { { "spec.template.metadata.labels",
    'Invalid value: {"app":"other"}: ' .. NOT_ITS_OWN } }))

  it("without a selector", refuses(same.deployment("x"), function(deployment)
    deployment.spec.selector = nil
  end, { { "spec.selector", "Required value" },
    { "spec.template.metadata.labels", 'Invalid value: {"app":"x"}: ' .. NOT_ITS_OWN } }))

  it("with a selector of everything", refuses(same.deployment("x"), function(deployment)
    deployment.spec.selector = {}
  end, { { "spec.selector", "Invalid value: {}: empty selector is invalid for deployment" } }))

  it("with fewer replicas than none", refuses(same.deployment("x", -1), function() end,
    { { "spec.replicas", "Invalid value: -1: must be greater than or equal to 0" } }))

  it("where its selector changes", answers(function(k)
    assert(k:create(same.deployment("fixed", 0)))
    local deployment = same.deployment("fixed", 0)
    deployment.spec.selector.matchLabels = { app = "z" }
    deployment.spec.template.metadata.labels = { app = "z" }
    return told(k:update(deployment))
  end, invalid("Deployment.apps", "fixed", { { "spec.selector",
    'Invalid value: {"matchLabels":{"app":"z"}}: field is immutable' } })))
end)

describe("a ReplicaSet is refused", function()
  it("with a selector of other pods", refuses(same.deployment("x"), function(set)
    set.kind, set.spec.template.metadata.labels = "ReplicaSet", { app = "other" }
  end, { { "spec.template.metadata.labels",
    'Invalid value: {"app":"other"}: `selector` does not match template `labels`' } }))
end)

describe("a Service is refused", function()
  it("without ports", refuses(same.service("x"), function(service) service.spec.ports = nil end,
    { { "spec.ports", "Required value" } }))

  it("without a spec", refuses(same.service("x"), function(service) service.spec = nil end,
    { { "spec.ports", "Required value" } }))
end)

describe("a Service is taken", function()
  it("without ports where it is a name", answers(function(k)
    local made = assert(k:create { apiVersion = "v1", kind = "Service",
      metadata = { name = "name" }, spec = { type = "ExternalName", externalName = "x.y" } })
    return { made.spec, made.status }
  end, { { type = "ExternalName", externalName = "x.y", sessionAffinity = "None" },
    { loadBalancer = {} } }))

  it("without ports where it wants no address", answers(function(k)
    local made = assert(k:create { apiVersion = "v1", kind = "Service",
      metadata = { name = "headless" }, spec = { clusterIP = "None" } })
    return { made.spec.clusterIP, made.spec.clusterIPs }
  end, { "None", { "None" } }))
end)

describe("a Deployment is taken", function()
  it("with another strategy", answers(function(k)
    local deployment = same.deployment("recreate", 0)
    deployment.spec.strategy = { type = "Recreate" }
    return assert(k:create(deployment)).spec.strategy
  end, { type = "Recreate" }))
end)
