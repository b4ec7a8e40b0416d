-- What is read of objects that a hostile server, or who may write to an honest one, has made:
-- fields of types that they never have, and texts that are long.
local conditions = require("kube.api.conditions")
local duration = require("kube.api.duration")
local errors = require("kube.api.errors")
local json = require("kube.json")
local owners = require("kube.api.owners")
local scale = require("kube.api.scale")
local selector = require("kube.api.selector")
local wanted = require("kube.api.jsonpath.wanted")
require("kube.jsonpath")

local ODD = { 5, "text", true, json.null, {}, { 1 } }

describe("a field of another type", function()
  local function refused(made, err)
    if made then return tostring(made) end -- what is none may be as good as nothing
    assert.equal("BadRequest", err.reason)
  end

  it("makes no selector, and does not throw", function()
    for _, odd in ipairs(ODD) do
      for _, object in ipairs {
        { matchLabels = odd }, { matchLabels = { a = odd } }, { matchExpressions = odd },
        { matchExpressions = { odd } }, { matchExpressions = { { key = odd, operator = "In" } } },
        { matchExpressions = { { key = "a", operator = odd } } },
        { matchExpressions = { { key = "a", operator = "In", values = odd } } },
        { matchExpressions = { { key = "a", operator = "In", values = { odd } } } },
      } do
        refused(selector.from_label_selector(object))
        refused(selector.of(object))
      end
      refused(selector.requirement("a", "in", { odd }))
    end
    local none, err = selector.from_label_selector { matchLabels = { a = 5 } }
    assert.is_nil(none)
    assert.equal("values[0][a]: must be a string, not a number", err.message)
  end)

  it("is no label that is chosen", function()
    for _, odd in ipairs(ODD) do
      local expected = odd == "text"
      assert.equal(expected, selector.parse("a=text"):matches { a = odd })
      assert.is_false(selector.parse("a>1"):matches { a = odd })
      assert.is_false(selector.parse("a"):matches(odd))
    end
  end)

  it("is no condition, and says nothing of one", function()
    for _, odd in ipairs(ODD) do
      local ready = { type = "Ready", status = "True" }
      assert.is_true(conditions.is_met({ metadata = odd, status = { conditions = { ready } } },
        "Ready", "True"))
      assert.is_false(conditions.is_met({ metadata = {}, status = odd }, "Ready", "True"))
      assert.is_string(conditions.describe({ metadata = odd, status = { conditions = { odd,
        { type = "Ready", reason = odd, message = odd } } } }, "Ready"))
      assert.is_true(conditions.remove({ odd, { type = "Ready" } }, "Ready"))
    end
  end)

  it("is no owner", function()
    local owner = { apiVersion = "v1", kind = "A", metadata = { name = "n", uid = "u" } }
    for _, odd in ipairs(ODD) do
      local object = { metadata = { name = odd, ownerReferences = { odd } } }
      assert.is_nil(owners.controller_of(object))
      assert.is_false(owners.is_owned_by(object, owner))
      assert.is_false(owners.remove_owner_reference(owner, object))
      object.metadata.ownerReferences[1] = { controller = true, kind = odd, name = odd }
      local ok, err = owners.set_controller_reference(owner, object)
      assert.is_nil(ok)
      assert.equal("AlreadyOwned", err.reason)
    end
  end)

  it("is no number of replicas", function()
    for _, odd in ipairs { "text", true, json.null, {} } do
      local one = { metadata = odd, spec = odd, status = { replicas = odd } }
      assert.equal(0, scale.wanted(one))
      assert.equal(0, scale.actual(one))
      assert.equal(3, scale.with_replicas(one, 3).spec.replicas)
      assert.is_string(scale.fault(one, { resourceVersion = "1" }))
    end
    assert.equal("Expected replicas to be 3, was 1.5",
      scale.fault({ spec = { replicas = 1.5 } }, { current_replicas = 3 }))
  end)

  it("is not told of a Status", function()
    for _, odd in ipairs { "text", true, json.null, {}, 1.5, 1e300 } do
      local err = errors.from_status { code = odd, details = { retryAfterSeconds = odd } }
      assert.is_nil(err.code)
      assert.is_nil(err.retryAfter)
      assert.equal("the server refused and did not say why (Unknown)", tostring(err))
    end
  end)
end)

describe("a long text", function()
  --- What fn does must not take the square of the length: seconds then, a few milliseconds else.
  local function is_quick(fn)
    local begun = os.clock()
    fn()
    assert.is_true(os.clock() - begun < 2)
  end

  it("is read in one go as a selector", function()
    is_quick(function() selector.parse(("a "):rep(100000)) end)
  end)

  it("is read in one go as a duration", function()
    is_quick(function() assert.equal(0, duration.parse_duration(("0s"):rep(100000))) end)
  end)

  it("is compared in one go with what jsonpath wants", function()
    local asked = assert(wanted.parse("{.a}", "x"))
    is_quick(function() asked:judge { a = "a" .. (" "):rep(200000) .. "a" } end)
    is_quick(function() asked:judge { a = (" "):rep(200000) } end)
    assert.is_true(asked:judge { a = " \n x\t " })
  end)
end)
