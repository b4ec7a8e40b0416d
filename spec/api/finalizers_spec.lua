-- After controller-runtime pkg/controller/controllerutil/controllerutil_test.go (Finalizers).
local finalizers = require("kube.api.finalizers")
local json = require("kube.json")

local NAME, OTHER = "foo.bar.baz", "bar.baz/foo"

local function object_with(...) return { metadata = { finalizers = { ... } } } end

describe("a finalizer", function()
  it("is found", function()
    for _, case in ipairs {
      { object_with(NAME), true }, { object_with(OTHER, NAME), true },
      { object_with(OTHER), false }, { object_with(), false }, { { metadata = {} }, false },
      { {}, false },
      { { metadata = { finalizers = "x" } }, false },
    } do
      assert.equal(case[2], finalizers.contains(case[1], NAME))
    end
  end)

  it("is added once", function()
    for _, case in ipairs {
      { {}, true, NAME }, { { metadata = {} }, true, NAME }, { object_with(), true, NAME },
      { object_with(OTHER), true, OTHER .. " " .. NAME }, { object_with(NAME), false, NAME },
    } do
      assert.equal(case[2], finalizers.add(case[1], NAME))
      assert.equal(case[3], table.concat(case[1].metadata.finalizers, " "))
      assert.is_false(finalizers.add(case[1], NAME))
    end
  end)

  it("is removed, wherever it is", function()
    for _, case in ipairs {
      { object_with(NAME), true }, { object_with(OTHER, NAME), true, OTHER },
      { object_with(NAME, OTHER, NAME), true, OTHER }, { object_with(OTHER), false, OTHER },
      { { metadata = {} }, false }, { {}, false }, { object_with(NAME, NAME), true },
    } do
      assert.equal(case[2], finalizers.remove(case[1], NAME))
      local left = case[1].metadata and case[1].metadata.finalizers
      assert.equal(case[3], left and table.concat(left, " "))
      assert.is_false(finalizers.remove(case[1], NAME))
    end
  end)

  it("leaves an object that can be sent", function()
    local object = json.decode('{"metadata":{"finalizers":["a"]}}')
    finalizers.add(object, "b")
    assert.equal('{"metadata":{"finalizers":["a","b"]}}', json.encode(object))
    finalizers.remove(object, "b")
    assert.equal('{"metadata":{"finalizers":["a"]}}', json.encode(object))
    finalizers.remove(object, "a")
    assert.equal('{"metadata":{}}', json.encode(object))
  end)

  it("has a name, and an object", function()
    for what, fn in pairs(finalizers) do
      assert.has_error(function() fn(nil, NAME) end,
        "kube.finalizers." .. what .. ": the object must be a table, not nil")
      assert.has_error(function() fn({}, nil) end,
        "kube.finalizers." .. what .. ": the name must be a string, not nil")
    end
  end)
end)
