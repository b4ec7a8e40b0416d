-- Tables of what controllers do after apimachinery pkg/api/meta/conditions_test.go.
local conditions = require("kube.api.conditions")
local json = require("kube.json")

local function object(generation, observed, ...)
  return {
    metadata = { generation = generation },
    status = { observedGeneration = observed, conditions = { ... } },
  }
end

local available = { type = "Available", status = "True" }
local unready = {
  type = "Ready", status = "False", reason = "ContainersNotReady", message = "containers: [web]",
}

describe("conditions", function()
  it("are parsed as kubectl wait writes them", function()
    local cases = {
      { "Available", "Available", "True" }, { "Available=False", "Available", "False" },
      { "Ready=", "Ready", "" }, { "a=b=c", "a", "b=c" },
    }
    for _, case in ipairs(cases) do
      local kind, status = conditions.parse(case[1])
      assert.same({ case[2], case[3] }, { kind, status })
    end
  end)

  -- kubectl pkg/cmd/wait/wait_test.go: conditions, generations
  it("are met as kubectl wait judges", function()
    local cases = {
      { "it is there", object(1, 1, unready, available), "Available", "True", true },
      { "whatever the case", object(1, 1, available), "aVAILABLE", "tRUE", true },
      { "another status", object(1, 1, available), "Available", "False", false },
      { "an empty status", object(1, 1, available), "Available", "", false },
      { "another type", object(1, 1, unready), "Available", "True", false },
      { "no conditions", { metadata = {}, status = {} }, "Available", "True", false },
      { "no status", { metadata = {} }, "Available", "True", false },
      { "from before the last change", object(2, 1, available), "Available", "True", false },
      { "seen since", object(2, 3, available), "Available", "True", true },
      { "no generation", object(nil, 1, available), "Available", "True", true },
      { "nobody says what was seen", object(5, nil, available), "Available", "True", true },
      { "the condition knows better", object(2, 2,
        { type = "Available", status = "True", observedGeneration = 1 }), "Available", "True",
        false },
      { "the condition is newer", object(2, 1,
        { type = "Available", status = "True", observedGeneration = 2 }), "Available", "True",
        true },
      { "generations that are none", object(2, "1", { type = "Available", status = "True",
        observedGeneration = {} }), "Available", "True", true },
      { "one that is none", object(1, 1, "not-a-map"), "Available", "True", false },
      { "one that is none before it", object(1, 1, "not-a-map", available), "Available", "True",
        true },
      { "one of its type without a status before it", object(1, 1, { type = "Available" },
        available), "Available", "True", true },
      { "conditions that are none", { status = { conditions = "x" } }, "Available", "True", false },
    }
    for _, case in ipairs(cases) do
      assert.equal(case[5], conditions.is_met(case[2], case[3], case[4]), case[1])
    end
  end)

  it("say what they are", function()
    assert.equal("Ready=False (ContainersNotReady: containers: [web])",
      conditions.describe(object(1, 1, unready), "ready"))
    assert.equal("Available=True, from before its last change",
      conditions.describe(object(2, 1, available), "Available"))
    assert.equal("no condition Available", conditions.describe({}, "Available"))
  end)
end)

local BEFORE, NOW, AFTER = "1998-05-05T04:05:05Z", 894344705, "1998-05-05T06:05:05Z"

local function types_of(list)
  local types = {}
  for i, condition in ipairs(list) do types[i] = condition.type end
  return table.concat(types, " ")
end

