-- kube.patch: the pure functions with kube.json in their hands.
local kube = require("kube")
local json = require("kube.json")
local patch = require("kube.patch")

local function encode(value) return assert(json.encode(value, { sort_keys = true })) end

local function thrown(...)
  local ok, message = pcall(...)
  assert.is_false(ok)
  return message
end

describe("kube.patch", function()
  it("has the types of patches as client:patch takes them", function()
    assert.same({ "json", "merge", "strategic", "apply" },
      { patch.JSON, patch.MERGE, patch.STRATEGIC, patch.APPLY })
  end)

  it("makes and applies merge patches", function()
    local change = patch.create_merge({ a = 1, b = { c = 1 } }, { b = { c = 2 }, d = kube.array() })
    assert.equal('{"a":null,"b":{"c":2},"d":[]}', encode(change))
    assert.equal(kube.null, change.a)
    assert.equal('{"b":{"c":2},"d":[]}', encode(patch.apply_merge({ a = 1 }, change)))
  end)

  it("makes merge patches of three documents", function()
    assert.equal('{"a":null,"c":2}', encode(patch.create_three_way_merge({ a = 1 }, { c = 2 },
      { a = 1, b = 1 })))
    assert.equal('{"c":2}', encode(patch.create_three_way_merge(nil, { c = 2 }, nil)))
    local _, err = patch.create_three_way_merge({ kind = "A" }, { kind = "B" }, { kind = "A" },
      { preconditions = { patch.require_key_unchanged("kind") } })
    assert.equal("precondition failed: kind must not change (BadRequest)", tostring(err))
    _, err = patch.create_three_way_merge(nil, { metadata = { name = "b" } }, nil,
      { preconditions = { patch.require_metadata_key_unchanged("name") } })
    assert.equal("precondition failed: metadata.name must not change", err.message)
  end)

  it("makes and applies JSON patches", function()
    local operations = patch.create_json({ l = { 1, 2 } }, { l = { 2 }, n = kube.null })
    assert.equal('[{"op":"remove","path":"/l/0"},{"op":"add","path":"/n","value":null}]',
      encode(operations))
    assert.equal('{"l":[2],"n":null}', encode(patch.apply_json({ l = { 1, 2 } }, operations)))
    assert.equal("[]", encode(patch.create_json({}, {})))
  end)

  it("applies JSON patches as the server does, or as the RFC says", function()
    local operations = { { op = "replace", path = "/a", value = 1 } }
    assert.equal('{"a":1}', encode(patch.apply_json({}, operations)))
    local result, err = patch.apply_json({}, operations, { rfc = true })
    assert.is_nil(result)
    assert.equal("the JSON patch does not apply: operation 1 (replace): there is no member a",
      err.message)
    assert.is_true(kube.is_invalid(err))
  end)

  it("tells conflicts", function()
    assert.is_true(patch.has_conflicts({ a = 1 }, { a = kube.null }))
    assert.is_false(patch.has_conflicts({ a = 1 }, { b = kube.null }))
  end)

  it("throws what the programmer did, at the line that did it", function()
    for _, case in ipairs {
      { "create_merge: modified must be a value, not nil (null is kube.null)",
        function() local x = patch.create_merge({}, nil) return x end },
      { "create_json: original must be a value, not nil (null is kube.null)",
        function() local x = patch.create_json(nil, {}) return x end },
      { "apply_json: the operations must be a table, not a string",
        function() local x = patch.apply_json({}, "[]") return x end },
      { "apply_merge: the patch must be a value, not nil (null is kube.null)",
        function() local x = patch.apply_merge({}) return x end },
      { "create_three_way_merge: modified must be an object",
        function() local x = patch.create_three_way_merge({}, { 1 }, {}) return x end },
      { "create_three_way_merge: current must be an object",
        function() local x = patch.create_three_way_merge({}, {}, "text") return x end },
      { 'apply_json: unknown option "rfd"; did you mean "rfc"?',
        function() local x = patch.apply_json({}, {}, { rfd = true }) return x end },
    } do
      local message = thrown(case[2])
      assert.truthy(message:find("patch_front_spec.lua:%d+: "), message)
      assert.truthy(message:find(case[1], 1, true), message)
    end
  end)
end)
