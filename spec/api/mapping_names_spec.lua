local mapping = require("kube.api.mapping")
local names = require("kube.api.mapping.names")

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
  resource("village", "v1", "barracks", "Hut", "barrack", {}),
  resource("village", "v1", "houses", "House", "house", { "hut", "shed" }),
  resource("village", "v1", "sheds", "Shed", "shed"),
  resource("village", "v1", "cabins", "Shack", "cabin"),
}

local INDEX = mapping.index(LIST)

--- "resource.version.group" of what a name stands for in the hand-made list.
local function find(text)
  local found = names.find(INDEX, text)
  return found and string.format("%s.%s.%s", found.resource, found.version, found.group)
end

local function check(expected)
  for text, full in pairs(expected) do assert.equal(full, find(text), text) end
end

describe("the readings of a name", function()
  it("are one for a plain name, in lower case", function()
    assert.same({ { name = "pods" } }, names.readings("Pods"))
  end)

  it("are one with a group for a name with one dot", function()
    assert.same({ { name = "deployments", group = "apps" } },
      names.readings("deployments.apps"))
  end)

  it("are two for a name with more dots: with a version first, then without", function()
    assert.same({
      { name = "issuers", version = "cert-manager", group = "io" },
      { name = "issuers", group = "cert-manager.io" },
    }, names.readings("issuers.cert-manager.io"))
  end)

  it("have the core group after a last dot", function()
    assert.same({
      { name = "pods", version = "v1", group = "" }, { name = "pods", group = "v1." },
    }, names.readings("pods.v1."))
    assert.same({ { name = "pods", group = "" } }, names.readings("pods."))
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

  it("needs the last dot to have a version without a group", function()
    assert.is_nil(find("pods.v1"))
    check { ["pods.v1."] = "pods.v1.", ["events.v1."] = "events.v1.",
      ["deployments.v1."] = "deployments.v1.apps", ["oldthings."] = "oldthings.v1beta2.apps" }
  end)

  it("goes before a short name, and that before a kind", function()
    check { OldThing = "oldthings.v1beta2.apps", hut = "houses.v1.village",
      shed = "sheds.v1.village", ["hut.village"] = "houses.v1.village",
      shack = "cabins.v1.village" }
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

  it("is remembered, but not in all the ways that it may be written", function()
    for variant = 0, 2 ^ 11 - 1 do
      local left = variant
      assert.is_truthy(find((("deployments"):gsub(".", function(letter)
        local bit = left % 2
        left = (left - bit) / 2
        return bit == 1 and letter:upper() or letter
      end))))
    end
    local count = 0
    for _ in pairs(INDEX.found) do count = count + 1 end
    assert.is_true(count > 0 and count <= 1000, count)
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
    local found = INDEX:find_kind(api_version, kind)
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

describe("a list of names", function()
  local INSIDE = mapping.index {
    { group = "", version = "v1", resource = "pods", kind = "Pod", categories = { "all" } },
    { group = "", version = "v1", resource = "secrets", kind = "Secret" },
    { group = "apps", version = "v2", resource = "sets", kind = "Set", categories = { "all" } },
    { group = "apps", version = "v1", resource = "sets", kind = "Set", categories = { "all" } },
    { group = "x", version = "v1", resource = "traps", kind = "Trap", categories = { "secrets" } },
  }

  local function several(text)
    local found, missing = names.several(INSIDE, text)
    if not found then return nil, missing end
    local texts = {}
    for i, one in ipairs(found) do texts[i] = one.resource .. "." .. one.version end
    return table.concat(texts, " "), found.mixed
  end

  it("is each of them once, in its order", function()
    for text, expected in pairs {
      ["pods,secrets"] = "pods.v1 secrets.v1", ["secrets,pods"] = "secrets.v1 pods.v1",
      ["pods, Pod,pod"] = "pods.v1", all = "pods.v1 sets.v2", ["secrets,all"] =
        "secrets.v1 pods.v1 sets.v2", ["all,pods"] = "pods.v1 sets.v2", ALL = "pods.v1 sets.v2",
    } do
      local found, mixed = several(text)
      assert.equal(expected, found, text)
      assert.is_true(mixed, text)
    end
  end)

  it("may be one name, which goes before a category", function()
    local found, mixed = several("secrets")
    assert.equal("secrets.v1", found)
    assert.is_false(mixed)
  end)

  it("is nothing when one is nothing", function()
    assert.same({ nil, "podz" }, { several("pods,podz,all") })
    assert.same({ nil, "" }, { several("pods,") })
    assert.same({ nil, "" }, { several("") })
  end)
end)
