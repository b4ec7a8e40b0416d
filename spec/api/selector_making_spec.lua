-- Selectors of labels that are made, not parsed. The tables are those of apimachinery v0.36:
-- pkg/labels/selector_test.go, pkg/apis/meta/v1/helpers_test.go.
local selector = require("kube.api.selector")

local function texts_of(list)
  local texts = {}
  for i, text in ipairs(list) do texts[i] = text end
  return texts
end

describe("a requirement", function()
  it("has as many values as its operator takes", function()
    local long = ("a"):rep(254)
    for _, case in ipairs {
      { "x1", "in", nil, "values: Invalid value: []: " },
      { "x2", "notin", {}, "values: Invalid value: []: " },
      { "x3", "in", { "foo" } }, { "x4", "notin", { "foo" } },
      { "x5", "=", { "bar", "foo" }, 'values: Invalid value: ["bar","foo"]: ' },
      { "x6", "exists" }, { "x7", "!" },
      { "x8", "exists", { "foo" }, 'values: Invalid value: ["foo"]: ' },
      { "x9", "in", { "bar" } }, { "x10", "in", { "bar" } }, { "x11", "gt", { "1" } },
      { "x12", "lt", { "6" } }, { "x13", "gt", nil, "values: Invalid value: []: " },
      { "x14", "gt", { "bar" }, 'values[0]: Invalid value: "bar": ' },
      { "x15", "lt", { "bar" }, 'values[0]: Invalid value: "bar": ' },
      { long, "exists", nil, 'key: Invalid value: "' .. long .. '": ' },
      { "x16", "=", { long }, 'values[0][x16]: Invalid value: "' .. long .. '": ' },
      { "x17", "=", { "a b" }, 'values[0][x17]: Invalid value: "a b": ' },
      { "x18", "unsupportedOp", nil, 'operator: Unsupported value: "unsupportedOp": ' },
    } do
      local made, err = selector.requirement(case[1], case[2], case[3])
      if case[4] then
        assert.is_nil(made)
        assert.equal("BadRequest", err.reason)
        assert.equal(case[4], err.message:sub(1, #case[4]))
      else
        assert.same({ key = case[1], operator = case[2], values = case[3] or {} }, made)
      end
    end
    local _, err = selector.requirement("-a", "=", {})
    assert.matches('^%[key: Invalid value: "%-a": .+, values: Invalid value: %[%]: .+%]$',
      err.message)
  end)

  it("is written with its values in order, which stay as they are", function()
    for _, values in ipairs { { "bar", "foo" }, { "foo", "bar" } } do
      local one = assert(selector.requirement("x", "in", values))
      assert.equal("x in (bar,foo)", tostring(selector.everything():add(one)))
      assert.same(texts_of(values), one.values)
    end
    local double = assert(selector.requirement("x", "in", { "foo", "bar", "foo", "bar" }))
    assert.equal("x in (bar,bar,foo,foo)", tostring(selector.everything():add(double)))
  end)

  it("is added to a selector, which stays as it was", function()
    local first = selector.everything():add(assert(selector.requirement("key", "in", { "value" })))
    assert.equal("key in (value)", tostring(first))
    local both = first:add(assert(selector.requirement("key2", "=", { "value2" })))
    assert.equal("key in (value),key2=value2", tostring(both))
    assert.equal("key in (value)", tostring(first))
    assert.equal("a,key in (value)",
      tostring(first:add(assert(selector.requirement("a", "exists")))))
    assert.is_true(selector.nothing():add(assert(selector.requirement("a", "exists"))):is_nothing())
  end)
end)

describe("a selector of labels", function()
  it("is made of a set", function()
    local labels = { foo = "bar", baz = "blah" }
    for text, set in pairs { [""] = {}, ["foo=bar"] = { foo = "bar" }, ["baz=blah"] = {
      baz = "blah" }, ["baz=blah,foo=bar"] = { foo = "bar", baz = "blah" } } do
      local chosen = assert(selector.from_set(set))
      assert.equal(text, tostring(chosen))
      assert.is_true(chosen:matches(labels))
      assert.equal(text == "", chosen:empty())
    end
    assert.equal("a=b,app=foo", tostring(selector.from_set { app = "foo", a = "b" }))
    assert.is_true(selector.from_set(nil):empty())
    local long = "axahm2EJ8Phiephe2eixohbee9eGeiyees1thuozi1xoh0GiuH3diewi8iem7Nui"
    local none, err = selector.from_set { Key = long }
    assert.is_nil(none)
    assert.matches('values[0][Key]: Invalid value: "' .. long .. '": ', err.message, 1, true)
  end)

  it("chooses everything or nothing", function()
    assert.is_true(selector.everything():matches { x = "y" })
    assert.is_true(selector.everything():empty())
    assert.is_false(selector.nothing():matches { x = "y" })
    assert.is_false(selector.nothing():empty())
    assert.is_nil(selector.nothing():requirements())
    assert.equal("", tostring(selector.nothing()))
  end)

  it("is nothing only when it was made so", function()
    assert.is_true(selector.nothing():is_nothing())
    assert.is_false(selector.everything():is_nothing())
    assert.is_false(selector.from_set({}):is_nothing())
    assert.is_false(selector.from_set({ key = "value" }):is_nothing())
    for _, text in ipairs { "", "a", "!a", "a=b", "a!=b", "a in (b)", "a notin (b)", "a,!a",
      "a=b,a!=b", "a in (b),a notin (b)" } do
      assert.is_false(selector.parse(text):is_nothing())
    end
    assert.is_false(selector.nothing() == selector.everything())
    assert.is_true(selector.parse("a,b=c") == selector.parse("b=c,a"))
  end)

  it("tells what a label must be", function()
    for _, case in ipairs {
      { "key in (value)", "key", "value" }, { "key in (value,value2)", "key", nil },
      { "key in (value,value1),key2 in (value2)", "key2", "value2" },
      { "key=value", "key", "value" }, { "key==value", "key", "value" },
      { "key!=value", "key", nil }, { "key in (value),key2 in (value2)", "key", "value" },
      { "key", "key", nil }, { "", "key", nil },
    } do
      assert.equal(case[3], selector.parse(case[1]):exact(case[2]))
    end
    assert.is_nil(selector.nothing():exact("key"))
  end)

  it("is not changed by who asks it", function()
    local chosen = selector.parse("a in (b,c)")
    local list = chosen:requirements()
    list[1].values[1], list[2] = "d", list[1]
    assert.equal("a in (b,c)", tostring(chosen))
  end)
end)

describe("the selector of an object", function()
  local IN = { { key = "baz", operator = "In", values = { "qux", "norf" } } }

  it("is that of its labels and expressions", function()
    for _, case in ipairs {
      { {}, "" }, { { matchLabels = { foo = "bar" } }, "foo=bar" },
      { { matchExpressions = IN }, "baz in (norf,qux)" },
      { { matchLabels = { foo = "bar" }, matchExpressions = IN }, "baz in (norf,qux),foo=bar" },
    } do
      assert.equal(case[2], tostring(assert(selector.from_label_selector(case[1]))))
    end
    assert.same({ "qux", "norf" }, IN[1].values)
    assert.is_true(selector.from_label_selector(nil):is_nothing())
    assert.is_true(selector.from_label_selector({}):empty())
  end)

  it("is refused when it is none", function()
    for _, case in ipairs {
      { { key = "baz", operator = "Exists", values = { "qux", "norf" } },
        'values: Invalid value: ["qux","norf"]: values set must be empty for exists and does not '
        .. "exist" },
      { { key = "a", operator = "Gt", values = { "1" } },
        '"Gt" is not a valid label selector operator' },
      { { key = "a", operator = "In" },
        "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty" },
    } do
      local none, err = selector.from_label_selector { matchExpressions = { case[1] } }
      assert.is_nil(none)
      assert.equal(case[2], err.message)
    end
  end)

  it("chooses as the object does", function()
    local chosen = assert(selector.from_label_selector {
      matchLabels = { app = "web" },
      matchExpressions = {
        { key = "tier", operator = "In", values = { "front", "back" } },
        { key = "old", operator = "DoesNotExist" }, { key = "app", operator = "Exists" },
        { key = "zone", operator = "NotIn", values = { "x" } },
      },
    })
    assert.is_true(chosen:matches { app = "web", tier = "back" })
    assert.is_false(chosen:matches { app = "web", tier = "back", old = "" })
    assert.is_false(chosen:matches { app = "web", tier = "back", zone = "x" })
    assert.is_false(chosen:matches { tier = "back" })
  end)

  it("is written for an object", function()
    local object = assert(selector.parse("a=1,b==2,c in (x,y),d notin (z),e,!f"):label_selector())
    assert.same({ matchLabels = { a = "1", b = "2" }, matchExpressions = {
      { key = "c", operator = "In", values = { "x", "y" } },
      { key = "d", operator = "NotIn", values = { "z" } }, { key = "e", operator = "Exists" },
      { key = "f", operator = "DoesNotExist" },
    } }, object)
    assert.equal("a=1,b=2,c in (x,y),d notin (z),e,!f",
      tostring(selector.from_label_selector(object)))
    for text, why in pairs { ["a>1"] = "\"gt\" isn't supported in label selectors",
      ["a!=1"] = '"!=" is not a valid label selector operator' } do
      local none, err = selector.parse(text):label_selector()
      assert.is_nil(none)
      assert.equal(why, err.message)
    end
  end)
end)

describe("what an option takes as a selector", function()
  it("is a text, a selector, a LabelSelector or labels", function()
    for _, case in ipairs {
      { "app=web", "app=web" }, { selector.parse("a,b"), "a,b" }, { {}, "" },
      { { matchLabels = { app = "web" } }, "app=web" }, { { app = "web", a = "b" }, "a=b,app=web" },
      { { matchLabels = "x" }, "matchLabels=x" }, -- a label of that name
    } do
      assert.equal(case[2], tostring(assert(selector.of(case[1]))))
    end
    assert.equal("a=b", tostring(selector.fields.of { a = "b" }))
    assert.equal("a!=b", tostring(selector.fields.of("a!=b")))
    local named = selector.fields.term("a", "=", "b")
    assert.equal(named, selector.fields.of(named))
  end)

  it("is nothing else", function()
    for _, bad in ipairs { { matchLabel = {} }, { matchLabels = {}, app = "x" }, { 1, 2 },
      { app = 5 }, { matchLabels = { app = "a b" } }, selector.fields.everything() } do
      local none, err = selector.of(bad)
      assert.is_nil(none)
      assert.equal("BadRequest", err.reason)
    end
    local none = selector.fields.of(selector.everything())
    assert.is_nil(none)
    assert.is_nil((selector.fields.of { a = 1 }))
    assert.has_error(function() selector.of(5) end,
      "kube.selector.of: the selector must be a table, not a number")
  end)
end)
