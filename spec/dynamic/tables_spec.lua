-- Answers as a Table and as PartialObjectMetadata: of the real API server, and of servers that have
-- neither.
local cluster = require("spec.support.cluster")
local fake = require("kube.fake")
local faults = require("spec.support.faults")
local json = require("kube.json")
local kube = require("kube")

local k = cluster.connect()
local namespace = cluster.namespace("tables")

--- The options that are given, and the namespace of this file.
local function here(given)
  given.namespace = namespace
  return given
end

--- The cells of the column of that name, one for each row.
local function column(answer, name)
  for i, definition in ipairs(answer.columnDefinitions) do
    if definition.name == name then
      local cells = {}
      for j, row in ipairs(answer.rows) do cells[j] = string.format("%s", row.cells[i]) end
      return cells
    end
  end
end

setup(function()
  for i = 1, 5 do
    assert(k:create(cluster.config_map(namespace, "table-" .. i, { a = "1" }, { set = "t" })))
  end
end)

describe("a list as a Table", function()
  it("has columns and rows, and its objects are metadata", function()
    local list = assert(k:list("cm", here { labelSelector = "set=t", as = "Table" }))
    assert.equal("Table", list.kind)
    assert.equal("meta.k8s.io/v1", list.apiVersion)
    assert.is_nil(list.items)
    assert.truthy(list.metadata.resourceVersion:find("^%d+$"))
    assert.same({ "table-1", "table-2", "table-3", "table-4", "table-5" }, column(list, "Name"))
    assert.same({ "1", "1", "1", "1", "1" }, column(list, "Data"))
    for i, row in ipairs(list.rows) do
      assert.is_nil(row.kind)
      assert.equal("PartialObjectMetadata", row.object.kind)
      assert.equal("table-" .. i, row.object.metadata.name)
      assert.is_nil(row.object.metadata.managedFields)
      assert.is_nil(row.object.data)
    end
  end)

  it("is one Table, however many pages it had", function()
    local rows = {}
    local stream = k:each("cm", here { labelSelector = "set=t", as = "Table", limit = 2 })
    local row, err = stream:next()
    while row do
      rows[#rows + 1] = row
      row, err = stream:next()
    end
    assert.is_nil(err)
    local head = stream:list_head()
    assert.equal("Table", head.kind)
    assert.equal("Name", head.columnDefinitions[1].name)
    assert.equal("name", head.columnDefinitions[1].format)
    assert.same({ "table-1", "table-2", "table-3", "table-4", "table-5" },
      column({ columnDefinitions = head.columnDefinitions, rows = rows }, "Name"))
  end)

  it("has one page where a limit is given", function()
    local page = assert(k:list("cm", here { labelSelector = "set=t", as = "Table", limit = 2 }))
    assert.equal(2, #page.rows)
    assert.truthy(page.metadata.continue)
    page = assert(k:list("cm", here { labelSelector = "set=t", as = "Table",
      continue = page.metadata.continue }))
    assert.same({ "table-3", "table-4", "table-5" }, column(page, "Name"))
  end)

  it("has the objects that includeObject says", function()
    local function first(include)
      return assert(k:list("cm", here { labelSelector = "set=t", as = "Table",
        includeObject = include })).rows[1].object
    end
    assert.is_nil(first("None"))
    assert.equal("PartialObjectMetadata", first("Metadata").kind)
    assert.equal("ConfigMap", first("Object").kind)
    assert.same({ a = "1" }, first("Object").data)
  end)

  it("keeps managedFields where they are asked for, and decodes the fields that are", function()
    local list = assert(k:list("cm", here { labelSelector = "set=t", as = "Table",
      managedFields = true }))
    assert.truthy(list.rows[1].object.metadata.managedFields)
    list = assert(k:list("cm", here { labelSelector = "set=t", as = "Table",
      fields = { "cells", "object.metadata.name" } }))
    assert.same({ name = "table-1" }, list.rows[1].object.metadata)
    assert.equal("table-1", list.rows[1].cells[1])
  end)

  it("of nothing has an array of rows", function()
    local list = assert(k:list("cm", here { labelSelector = "set=none", as = "Table" }))
    assert.is_true(json.is_array(list.rows))
    assert.equal(0, #list.rows)
    assert.equal("Name", list.columnDefinitions[1].name)
  end)
end)

describe("a Table", function()
  it("is what a get gives", function()
    local one = assert(k:get("cm", "table-1", here { as = "Table" }))
    assert.equal("Table", one.kind)
    assert.same({ "table-1" }, column(one, "Name"))
  end)

  it("of a CRD without columns has Name and Age", function()
    local crds = assert(k:list("crd", { as = "Table" }))
    assert.equal("Name", crds.columnDefinitions[1].name)
  end)

  it("is in each event of a watch, and the watch goes on", function()
    local watch = assert(k:watch("cm", here { fieldSelector = "metadata.name=watched",
      as = "Table", timeout = 60 }))
    assert(k:create(cluster.config_map(namespace, "watched", { a = "1" })))
    local event = assert(watch:next(30))
    assert.equal("ADDED", event.type)
    assert.equal("Table", event.object.kind)
    assert.same({ "watched" }, column(event.object, "Name"))
    assert.is_nil(event.object.rows[1].object.metadata.managedFields)
    assert(k:delete("cm", "watched", { namespace = namespace }))
    event = assert(watch:next(30))
    assert.equal("DELETED", event.type)
    assert.equal("watched", event.object.rows[1].cells[1])
    watch:close()
  end)
end)

describe("PartialObjectMetadata", function()
  it("is what get, list, each, watch, patch and delete give", function()
    local function is_partial(object)
      assert.equal("PartialObjectMetadata", object.kind)
      assert.equal("meta.k8s.io/v1", object.apiVersion)
      assert.is_nil(object.data)
      assert.truthy(object.metadata.uid)
      return object.metadata.name
    end
    local as = "PartialObjectMetadata"
    assert.equal("table-1", is_partial(assert(k:get("cm", "table-1", here { as = as }))))
    local list = assert(k:list("cm", here { labelSelector = "set=t", as = as }))
    assert.equal("PartialObjectMetadataList", list.kind)
    assert.equal(5, #list.items)
    for _, item in ipairs(list.items) do is_partial(item) end
    local n = 0
    for item in k:each("cm", here { labelSelector = "set=t", as = as, limit = 2 }) do
      n = n + 1
      assert.equal("table-" .. n, is_partial(item))
    end
    assert.equal(5, n)
    assert(k:create(cluster.config_map(namespace, "partial", { a = "1" })))
    local watch = assert(k:watch("cm", here { fieldSelector = "metadata.name=partial", as = as }))
    assert.equal("partial", is_partial(assert(watch:next(30)).object))
    watch:close()
    local patched = assert(k:patch("cm", "partial", { metadata = { labels = { seen = "yes" } } },
      here { as = as }))
    assert.equal("partial", is_partial(patched))
    assert.equal("yes", patched.metadata.labels.seen)
    assert(k:delete("cm", "partial", here { as = as }))
    assert.is_true(kube.is_not_found((select(2, k:get("cm", "partial", here {})))))
  end)
end)

describe("a server that has neither", function()
  it("gives what it has: kube.fake", function()
    local server = assert(fake.start { objects = {
      cluster.config_map("default", "plain", { a = "1" }),
    } })
    local own = assert(server:connect())
    for _, as in ipairs { "Table", "PartialObjectMetadata" } do
      local list = assert(own:list("cm", { as = as }))
      assert.equal("ConfigMapList", list.kind)
      assert.same({ a = "1" }, list.items[1].data)
      assert.equal("ConfigMap", list.items[1].kind)
      assert.is_nil(list.rows)
      assert.equal("ConfigMap", assert(own:get("cm", "plain", { as = as })).kind)
      assert.equal("ConfigMap", assert(own:each("cm", { as = as }):next()).kind)
      assert.equal("ConfigMap", assert(assert(own:watch("cm", { as = as })):next(30)).object.kind)
    end
    server:close()
  end)

  it("that sends what is no list at all is an error that says what came", function()
    local script = faults.script { '{"kind":"Pod","apiVersion":"v1","metadata":{}}' }
    local list, err = faults.pods { server = script.server }:list { as = "Table" }
    assert.is_nil(list)
    assert.equal("Decode", err.reason)
    assert.truthy(err.message:find("not a list: a Pod came", 1, true), err.message)
  end)

  it("that sends rows to who asked for none is one as well", function()
    local script = faults.script { '{"kind":"Table","rows":[]}' }
    local list, err = faults.pods { server = script.server }:list()
    assert.is_nil(list)
    assert.truthy(err.message:find("not a list: a Table came", 1, true), err.message)
  end)
end)
