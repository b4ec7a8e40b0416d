local conditions = require("kube.api.conditions")

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
