-- Each option goes where the API wants it: the query, a header, or the body of a delete. Fields:
-- apimachinery v0.36.3 pkg/apis/meta/v1/types.go.
local faults = require("spec.support.faults")
local json = require("kube.json")
local kube = require("kube")

local LIST = '{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}'
local TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
local PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
local PARTIALS = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,"
  .. "application/json"

--- What is sent: { query, body, Accept }.
local function sent(body, ask)
  local script = faults.script { body }
  assert(ask(faults.pods { server = script.server }))
  local requests = script.requests()
  assert.equal(1, #requests)
  local body_sent = requests[1].body ~= "" and assert(json.decode(requests[1].body)) or nil
  return {
    query = requests[1].target:match("?(.*)$") or "", body = body_sent,
    accept = requests[1].headers.accept,
  }
end

local OBJECT = { apiVersion = "v1", kind = "Pod", metadata = { name = "x" } }

local VERBS = {
  get = function(given) return function(pods) return pods:get("x", given) end end,
  list = function(given) return function(pods) return pods:list(given) end end,
  each = function(given)
    return function(pods)
      local item, err = pods:each(given):next()
      return item == nil and not err, err
    end
  end,
  create = function(given) return function(pods) return pods:create(OBJECT, given) end end,
  update = function(given) return function(pods) return pods:update(OBJECT, given) end end,
  update_status = function(given)
    return function(pods) return pods:update_status(OBJECT, given) end
  end,
  patch = function(given) return function(pods) return pods:patch("x", {}, given) end end,
  apply = function(given) return function(pods) return pods:apply(OBJECT, given) end end,
  apply_status = function(given)
    return function(pods) return pods:apply_status(OBJECT, given) end
  end,
}

describe("the options in the query", function()
  -- verb, options, query, Accept
  local ROWS = {
    { "get", { resourceVersion = "0" }, "resourceVersion=0" },
    { "get", { as = "Table" }, "", TABLE },
    { "get", { as = "Table", includeObject = "None" }, "includeObject=None", TABLE },
    { "get", { as = "PartialObjectMetadata" }, "", PARTIAL },
    { "list", {}, "limit=500" },
    { "list", { limit = 0 }, "" },
    { "list", { limit = 7 }, "limit=7" },
    { "each", { limit = 7 }, "limit=7" },
    { "each", { limit = 0 }, "" },
    { "list", {
      labelSelector = "a=b", fieldSelector = "c=d", limit = 1, continue = "t/k", timeoutSeconds = 9,
      shardSelector = "shardRange(object.metadata.uid, '0x0', '0x8')",
    }, "continue=t%2Fk&fieldSelector=c%3Dd&labelSelector=a%3Db&limit=1&"
      .. "shardSelector=shardRange%28object.metadata.uid%2C%20%270x0%27%2C%20%270x8%27%29&"
      .. "timeoutSeconds=9" },
    { "list", { limit = 1, resourceVersion = "5", resourceVersionMatch = "Exact" },
      "limit=1&resourceVersion=5&resourceVersionMatch=Exact" },
    { "list", { as = "Table", includeObject = "Object" }, "includeObject=Object&limit=500", TABLE },
    { "list", { as = "PartialObjectMetadata" }, "limit=500", PARTIALS },
    { "create", { dryRun = "All", fieldManager = "me", fieldValidation = "Warn" },
      "dryRun=All&fieldManager=me&fieldValidation=Warn" },
    { "create", { dryRun = { "All" } }, "dryRun=All" },
    { "create", { dryRun = {} }, "" },
    { "update", { dryRun = { "All" }, fieldManager = "me", fieldValidation = "Ignore" },
      "dryRun=All&fieldManager=me&fieldValidation=Ignore" },
    { "update_status", { dryRun = { "All" }, fieldManager = "me" }, "dryRun=All&fieldManager=me" },
    { "patch", { dryRun = { "All" }, fieldManager = "me", fieldValidation = "Strict" },
      "dryRun=All&fieldManager=me&fieldValidation=Strict" },
    { "patch", { type = kube.patch.APPLY, fieldManager = "me", force = true },
      "fieldManager=me&force=true" },
    { "patch", { as = "PartialObjectMetadata" }, "", PARTIAL },
    { "apply", { dryRun = { "All" }, force = true, fieldManager = "me" },
      "dryRun=All&fieldManager=me&force=true" },
    { "apply", { force = false }, "fieldManager=kube-lua" },
    { "apply_status", { fieldManager = "me" }, "fieldManager=me" },
  }

  for i, row in ipairs(ROWS) do
    it(string.format("%d: %s %s", i, row[1], row[3]), function()
      local found = sent(LIST, VERBS[row[1]](row[2]))
      assert.equal(row[3], found.query)
      assert.equal(row[4] or "application/json", found.accept)
    end)
  end

  it("of a watch", function()
    for as, accept in pairs { Table = TABLE, PartialObjectMetadata = PARTIAL } do
      local found = sent({ chunks = { faults.event("ADDED", "a", "1") } }, function(pods)
        return pods:watch({
          as = as, labelSelector = "a=b", fieldSelector = "c=d", resourceVersion = "7",
          resourceVersionMatch = "NotOlderThan", sendInitialEvents = true, timeoutSeconds = 3,
          shardSelector = "s", resume = false,
        }):next(10)
      end)
      assert.equal("allowWatchBookmarks=true&fieldSelector=c%3Dd&labelSelector=a%3Db&"
        .. "resourceVersion=7&resourceVersionMatch=NotOlderThan&sendInitialEvents=true&"
        .. "shardSelector=s&timeoutSeconds=3&watch=true", found.query)
      assert.equal(accept, found.accept)
    end
  end)
end)

describe("the options of a delete", function()
  local STATUS = '{"kind":"Status","apiVersion":"v1","status":"Success"}'

  -- options, body beside kind and apiVersion, query, Accept
  local BOTH = {
    { { gracePeriodSeconds = 0 }, { gracePeriodSeconds = 0 } },
    { { gracePeriodSeconds = 30 }, { gracePeriodSeconds = 30 } },
    { { propagationPolicy = "Orphan" }, { propagationPolicy = "Orphan" } },
    { { orphanDependents = true }, { orphanDependents = true } },
    { { orphanDependents = false }, { orphanDependents = false } },
    { { dryRun = "All" }, { dryRun = { "All" } } },
    { { dryRun = { "All" } }, { dryRun = { "All" } } },
    { { dryRun = {} }, {} },
    { { ignoreStoreReadErrorWithClusterBreakingPotential = true },
      { ignoreStoreReadErrorWithClusterBreakingPotential = true } },
    { { uid = "u" }, { preconditions = { uid = "u" } } },
    { { preconditions = { uid = "u", resourceVersion = "7" } },
      { preconditions = { uid = "u", resourceVersion = "7" } } },
  }
  local ONE = {
    { { resourceVersion = "7" }, { preconditions = { resourceVersion = "7" } } },
    { { as = "PartialObjectMetadata" }, {}, "", PARTIAL },
  }
  local MANY = {
    { { resourceVersion = "7", resourceVersionMatch = "Exact", preconditions = { uid = "u" } },
      { preconditions = { uid = "u" } }, "resourceVersion=7&resourceVersionMatch=Exact" },
    { { labelSelector = "a=b", fieldSelector = "c=d", shardSelector = "s", limit = 2,
      continue = "t", timeoutSeconds = 9, dryRun = "All" }, { dryRun = { "All" } },
      "continue=t&fieldSelector=c%3Dd&labelSelector=a%3Db&limit=2&shardSelector=s&"
        .. "timeoutSeconds=9" },
    { { as = "PartialObjectMetadata" }, {}, "", PARTIALS },
  }

  local function check(row, ask)
    local found = sent(STATUS, ask)
    local body = { kind = "DeleteOptions", apiVersion = "v1" }
    for name, value in pairs(row[2]) do body[name] = value end
    assert.same(body, found.body)
    assert.equal(row[3] or "", found.query)
    assert.equal(row[4] or "application/json", found.accept)
  end

  local function each_row(rows, name, ask)
    for i, row in ipairs(rows) do
      it(string.format("are in its body, %s %d", name, i), function()
        check(row, function(pods) return ask(pods, row[1]) end)
      end)
    end
  end

  local function delete(pods, given) return pods:delete("x", given) end
  local function delete_collection(pods, given) return pods:delete_collection(given) end
  each_row(BOTH, "delete", delete)
  each_row(ONE, "delete", delete)
  each_row(BOTH, "delete_collection", delete_collection)
  each_row(MANY, "delete_collection", delete_collection)
end)

describe("options that cannot be", function()
  local pods = faults.pods { server = faults.http }

  local function thrown(words, verb, ...)
    local ok, message = pcall(pods[verb], pods, ...)
    assert.is_false(ok, words)
    assert.truthy(tostring(message):find(words, 1, true), tostring(message))
  end

  it("are refused before anything is sent", function()
    thrown('list: the option as must be "Table" or "PartialObjectMetadata"', "list",
      { as = "Yaml" })
    thrown('the option includeObject must be "None", "Metadata" or "Object"', "list",
      { as = "Table", includeObject = "All" })
    thrown('delete: the option as must be "PartialObjectMetadata"', "delete", "x",
      { as = "Table" })
    thrown('the option dryRun must be "All" or { "All" }', "create", OBJECT, { dryRun = true })
    thrown('the option dryRun must be "All" or { "All" }', "create", OBJECT,
      { dryRun = { "All", "All" } })
    thrown("the option preconditions must be a table { uid =, resourceVersion = } of strings",
      "delete", "x", { preconditions = { UID = "u" } })
    thrown('on_expired must be "relist", "continue" or "error"', "list", { on_expired = "restart" })
    thrown("what was given cannot be taken back", "each", { on_expired = "relist" })
    thrown('the type "apply" needs a fieldManager', "patch", "x", {}, { type = "apply" })
    thrown('force is for the type "apply"', "patch", "x", {}, { force = true })
    thrown("create: the object needs a metadata.name", "create", { kind = "Eviction" },
      { subresource = "eviction" })
    thrown("the option type must be a string", "patch", "x", {}, { type = 7 })
  end)
end)

describe("a patch of the type apply", function()
  it("is text, YAML too, or a table", function()
    for _, body in ipairs { OBJECT, faults.json(OBJECT), "apiVersion: v1\nkind: Pod\n" } do
      local script = faults.script { faults.json(OBJECT) }
      assert(faults.pods { server = script.server }:patch("x", body,
        { type = kube.patch.APPLY, fieldManager = "me" }))
      local request = script.requests()[1]
      assert.equal("application/apply-patch+yaml", request.headers["content-type"])
      if type(body) == "string" then
        assert.equal(body, request.body)
      else
        assert.same(body, assert(json.decode(request.body)))
      end
    end
  end)
end)
