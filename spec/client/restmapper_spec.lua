local cluster = require("spec.support.cluster")
local kube = require("kube")
local restmapper = require("kube.client.restmapper")

-- ---- a hand-made server ----

local function resource(group, version, plural, kind, singular, short)
  return {
    group = group, version = version, resource = plural, kind = kind, singular = singular,
    namespaced = true, shortNames = short or {}, categories = {}, verbs = {}, subresources = {},
  }
end

local LIST = {
  resource("", "v1", "pods", "Pod", "pod", { "po" }),
  resource("", "v1", "events", "Event", "event", { "ev" }),
  resource("", "v1", "podtemplates", "PodTemplate", "podtemplate"),
  resource("apps", "v1", "deployments", "Deployment", "deployment", { "deploy" }),
  resource("apps", "v1beta2", "deployments", "Deployment", "deployment", { "deploy" }),
  resource("apps", "v1beta2", "oldthings", "OldThing", "oldthing"),
  resource("events.k8s.io", "v1", "events", "Event", "event", { "ev" }),
  resource("networking.k8s.io", "v1", "ingresses", "Ingress", "ingress", { "ing" }),
  resource("extensions", "v1beta1", "ingresses", "Ingress", "ingress", { "ing" }),
  resource("certificates.k8s.io", "v1", "certificatesigningrequests", "CertificateSigningRequest",
    "certificatesigningrequest", { "csr" }),
  resource("cert-manager.io", "v1", "certificates", "Certificate", "certificate", { "cert" }),
  resource("io", "cert-manager", "issuers", "Issuer", "issuer"),
  resource("cert-manager.io", "v1", "issuers", "Issuer", "issuer"),
  resource("example.com", "v1", "deploy", "Deploy", "deploy"),
  resource("shop.example.com", "v1", "carts", "Cart", "cart", { "po" }),
}

--- "resource.version.group" of what a name stands for in the hand-made list.
local function find(text)
  local found = restmapper.find(LIST, text)
  return found and string.format("%s.%s.%s", found.resource, found.version, found.group)
end

local function check(expected)
  for text, full in pairs(expected) do assert.equal(full, find(text), text) end
end

describe("the readings of a name", function()
  it("are one for a plain name, in lower case", function()
    assert.same({ { name = "pods" } }, restmapper.readings("Pods"))
  end)

  it("are one with a group for a name with one dot", function()
    assert.same({ { name = "deployments", group = "apps" } },
      restmapper.readings("deployments.apps"))
  end)

  it("are two for a name with more dots: with a version first, then without", function()
    assert.same({
      { name = "issuers", version = "cert-manager", group = "io" },
      { name = "issuers", group = "cert-manager.io" },
    }, restmapper.readings("issuers.cert-manager.io"))
  end)

  it("have the core group after a last dot", function()
    assert.same({
      { name = "pods", version = "v1", group = "" }, { name = "pods", group = "v1." },
    }, restmapper.readings("pods.v1."))
    assert.same({ { name = "pods", group = "" } }, restmapper.readings("pods."))
  end)
end)

