-- What the options labelSelector and fieldSelector take, as the server gets it: on a script, on
-- kube.fake and on the control plane.
local cluster = require("spec.support.cluster")
local fake = require("kube.fake")
local faults = require("spec.support.faults")
local kube = require("kube")
local selector = require("kube.api.selector")

local EMPTY = faults.json { apiVersion = "v1", kind = "PodList", items = kube.array(),
  metadata = { resourceVersion = "5" } }

--- The bytes behind the escapes of a query.
local function plain(text)
  return text and text:gsub("+", " "):gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end) or text
end

describe("the selectors of options", function()
  local CASES = {
    { { labelSelector = "a in (b)" }, "a in (b)" },
    { { labelSelector = selector.parse("x notin (b, a)") }, "x notin (a,b)" },
    { { labelSelector = { app = "web", a = "b" } }, "a=b,app=web" },
    { { labelSelector = { matchLabels = { app = "web" }, matchExpressions = {
      { key = "tier", operator = "In", values = { "front", "back" } } } } },
      "app=web,tier in (back,front)" },
    { { fieldSelector = "metadata.name=a" }, nil, "metadata.name=a" },
    { { fieldSelector = { ["metadata.name"] = "a,b" } }, nil, "metadata.name=a\\,b" },
    { { fieldSelector = selector.fields.term("status.phase", "!=", "Running"),
      labelSelector = { app = "web" } }, "app=web", "status.phase!=Running" },
  }

  it("are texts when they are sent, from each function that takes them", function()
    local script = faults.script { EMPTY }
    local pods = faults.pods { server = script.server }
    for _, case in ipairs(CASES) do
      assert(pods:list(case[1]))
      local watch = pods:watch(case[1])
      assert.is_nil((watch:next(10))) -- the answer is none of a watch
      watch:close()
      assert(pods:delete_collection(case[1]))
      local stream = pods:each(case[1])
      assert.is_nil((stream:next()))
      stream:close()
    end
    local requests = script.requests()
    assert.equal(4 * #CASES, #requests)
    for i, request in ipairs(requests) do
      local case = CASES[math.floor((i + 3) / 4)]
      assert.equal(case[2] or "-", plain(request.query.labelSelector) or "-")
      assert.equal(case[3] or "-", plain(request.query.fieldSelector) or "-")
    end
  end)

  it("throw when they are none, or choose nothing", function()
    local pods = faults.pods { server = faults.script({ EMPTY }).server }
    for _, case in ipairs {
      { { labelSelector = 5 }, "the option labelSelector must be a text, a selector, labels" },
      { { labelSelector = { matchLabels = { a = "b c" } } }, 'values%[0%]%[a%]: Invalid value' },
      { { labelSelector = { matchlabels = {} } }, "the value of matchlabels is a table" },
      { { labelSelector = selector.nothing() }, "must be a selector that chooses something" },
      { { labelSelector = selector.fields.everything() }, "not one of fields" },
      { { fieldSelector = { a = 5 } }, "the option fieldSelector must be a text" },
      { { fieldSelector = selector.fields.nothing() }, "must be a selector that chooses some" },
    } do
      for _, verb in ipairs { "list", "each", "watch", "delete_collection" } do
        assert.error_matches(function() pods[verb](pods, case[1]) end, verb .. ".*" .. case[2])
      end
    end
  end)

  local function chooses(k)
    for name, labels in pairs { a = { app = "web" }, b = { app = "web", old = "yes" }, c = {} } do
      assert(k:create(cluster.config_map(nil, name, { x = "y" }, labels)))
    end
    local function names(given)
      local found = {}
      for _, map in ipairs(assert(k:list("configmaps", given)).items) do
        local name = map.metadata.name
        if #name == 1 then found[#found + 1] = name end
      end
      return table.concat(found, " ")
    end
    assert.equal("a b", names { labelSelector = { app = "web" } })
    assert.equal("a", names { labelSelector = { matchLabels = { app = "web" },
      matchExpressions = { { key = "old", operator = "DoesNotExist" } } } })
    assert.equal("b", names { labelSelector = selector.parse("old") })
    assert.equal("c", names { fieldSelector = { ["metadata.name"] = "c" } })
    assert.equal("b c", names { fieldSelector = selector.fields.term("metadata.name", "!=", "a") })
    assert(k:delete_collection("configmaps", { labelSelector = { old = "yes" } }))
    assert.equal("a c", names {})
  end

  it("choose on the control plane", function()
    chooses(cluster.connect("admin", { namespace = cluster.namespace("selectors") }))
  end)

  it("choose on kube.fake", function()
    local server = assert(fake.start())
    chooses(assert(server:connect()))
    server:close()
  end)
end)