describe("a list of conditions", function()
  it("is searched for a type as it is written", function()
    assert.is_nil(conditions.find({ { type = "first" } }, "second"))
    local list = { { type = "first" }, { type = "second" } }
    assert.equal(list[2], conditions.find(list, "second"))
    assert.is_nil(conditions.find(list, "Second"))
    assert.equal(list[2], conditions.find({ status = { conditions = list } }, "Second"))
    for _, none in ipairs { {}, { status = {} }, { status = "x" }, { 1, "x" }, "x" } do
      assert.is_nil(conditions.find(none, "first"))
    end
    assert.is_nil(conditions.find(nil, "first"))
  end)

  it("tells the status of one", function()
    for _, case in ipairs {
      { { { type = "first", status = "Unknown" } }, "True", false },
      { { { type = "first", status = "True" } }, "True", true },
      { { { type = "first", status = "False" } }, "False", true },
      { { { type = "First", status = "True" } }, "True", false },
      { { { type = "first", status = "true" } }, "True", false },
      { { { type = "first" } }, "True", false }, { {}, "True", false },
      { { status = { conditions = { { type = "first", status = "True" } } } }, "True", true },
      { { status = { conditions = { { type = "First", status = "True" } } } }, "True", false },
    } do
      assert.equal(case[3], conditions.is_present_and_equal(case[1], "first", case[2]))
      local is = case[2] == "True" and conditions.is_true or conditions.is_false
      assert.equal(case[3], is(case[1], "first"))
    end
    assert.is_false(conditions.is_true(nil, "first"))
    assert.is_false(conditions.is_false(nil, "first"))
  end)

  it("gets one, and keeps the time of its status", function()
    local function second(status, at, more)
      local condition = { type = "second", status = status, lastTransitionTime = at }
      for field, value in pairs(more or {}) do condition[field] = value end
      return condition
    end
    local why = { reason = "reason", message = "message" }
    local seen = { reason = "reason", message = "message", observedGeneration = 3 }
    for name, case in pairs {
      ["should-add"] = { nil, second("True", BEFORE, why), true, second("True", BEFORE, why) },
      ["use-supplied-time"] = { second("False"), second("True", BEFORE, why), true,
        second("True", BEFORE, why) },
      ["update-fields"] = { second("True", BEFORE), second("True", AFTER, seen), true,
        second("True", BEFORE, seen) },
      ["nothing changes"] = { second("True", BEFORE), second("True", BEFORE), false,
        second("True", BEFORE) },
      -- ours
      ["add now"] = { nil, second("True"), true, second("True", "1998-05-05T05:05:05Z") },
      ["change now"] = { second("False", BEFORE), second("True", ""), true,
        second("True", "1998-05-05T05:05:05Z") },
      ["nothing is as good as empty"] = { second("True", BEFORE, { reason = "",
        observedGeneration = 0 }), second("True", nil, { message = "" }), false,
        second("True", BEFORE, { reason = "", observedGeneration = 0 }) },
      ["a message goes"] = { second("True", BEFORE, why), second("True", nil,
        { reason = "reason" }), true, second("True", BEFORE, { reason = "reason" }) },
      ["what else it has stays"] = { second("True", BEFORE, { lastProbeTime = AFTER }),
        second("False", AFTER), true, second("False", AFTER, { lastProbeTime = AFTER }) },
    } do
      local list = { { type = "first" }, case[1] or { type = "third" }, case[1] and
        { type = "third" } or nil }
      assert.equal(case[3], conditions.set(list, case[2], NOW), name)
      assert.equal(3, #list)
      assert.same(case[4], conditions.find(list, "second"), name)
      assert.equal(case[1] and "first second third" or "first third second", types_of(list))
      assert.is_false(conditions.set(list, case[2], NOW + 60), name)
    end
  end)

  it("does not share what it was given", function()
    local list, given = {}, { type = "Ready", status = "True" }
    conditions.set(list, given, NOW)
    assert.is_nil(given.lastTransitionTime)
    given.status = "False"
    assert.is_true(conditions.is_true(list, "Ready"))
  end)

  it("compares generations of any size", function()
    local list = json.decode('[{"type":"a","observedGeneration":9007199254740993}]')
    local same = json.decode('{"type":"a","observedGeneration":9007199254740993}')
    assert.is_false(conditions.set(list, same, NOW))
    assert.is_true(conditions.set(list, { type = "a", observedGeneration = 1 }, NOW))
    assert.equal(1, list[1].observedGeneration)
  end)

  it("loses one", function()
    for _, case in ipairs {
      { { "first", "second", "third" }, "second", true, "first third" },
      { { "first", "second", "third" }, "fourth", false, "first second third" },
      { {}, "Foo", false, "" }, { { "a", "b", "a" }, "a", true, "b" },
      { { "Foo" }, "foo", false, "Foo" },
    } do
      local list = {}
      for i, name in ipairs(case[1]) do list[i] = { type = name } end
      assert.equal(case[3], conditions.remove(list, case[2]))
      assert.equal(case[4], types_of(list))
    end
  end)

  it("is [] when it has lost the last one", function()
    local decoded = json.decode('[{"type":"a"}]')
    assert.is_true(conditions.remove(decoded, "a"))
    assert.equal("[]", json.encode(decoded))
    local plain = { { type = "a" } }
    assert.is_true(conditions.remove(plain, "a", json))
    assert.equal("[]", json.encode(plain))
  end)

  it("is needed", function()
    assert.has_error(function() conditions.set(nil, { type = "a" }, NOW) end,
      "kube.conditions.set: the list must be a table, not nil")
    assert.has_error(function() conditions.set({}, { status = "True" }, NOW) end,
      "kube.conditions.set: the type of the condition must be a string, not nil")
    assert.has_error(function() conditions.set({}, { type = "a" }) end,
      "kube.conditions.set: now must be a number, not nil")
    assert.has_error(function() conditions.remove(nil, "a") end,
      "kube.conditions.remove: the list must be a table, not nil")
  end)
end)