describe("a name in a list of resources", function()
  it("is a plural, a singular, a kind or a short name", function()
    check {
      pods = "pods.v1.", pod = "pods.v1.", Pod = "pods.v1.", po = "pods.v1.",
      certificates = "certificates.v1.cert-manager.io", cert = "certificates.v1.cert-manager.io",
      PodTemplate = "podtemplates.v1.", oldthing = "oldthings.v1beta2.apps",
    }
  end)

  it("may be in any case", function()
    check {
      PODS = "pods.v1.", pOd = "pods.v1.", PO = "pods.v1.", podTemplate = "podtemplates.v1.",
      ["Deployments.Apps"] = "deployments.v1.apps", ["ING.Networking"] =
        "ingresses.v1.networking.k8s.io",
    }
  end)

  it("may have its group", function()
    check {
      ["deployments.apps"] = "deployments.v1.apps", ["deployment.apps"] = "deployments.v1.apps",
      ["Deployment.apps"] = "deployments.v1.apps", ["deploy.apps"] = "deployments.v1.apps",
      ["events.events.k8s.io"] = "events.v1.events.k8s.io",
      ["ev.events.k8s.io"] = "events.v1.events.k8s.io",
      ["pods."] = "pods.v1.", ["po.shop.example.com"] = "carts.v1.shop.example.com",
    }
  end)

  it("may have its version and group", function()
    check {
      ["deployments.v1.apps"] = "deployments.v1.apps",
      ["deploy.v1beta2.apps"] = "deployments.v1beta2.apps",
      ["events.v1.events.k8s.io"] = "events.v1.events.k8s.io",
      ["pods.v1."] = "pods.v1.", ["po.v1."] = "pods.v1.",
    }
    assert.is_nil(find("deployments.v2.apps"))
    assert.is_nil(find("pods.v2."))
  end)

  it("needs the last dot to have a version in the core group", function()
    assert.is_nil(find("pods.v1"))
  end)

  it("may have the beginning of its group", function()
    check {
      ["ing.networking"] = "ingresses.v1.networking.k8s.io",
      ["ingresses.ext"] = "ingresses.v1beta1.extensions",
      ["certificates.cert"] = "certificates.v1.cert-manager.io",
      ["deployments.app"] = "deployments.v1.apps",
    }
    assert.is_nil(find("ing.k8s.io"))
    assert.is_nil(find("pods.apps"))
  end)

  it("stands for the first of those that bear it, the core group before the others", function()
    check { events = "events.v1.", ev = "events.v1.", Event = "events.v1.",
      ing = "ingresses.v1.networking.k8s.io", ingresses = "ingresses.v1.networking.k8s.io" }
  end)

  it("stands for the preferred version of its group, which comes first", function()
    check { deployments = "deployments.v1.apps", ["deployments.apps"] = "deployments.v1.apps" }
  end)

  it("stands for a resource that bears it in full before one that bears it in short", function()
    check { deploy = "deploy.v1.example.com", ["deploy.apps"] = "deployments.v1.apps" }
  end)

  it("is read with a version before it is read with a group of two words", function()
    check {
      ["certificates.cert-manager.io"] = "certificates.v1.cert-manager.io",
      ["certificates.v1.cert-manager.io"] = "certificates.v1.cert-manager.io",
      ["issuers.cert-manager.io"] = "issuers.cert-manager.io",
      ["issuers.v1.cert-manager.io"] = "issuers.v1.cert-manager.io",
    }
  end)

  it("is nothing when nobody bears it", function()
    for _, text in ipairs { "podz", "", ".", "..", ".apps", "pod s", "pods..", "pods.v1.apps",
      "%a+", "pods.%a" } do
      assert.is_nil(find(text), text)
    end
  end)
end)

describe("a kind in a list of resources", function()
  local function find_kind(api_version, kind)
    local found = restmapper.find_kind(LIST, api_version, kind)
    return found and string.format("%s.%s.%s", found.resource, found.version, found.group)
  end

  it("is found by apiVersion and kind", function()
    assert.equal("pods.v1.", find_kind("v1", "Pod"))
    assert.equal("deployments.v1.apps", find_kind("apps/v1", "Deployment"))
    assert.equal("deployments.v1beta2.apps", find_kind("apps/v1beta2", "Deployment"))
    assert.equal("events.v1.events.k8s.io", find_kind("events.k8s.io/v1", "Event"))
  end)

  it("is exact: no other case, version, group or spelling will do", function()
    assert.is_nil(find_kind("v1", "pod"))
    assert.is_nil(find_kind("v1", "pods"))
    assert.is_nil(find_kind("v2", "Pod"))
    assert.is_nil(find_kind("apps/v1", "Pod"))
    assert.is_nil(find_kind("apps", "Deployment"))
    assert.is_nil(find_kind("", "Pod"))
  end)
end)

-- ---- a real server ----

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
