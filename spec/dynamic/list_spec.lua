local cluster = require("spec.support.cluster")
local json = require("kube.json")
local kube = require("kube")
local things = require("spec.support.things")

local k = cluster.connect()
local namespace = cluster.namespace("dynamic-list")
local own = things.of(namespace)
local here, config_map = own.here, own.config_map
local names, refused = things.names, things.refused

local IN = { namespace = namespace }

local function encode(value) return assert(json.encode(value, { sort_keys = true })) end

describe("list", function()
  setup(function()
    for i = 1, 7 do
      assert(k:create(config_map("page-" .. i, { n = tostring(i) }, {
        set = "pages", parity = i % 2 == 0 and "even" or "odd", ["example.com/n"] = "n" .. i,
      })))
    end
  end)

  local PAGES = { "page-1", "page-2", "page-3", "page-4", "page-5", "page-6", "page-7" }

  it("gives all objects, each with its kind, and the list's own fields", function()
    local list = assert(k:list("configmaps", here { labelSelector = "set=pages" }))
    assert.equal("ConfigMapList", list.kind)
    assert.equal("v1", list.apiVersion)
    assert.truthy(list.metadata.resourceVersion:find("^%d+$"))
    assert.is_nil(list.metadata.continue)
    assert.same(PAGES, names(list))
    for _, item in ipairs(list.items) do
      assert.equal("ConfigMap", item.kind)
      assert.equal("v1", item.apiVersion)
    end
  end)

  it("gives one page where a limit is given, and continue leads to the next", function()
    local all, pages, token = { items = {} }, 0, nil
    repeat
      local page = assert(k:list("configmaps", here { labelSelector = "set=pages", limit = 2,
        continue = token }))
      pages = pages + 1
      assert.is_true(#page.items <= 2)
      for _, item in ipairs(page.items) do all.items[#all.items + 1] = item end
      token = page.metadata.continue
    until not token
    assert.equal(4, pages)
    assert.same(PAGES, names(all))
  end)

  it("says how many objects are left, where the server knows", function()
    local page = assert(k:list("configmaps", here { limit = 2 }))
    local all = #assert(k:list("configmaps", IN)).items
    assert.equal(all - 2, page.metadata.remainingItemCount)
    assert.equal(all, #assert(k:list("configmaps", here { limit = 0 })).items)
  end)

  it("crosses pages by itself with each", function()
    local stream, all = k:each("configmaps", here { labelSelector = "set=pages", limit = 2 }),
      { items = {} }
    local item, err = stream:next()
    while item do
      assert.equal("ConfigMap", item.kind)
      all.items[#all.items + 1] = item
      item, err = stream:next()
    end
    assert.is_nil(err)
    assert.same(PAGES, names(all))
    assert.equal("ConfigMapList", stream:list_head().kind)
    assert.is_nil(stream:next())
  end)

  it("is read by for", function()
    local n = 0
    for item in k:each("configmaps", here { labelSelector = "set=pages", limit = 3 }) do
      n = n + 1
      assert.equal("page-" .. n, item.metadata.name)
    end
    assert.equal(7, n)
  end)

  it("throws in for what went wrong", function()
    local denied = cluster.connect("denied")
    local ok, err = pcall(function()
      for item in denied:each("configmaps", IN) do error(item.metadata.name) end
    end)
    assert.is_false(ok)
    assert.is_true(kube.is_forbidden(err))
  end)

  it("takes label selectors with all their characters", function()
    for selector, expected in pairs {
      ["set=pages,parity=even"] = "page-2 page-4 page-6",
      ["set in (pages, others),parity notin (even)"] = "page-1 page-3 page-5 page-7",
      ["example.com/n=n3"] = "page-3",
      ["example.com/n in (n1,n7),set==pages"] = "page-1 page-7",
      ["set=pages,!nothing,parity!=odd"] = "page-2 page-4 page-6",
      ["example.com/n=n1,example.com/n=n2"] = "",
    } do
      local list = assert(k:list("cm", here { labelSelector = selector }))
      assert.equal(expected, table.concat(names(list), " "), selector)
    end
    refused("BadRequest", k:list("cm", here { labelSelector = "a=b=c&d" }))
  end)

  it("takes field selectors", function()
    local list = assert(k:list("cm", here { fieldSelector = "metadata.name=page-3" }))
    assert.same({ "page-3" }, names(list))
    list = assert(k:list("cm", here { labelSelector = "set=pages",
      fieldSelector = "metadata.name!=page-3,metadata.namespace=" .. namespace }))
    assert.equal(6, #list.items)
    refused("BadRequest", k:list("cm", here { fieldSelector = "data.n=3" }))
  end)

  it("has an array of items even where there are none", function()
    local list = assert(k:list("cm", here { labelSelector = "set=none" }))
    assert.same({}, list.items)
    assert.is_true(json.is_array(list.items))
    assert.truthy(encode(list):find('"items":[]', 1, true))
  end)

  it("strips managedFields unless asked for, and get keeps them unless told not to", function()
    local where = { labelSelector = "set=pages" }
    for _, item in ipairs(assert(k:list("cm", here(where))).items) do
      assert.is_nil(item.metadata.managedFields)
      assert.equal("pages", item.metadata.labels.set)
    end
    where.managedFields = true
    assert.truthy(assert(k:list("cm", here(where))).items[1].metadata.managedFields)
    assert.truthy(assert(k:get("cm", "page-1", IN)).metadata.managedFields)
    assert.is_nil(assert(k:get("cm", "page-1", here { managedFields = false }))
      .metadata.managedFields)
  end)

  it("decodes only the fields that are asked for", function()
    local fields = { "metadata.name", "data.n" }
    local list = assert(k:list("cm", here { labelSelector = "set=pages", fields = fields }))
    assert.equal(7, #list.items)
    for i, item in ipairs(list.items) do
      assert.same({ name = "page-" .. i }, item.metadata)
      assert.same({ n = tostring(i) }, item.data)
    end
    local one = assert(k:get("cm", "page-1", here { fields = { "metadata.labels.set" } }))
    assert.same({ labels = { set = "pages" } }, one.metadata)
    assert.is_nil(one.data)
  end)

  it("is of all namespaces where that is asked for", function()
    local found = {}
    local list = assert(k:list("cm", { all_namespaces = true,
      fieldSelector = "metadata.name=kube-root-ca.crt" }))
    for _, item in ipairs(list.items) do found[item.metadata.namespace] = true end
    assert.is_true(found.default)
    assert.is_true(found["kube-system"])
  end)

  it("reads an older version exactly, and a later one not at all", function()
    local version = assert(k:list("cm", IN)).metadata.resourceVersion
    assert(k:create(config_map("page-8", {}, { set = "pages" })))
    local list = assert(k:list("cm", here { labelSelector = "set=pages", limit = 100,
      resourceVersion = version, resourceVersionMatch = "Exact" }))
    assert.same(PAGES, names(list))
    assert(k:delete("cm", "page-8", IN))
  end)
end)
