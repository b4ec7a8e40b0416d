-- kube.fake gives the same answers as the real API server: lists, selectors and pages.
local cluster = require("spec.support.cluster")
local json = require("kube.json")
local same = require("spec.support.same")

local answers = same.namespace("list")
local told, failure, config_map = same.told, same.failure, same.config_map

teardown(same.close)

local ONE_TO_FIVE = "page-1 page-2 page-3 page-4 page-5"

--- The five objects that the cases here list, made once.
local function pages(k)
  if k:get("cm", "page-5") then return k end
  for i = 1, 5 do
    assert(k:create(config_map("page-" .. i, { n = tostring(i) }, {
      set = "pages", parity = i % 2 == 0 and "even" or "odd", ["n" .. i] = "", ["x.y/z"] = "v" .. i,
    })))
  end
  return k
end

--- Names, or the error.
local function named(list, err) return list and same.names(list) or told(list, err) end

--- A page: names, and what leads on.
local function page(list, err)
  if not list then return told(list, err) end
  return { names = same.names(list), metadata = list.metadata }
end

local function bad_request(message) return failure(400, "BadRequest", message) end

describe("a list", function()
  for name, kind in pairs { cm = "ConfigMap", pods = "Pod", svc = "Service", deploy = "Deployment",
    rs = "ReplicaSet", ns = "Namespace" } do
    it("of nothing has an array of items: " .. kind, answers(function(k)
      return assert(k:list(name, { labelSelector = "nobody=here" }))
    end, {
      kind = kind .. "List", items = json.array {}, metadata = { resourceVersion = "(version)" },
      apiVersion = (kind == "Deployment" or kind == "ReplicaSet") and "apps/v1" or "v1",
    }))
  end

  it("gives whole objects", answers(function(k)
    return assert(pages(k):list("cm", { labelSelector = "n3" }))
  end, {
    kind = "ConfigMapList", apiVersion = "v1", metadata = { resourceVersion = "(version)" },
    items = { {
      kind = "ConfigMap", apiVersion = "v1", data = { n = "3" },
      metadata = {
        name = "page-3", namespace = "NS", uid = "(uid)", resourceVersion = "(version)",
        creationTimestamp = "(time)",
        labels = { set = "pages", parity = "odd", n3 = "", ["x.y/z"] = "v3" },
      },
    } },
  }))

  it("is as new as what was written last", answers(function(k)
    local made = assert(k:create(config_map("newest")))
    local list = assert(k:list("cm"))
    return tonumber(list.metadata.resourceVersion) >= tonumber(made.metadata.resourceVersion)
  end, true))

  it("is in the order of the names' bytes", answers(function(k)
    for _, name in ipairs { "b", "a.b", "a-b", "a", "a0", "ab", "10", "9" } do
      assert(k:create(config_map("o." .. name, nil, { order = "1" })))
    end
    return named(k:list("cm", { labelSelector = "order" }))
  end, "o.10 o.9 o.a o.a-b o.a.b o.a0 o.ab o.b"))

  it("of all namespaces is in the order of their paths", answers(function(k, server)
    for _, suffix in ipairs { "-b", "-a" } do
      assert(k:create(same.namespace_object(k.namespace .. suffix)))
      for _, name in ipairs { "two", "one" } do
        assert(server:resource("configmaps", k.namespace .. suffix):create(
          config_map(name, nil, { across = k.namespace })))
      end
    end
    assert(k:create(config_map("zero", nil, { across = k.namespace })))
    local found = {}
    for _, limit in ipairs { 0, 2 } do
      local list = assert(k:list("cm", { all_namespaces = true, limit = limit,
        labelSelector = "across=" .. k.namespace }))
      for _, item in ipairs(list.items) do
        found[#found + 1] = item.metadata.namespace .. "/" .. item.metadata.name
      end
      found[#found + 1] = list.metadata.continue and "more" or "end"
    end
    return found
  end, { "NS-a/one", "NS-a/two", "NS-b/one", "NS-b/two", "NS/zero", "end",
    "NS-a/one", "NS-a/two", "more" })) -- a dash comes before a slash

  it("of a namespace that is not there is empty", answers(function(_, server)
    return assert(server:resource("configmaps", "nowhere"):list())
  end, {
    kind = "ConfigMapList", apiVersion = "v1", items = json.array {},
    metadata = { resourceVersion = "(version)" },
  }))

  it("has the namespaces of every cluster", answers(function(k)
    local found = {}
    for _, name in ipairs { "default", "kube-system", "kube-public", "kube-node-lease" } do
      found[#found + 1] = named(k:list("ns", { fieldSelector = "metadata.name=" .. name }))
    end
    return found
  end, { "default", "kube-system", "kube-public", "kube-node-lease" }))
end)

local LABEL_VALUE, QUALIFIED = same.LABEL_VALUE, same.QUALIFIED

describe("a label selector", function()
  for selector, expected in pairs {
    ["set=pages"] = ONE_TO_FIVE,
    ["set==pages,parity!=odd"] = "page-2 page-4",
    ["parity in (even, other),set"] = "page-2 page-4",
    ["set,parity notin (even)"] = "page-1 page-3 page-5",
    ["set=pages,n3"] = "page-3",
    [" set = pages , ! n3 "] = "page-1 page-2 page-4 page-5",
    ["n3="] = "page-3",
    ["n3 in ()"] = "page-3",
    ["parity in (,odd),set"] = "page-1 page-3 page-5",
    ["set=pages,nothing!=x"] = ONE_TO_FIVE,
    ["set=pages,nothing notin (x)"] = ONE_TO_FIVE,
    ["nothing=x"] = "",
    ["x.y/z=v4"] = "page-4",
    ["x.y/z in (v1,v5),set=pages"] = "page-1 page-5",
    ["n1,n2"] = "",
    ["set>1"] = "",
  } do
    it(string.format("%q chooses", selector), answers(function(k)
      return { named(pages(k):list("cm", { labelSelector = selector })) }
    end, { expected }))
  end

  it("that is empty chooses all", answers(function(k)
    local given = { fieldSelector = "metadata.name!=kube-root-ca.crt" } -- which just comes
    local all = assert(pages(k):list("cm", given))
    given.labelSelector = ""
    return #all.items >= 5 and same.names(all) == named(k:list("cm", given))
  end, true))

  for selector, message in pairs {
    ["a=b=c"] = "found '=', expected: ',' or 'end of string'",
    ["=x"] = "found '=', expected: !, identifier, or 'end of string'",
    ["a b"] = "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
    ["a=b c"] = "found 'c', expected: ',' or 'end of string'",
    ["a=b,"] = "found '', expected: identifier after ','",
    [","] = "found ',', expected: !, identifier, or 'end of string'",
    ["a in (b"] = "unable to parse requirement: found '', expected: ',' or ')'",
    ["a in ("] = "unable to parse requirement: found '', expected: ',', ')' or identifier",
    ["!a=b"] = "found '=', expected: ',' or 'end of string'",
    ["-a=b"] = 'unable to parse requirement: <nil>: Invalid value: "-a": name part ' .. QUALIFIED,
    ["a/b/c=d"] = 'unable to parse requirement: <nil>: Invalid value: "a/b/c": a valid label key '
      .. QUALIFIED .. " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    ["a=-b"] = 'unable to parse requirement: values[0][a]: Invalid value: "-b": ' .. LABEL_VALUE,
    ["a in (b,-c)"] = 'unable to parse requirement: values[0][a]: Invalid value: "-c": '
      .. LABEL_VALUE, -- the values are sorted
  } do
    it(string.format("%q is refused", selector), answers(function(k)
      return told(k:list("cm", { labelSelector = selector }))
    end, bad_request(message)))
  end
end)

describe("a field selector", function()
  for selector, expected in pairs {
    ["metadata.name=page-3"] = "page-3",
    ["metadata.name==page-3"] = "page-3",
    ["metadata.name!=page-3,metadata.name!=page-5"] = "page-1 page-2 page-4",
    ["metadata.name=page-1,metadata.name=page-2"] = "",
    ["metadata.namespace=default"] = "",
    ["metadata.namespace!=default"] = ONE_TO_FIVE,
  } do
    it(string.format("%q chooses", selector), answers(function(k)
      return { named(pages(k):list("cm", { fieldSelector = selector,
        labelSelector = "set=pages" })) }
    end, { expected }))
  end

  it("knows where and how pods are", answers(function(k)
    local one = same.pod("pod-one", { set = "pods" })
    one.spec.nodeName, one.spec.restartPolicy = "node-a", "Never"
    local two = same.pod("pod-two", { set = "pods" }, { kubelet = "off" })
    two.spec.nodeName = "node-b"
    assert(k:create(one))
    assert(k:create(two))
    assert(k:patch("pod", "pod-two", { status = { phase = "Failed" } },
      { subresource = "status" }))
    cluster.eventually(function()
      return assert(k:get("pod", "pod-one")).status.phase == "Running"
    end)
    local found = {}
    for i, selector in ipairs {
      "spec.nodeName=node-a", "spec.nodeName!=node-a", "spec.nodeName=", "status.phase=Running",
      "status.phase!=Running", "status.phase=Failed,spec.nodeName=node-a",
      "spec.restartPolicy=Never", "metadata.name=pod-two",
      "spec.schedulerName=default-scheduler,spec.nodeName=node-b",
    } do
      found[i] = named(k:list("pods", { labelSelector = "set=pods", fieldSelector = selector }))
    end
    return found
  end, {
    "pod-one", "pod-two", "", "pod-one", "pod-two", "", "pod-one", "pod-two", "pod-two",
  }))

  it("knows the phase of namespaces and the type of services", answers(function(k)
    assert(k:create(same.service("typed")))
    return {
      named(k:list("ns", {
        fieldSelector = "status.phase=Active,metadata.name=" .. k.namespace })),
      named(k:list("ns", {
        fieldSelector = "status.phase=Terminating,metadata.name=" .. k.namespace })),
      named(k:list("svc", { fieldSelector = "spec.type=ClusterIP" })),
      named(k:list("svc", { fieldSelector = "spec.clusterIP=None" })),
    }
  end, { "NS", "", "typed", "" }))

  local ONLY = ' is not a known field selector: only "metadata.name", "metadata.namespace"'
  for _, case in ipairs {
    { "cm", "data.n=3", '"data.n"' .. ONLY },
    { "cm", "spec.nodeName=x", '"spec.nodeName"' .. ONLY },
    { "cm", "metadata.labels.set=x", '"metadata.labels.set"' .. ONLY },
    { "deploy", "status.replicas=1", '"status.replicas"' .. ONLY },
    { "pods", "status.hostIP=x", "field label not supported: status.hostIP" },
    { "svc", "spec.x=1", "field label not supported: spec.x" },
    { "ns", "spec.x=1", "field label not supported: spec.x" },
    { "cm", "metadata.name", "invalid selector: 'metadata.name'; can't understand "
      .. "'metadata.name'" },
    { "cm", "metadata.name=a=b", "invalid field selector: unescaped character in value: 61" },
  } do
    it(string.format("%q is refused for %s", case[2], case[1]), answers(function(k)
      return told(k:list(case[1], { fieldSelector = case[2] }))
    end, bad_request(case[3])))
  end
end)

describe("pages", function()
  local paged = same.namespace("pages")

  --- Seven Services, of which a new namespace has none.
  local function services(k)
    if not k:get("svc", "page-7") then
      for i = 1, 7 do assert(k:create(same.service("page-" .. i))) end
    end
    return k
  end

  it("tell how many are left", paged(function(k)
    local first = assert(services(k):list("svc", { limit = 3 }))
    local second = assert(k:list("svc", { limit = 3, continue = first.metadata.continue }))
    local third = assert(k:list("svc", { limit = 3, continue = second.metadata.continue }))
    return { page(first), page(second), page(third) }
  end, {
    { names = "page-1 page-2 page-3", metadata = {
      continue = "(continue)", remainingItemCount = 4, resourceVersion = "(version)" } },
    { names = "page-4 page-5 page-6", metadata = {
      continue = "(continue)", remainingItemCount = 1, resourceVersion = "(version)" } },
    { names = "page-7", metadata = { resourceVersion = "(version)" } },
  }))

  it("do not tell it where a selector chooses", paged(function(k)
    return page(services(k):list("svc", { limit = 3, fieldSelector = "metadata.name!=page-2" }))
  end, { names = "page-1 page-3 page-4", metadata = {
    continue = "(continue)", resourceVersion = "(version)" } }))

  it("as large as the list are the list", paged(function(k)
    return { page(services(k):list("svc", { limit = 7 })), page(k:list("svc", { limit = 100 })) }
  end, {
    { names = "page-1 page-2 page-3 page-4 page-5 page-6 page-7",
      metadata = { resourceVersion = "(version)" } },
    { names = "page-1 page-2 page-3 page-4 page-5 page-6 page-7",
      metadata = { resourceVersion = "(version)" } },
  }))

  it("go on to the end without a limit", paged(function(k)
    local first = assert(services(k):list("svc", { limit = 5 }))
    return page(k:list("svc", { continue = first.metadata.continue }))
  end, { names = "page-6 page-7", metadata = { resourceVersion = "(version)" } }))

  it("are of one moment", paged(function(k)
    for _, name in ipairs { "a", "c", "e", "g" } do
      assert(k:create(config_map("cut-" .. name, { v = "old" }, { cut = "1" })))
    end
    local given = { labelSelector = "cut", limit = 2 }
    local first = assert(k:list("cm", given))
    assert(k:create(config_map("cut-b", nil, { cut = "1" })))
    assert(k:create(config_map("cut-f", nil, { cut = "1" })))
    assert(k:delete("cm", "cut-e"))
    assert(k:patch("cm", "cut-g", { data = { v = "new" } }))
    given.continue = first.metadata.continue
    local second = assert(k:list("cm", given))
    return {
      same.names(first), same.names(second), second.items[2].data.v,
      second.metadata.resourceVersion == first.metadata.resourceVersion,
      named(k:list("cm", { labelSelector = "cut" })),
      named(k:list("cm", { labelSelector = "cut", resourceVersionMatch = "Exact",
        resourceVersion = first.metadata.resourceVersion })),
    }
  end, { "cut-a cut-c", "cut-e cut-g", "old", true, "cut-a cut-b cut-c cut-f cut-g",
    "cut-a cut-c cut-e cut-g" }))

  it("are crossed by each", paged(function(k)
    local stream, found = services(k):each("svc", { limit = 2 }), {}
    local item = stream:next()
    while item do
      found[#found + 1] = item.metadata.name
      item = stream:next()
    end
    return { table.concat(found, " "), stream:list_head() }
  end, { "page-1 page-2 page-3 page-4 page-5 page-6 page-7", {
    kind = "ServiceList", apiVersion = "v1", metadata = { resourceVersion = "(version)" },
  } }))

  for _, token in ipairs { "!!!", "abc", "e30" } do -- no base64, no JSON, an empty object
    it("do not go on from nonsense: " .. token, paged(function(k)
      local answer = told(k:list("svc", { limit = 2, continue = token }))
      answer.error.message = answer.error.message:match("^invalid continue token: ")
      return answer
    end, bad_request("invalid continue token: ")))
  end

  it("do not take a version where they go on", paged(function(k)
    local first = assert(services(k):list("svc", { limit = 2 }))
    return told(k:list("svc", { limit = 2, continue = first.metadata.continue,
      resourceVersion = first.metadata.resourceVersion }))
  end, bad_request("specifying resource version is not allowed when using continue")))
end)

describe("a version to list from", function()
  it("of not older than is any later one", answers(function(k)
    return named(pages(k):list("cm", { labelSelector = "set=pages", resourceVersion = "1",
      resourceVersionMatch = "NotOlderThan" }))
  end, ONE_TO_FIVE))

  it("0 is any", answers(function(k)
    return named(pages(k):list("cm", { labelSelector = "set=pages", resourceVersion = "0" }))
  end, ONE_TO_FIVE))

  it("must be a number", answers(function(k)
    return told(k:list("cm", { resourceVersion = "abc" }))
  end, bad_request('invalid resource version: resourceVersion: Invalid value: "abc": '
    .. 'strconv.ParseUint: parsing "abc": invalid syntax')))

  it("must be a number of 64 bits", answers(function(k)
    return told(k:list("cm", { resourceVersion = "18446744073709551616" }))
  end, bad_request('invalid resource version: resourceVersion: Invalid value: '
    .. '"18446744073709551616": strconv.ParseUint: parsing "18446744073709551616": '
    .. "value out of range")))

  for match, case in pairs {
    Exact = { nil, "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is "
      .. "provided" },
    exact = { "0", 'Unsupported value: "exact": supported values: "Exact", "NotOlderThan", ""' },
  } do
    it("and its match must go together: " .. match, answers(function(k)
      return told(k:list("cm", { resourceVersionMatch = match, resourceVersion = case[1] }))
    end, failure(422, "Invalid", 'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: '
      .. case[2], {
        group = "meta.k8s.io", kind = "ListOptions",
        causes = { {
          field = "resourceVersionMatch", message = case[2],
          reason = match == "Exact" and "FieldValueForbidden" or "FieldValueNotSupported",
        } },
      })))
  end
end)
