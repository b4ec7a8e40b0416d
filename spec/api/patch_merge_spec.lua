-- Merge patches made of two documents and of three. Data: evanphx/json-patch v4.13 merge_test.go;
-- apimachinery pkg/util/jsonmergepatch/patch_test.go, pkg/util/mergepatch/util_test.go.
local json = require("kube.json")
local patch = require("kube.api.patch")

local function decode(text)
  local value, err = json.decode(text)
  assert(err == nil, err)
  return value
end

local function encode(value) return assert(json.encode(value, { sort_keys = true })) end

local function same_json(expected, value, what)
  assert.equal(encode(decode(expected)), encode(value), what)
end

local ALL = '{"hello":"world","t":true,"f":false,"n":null,"i":123,"pi":3.1416,"a":[1,2,3,4],'
  .. '"nested":{"hello":"world","t":true,"f":false,"n":null,"i":123,"pi":3.1416,"a":[1,2,3,4]}}'

--- original, modified, patch
local CREATED = {
  { '{"title":"hello","nested":{"one":1,"two":2}}',
    '{"title":"goodbye","nested":{"one":2,"two":2}}',
    '{"title":"goodbye","nested":{"one":2}}' },
  { '{"title":"hello","array":["one","two"],"notmatch":[1,2,3]}',
    '{"title":"hello","array":["one","two","three"],"notmatch":[1,2,3]}',
    '{"array":["one","two","three"]}' },
  { '{"title":"hello","array":[{"banana":true},{"evil":false}],'
      .. '"notmatch":[{"one":1},{"two":2},{"three":3}]}',
    '{"title":"hello","array":[{"banana":false},{"evil":true}],'
      .. '"notmatch":[{"one":1},{"two":2},{"three":3}]}',
    '{"array":[{"banana":false},{"evil":true}]}' },
  { '{"title":"hello","nested":{"one":1,"two":2}}', '{"title":"hello","nested":{"one":1}}',
    '{"nested":{"two":null}}' },
  { '{"array":null}', '{"array":[]}', '{"array":[]}' },
  { '{"title":"hello","nested":{"one":1,"two":[{"one":null},{"two":null},{"three":null}]}}',
    '{"title":"hello","nested":{"one":1,"two":[{"one":null},{"two":null},{"three":null}]}}', "{}" },
  { '{"array":[{"a":{"b":2}},{"a":{"b":3}}]}', '{"array":[{"a":{"b":2}},{"a":{"b":3}}]}', "{}" },
  { '{"title":"hello","nested":{"one":1,"two":2}}', '{"title":"hello","nested":{"one":1,"two":2}}',
    "{}" },
  { ALL, ALL, "{}" },
  { "{}", ALL, ALL },
  { ALL, "{}",
    '{"a":null,"f":null,"hello":null,"i":null,"n":null,"nested":null,"pi":null,"t":null}' },
  { '{"OuterArray":[{"InnerArray":[{"StringAttr":"abc123"}],"StringAttr":"def456"}]}',
    '{"OuterArray":[{"InnerArray":[{"StringAttr":"abc123"}],"StringAttr":"def456"}]}', "{}" },
  { '{"title":"hello","nested":{"title/escaped":1,"two":2}}',
    '{"title":"goodbye","nested":{"title/escaped":2,"two":2}}',
    '{"title":"goodbye","nested":{"title/escaped":2}}' },
  -- matchesValue
  { '{"v":[{}]}', '{"v":[{}]}', "{}" },
  { '{"v":[{"1":true}]}', '{"v":[{"1":true}]}', "{}" },
  { '{"v":[{"1":null}]}', '{"v":[{"1":null}]}', "{}" },
  { '{"v":[{"1":true}]}', '{"v":[{"1":false}]}', '{"v":[{"1":false}]}' },
  { '{"v":[{"1":true}]}', '{"v":[{"2":true}]}', '{"v":[{"2":true}]}' },
  { '{"v":[{"1":null}]}', '{"v":[{"2":null}]}', '{"v":[{"2":null}]}' },
  { '{"v":[{"1":true}]}', '{"v":[{"2":null}]}', '{"v":[{"2":null}]}' },
  { '{"v":[{"1":null}]}', '{"v":[{"2":true}]}', '{"v":[{"2":true}]}' },
  -- nulls, types, empty arrays and objects
  { '{"a":null}', '{"a":null}', "{}" },
  { '{"a":null}', "{}", '{"a":null}' },
  { '{"a":1}', '{"a":null}', '{"a":null}' },
  { '{"a":[]}', '{"a":{}}', '{"a":{}}' },
  { '{"a":{}}', '{"a":[]}', '{"a":[]}' },
  { '{"a":{"b":1}}', '{"a":{}}', '{"a":{"b":null}}' },
  { '{"a":{}}', '{"a":{}}', "{}" },
  { '{"a":1}', '{"a":"1"}', '{"a":"1"}' },
  { '{"a":{"b":{"c":1}}}', '{"a":{"b":{"c":1},"d":[]}}', '{"a":{"d":[]}}' },
  -- what is no object (RFC 7396): see the table in merge_patch.lua
  { '[{"foo":"bar"}]', '[{"foo":"bar"}]', '[{"foo":"bar"}]' },
  { '[{"name":"John"},{"name":"Will"}]', '[{"name":"Jane"}]', '[{"name":"Jane"}]' },
  { '[{"name":"John"}]', '{"name":"Jane"}', '{"name":"Jane"}' },
  { '{"name":"Jane"}', '"Jane"', '"Jane"' },
  { '{"name":"Jane"}', "null", "null" },
}

describe("create_merge", function()
  it("makes the patch that upstream makes", function()
    for _, case in ipairs(CREATED) do
      local original, modified = decode(case[1]), decode(case[2])
      same_json(case[3], patch.create_merge(original, modified, json), case[1] .. " " .. case[2])
      same_json(case[1], original)
      same_json(case[2], modified)
    end
  end)

  it("takes json.null for null, and a table with elements for an array", function()
    same_json('{"a":null,"l":[2]}', patch.create_merge({ a = 1, l = decode "[1]", n = json.null },
      { a = json.null, l = { 2 }, n = json.null }, json))
  end)

  it("sees the difference between large integers", function()
    local a, b = "9007199254740993", "9007199254740995"
    local function change(from, to)
      return encode(patch.create_merge({ n = decode(from) }, { n = decode(to) }, json))
    end
    if encode(decode(b)) == b then -- 5.1 has only the nearest number
      assert.equal('{"n":' .. b .. "}", change(a, b))
    end
    assert.equal("{}", change(a, a))
    assert.equal('{"n":1.5}', change(a, "1.5"))
    assert.equal('{"n":null}', change(a, "null"))
  end)

  it("takes LuaJIT's integers for the numbers that they are", function()
    local found, ffi = pcall(require, "ffi")
    if not found then return end -- other Luas have none
    local int64, uint64 = ffi.typeof("int64_t"), ffi.typeof("uint64_t")
    for _, case in ipairs {
      { int64(5), 5, true }, { int64(5), uint64(5), true }, { int64(0), 0, true },
      { int64(1), 1.5, false }, { int64(-1), uint64(-1), false }, { int64(0), json.null, false },
      { int64(0), false, false }, { int64(5), "5", false },
    } do
      assert.equal(case[3], next(patch.create_merge({ n = case[1] }, { n = case[2] }, json)) == nil)
      assert.equal(case[3], next(patch.create_merge({ n = case[2] }, { n = case[1] }, json)) == nil)
    end
  end)

  it("sees the difference between 1 and 1.0 where Lua does", function()
    local change = patch.create_merge(decode '{"n":1}', decode '{"n":1.0}', json)
    assert.equal(math.type and '{"n":1.0}' or "{}", encode(change))
  end)
end)

--- what it is, original (or nil), modified, current, patch, result
local THREE_WAY = {
  { "nil original", nil, '{"name":1,"value":1}', '{"name":1,"other":"a"}', '{"value":1}',
    '{"name":1,"value":1,"other":"a"}' },
  { "nil patch", '{"name":1}', '{"name":1}', '{"name":1}', "{}", '{"name":1}' },
  { "add field to map", '{"name":1}', '{"name":1,"value":1}', '{"name":1,"other":"a"}',
    '{"value":1}', '{"name":1,"value":1,"other":"a"}' },
  { "add field to map with conflict", '{"name":1}', '{"name":1,"value":1}',
    '{"name":"a","other":"a"}', '{"name":1,"value":1}', '{"name":1,"value":1,"other":"a"}' },
  { "add field and delete field from map", '{"name":1}', '{"value":1}', '{"name":1,"other":"a"}',
    '{"name":null,"value":1}', '{"value":1,"other":"a"}' },
  { "add field and delete field from map with conflict", '{"name":1}', '{"value":1}',
    '{"name":"a","other":"a"}', '{"name":null,"value":1}', '{"value":1,"other":"a"}' },
  { "delete field from nested map", '{"simpleMap":{"key1":1,"key2":1}}',
    '{"simpleMap":{"key1":1}}', '{"simpleMap":{"key1":1,"key2":1,"other":"a"}}',
    '{"simpleMap":{"key2":null}}',
    '{"simpleMap":{"key1":1,"other":"a"}}' },
  { "delete field from nested map with conflict", '{"simpleMap":{"key1":1,"key2":1}}',
    '{"simpleMap":{"key1":1}}', '{"simpleMap":{"key1":"a","key2":1,"other":"a"}}',
    '{"simpleMap":{"key1":1,"key2":null}}', '{"simpleMap":{"key1":1,"other":"a"}}' },
  { "delete all fields from map", '{"name":1,"value":1}', "{}", '{"name":1,"value":1,"other":"a"}',
    '{"name":null,"value":null}', '{"other":"a"}' },
  { "delete all fields from map with conflict", '{"name":1,"value":1}', "{}",
    '{"name":1,"value":"a","other":"a"}', '{"name":null,"value":null}', '{"other":"a"}' },
  { "add field and delete all fields from map", '{"name":1,"value":1}', '{"other":"a"}',
    '{"name":1,"value":1,"other":"a"}', '{"name":null,"value":null}', '{"other":"a"}' },
  { "add field and delete all fields from map with conflict", '{"name":1,"value":1}',
    '{"other":"a"}', '{"name":1,"value":1,"other":"b"}', '{"name":null,"value":null,"other":"a"}',
    '{"other":"a"}' },
  { "replace list of scalars", '{"intList":[1,2]}', '{"intList":[2,3]}', '{"intList":[1,2]}',
    '{"intList":[2,3]}', '{"intList":[2,3]}' },
  { "replace list of scalars with conflict", '{"intList":[1,2]}', '{"intList":[2,3]}',
    '{"intList":[1,4]}', '{"intList":[2,3]}', '{"intList":[2,3]}' },
  { "patch with different scalar type", '{"foo":1}', '{"foo":true}', '{"foo":1,"bar":2}',
    '{"foo":true}', '{"foo":true,"bar":2}' },
  { "patch from scalar to list", '{"foo":0}', '{"foo":[1,2]}', '{"foo":0,"bar":2}',
    '{"foo":[1,2]}', '{"foo":[1,2],"bar":2}' },
  { "patch from list to scalar", '{"foo":[1,2]}', '{"foo":0}', '{"foo":[1,2],"bar":2}',
    '{"foo":0}', '{"foo":0,"bar":2}' },
  { "patch from scalar to map", '{"foo":0}', '{"foo":{"baz":1}}', '{"foo":0,"bar":2}',
    '{"foo":{"baz":1}}', '{"foo":{"baz":1},"bar":2}' },
  { "patch from map to scalar", '{"foo":{"baz":1}}', '{"foo":0}', '{"foo":{"baz":1},"bar":2}',
    '{"foo":0}', '{"foo":0,"bar":2}' },
  { "patch from map to list", '{"foo":{"baz":1}}', '{"foo":[1,2]}', '{"foo":{"baz":1},"bar":2}',
    '{"foo":[1,2]}', '{"foo":[1,2],"bar":2}' },
  { "patch from list to map", '{"foo":[1,2]}', '{"foo":{"baz":0}}', '{"foo":[1,2],"bar":2}',
    '{"foo":{"baz":0}}', '{"foo":{"baz":0},"bar":2}' },
  { "patch with different nested types", '{"foo":[{"a":true},2,false]}',
    '{"foo":[1,false,{"b":1}]}', '{"foo":[{"a":true},2,false],"bar":0}',
    '{"foo":[1,false,{"b":1}]}', '{"foo":[1,false,{"b":1}],"bar":0}' },
  { "patch array with nil", '{"foo":[{"a":true},null,false],"bar":[],"drop":[1]}',
    '{"foo":[1,false,{"b":1}],"bar":["c",null,null,"a"],"drop":[null]}',
    '{"foo":[{"a":true},2,false],"bar":["c",null,null,"a"],"drop":null}',
    '{"foo":[1,false,{"b":1}],"drop":[null]}',
    '{"foo":[1,false,{"b":1}],"drop":[null],"bar":["c",null,null,"a"]}' },
}

--- what it is, a patch, its removals, its other changes
local PARTS = {
  { "nil original", "{}", "{}", "{}" },
  { "simple map", '{"nilKey":null,"nonNilKey":"foo"}', '{"nilKey":null}', '{"nonNilKey":"foo"}' },
  { "simple map with all nil values", '{"nilKey1":null,"nilKey2":null}',
    '{"nilKey1":null,"nilKey2":null}', "{}" },
  { "simple map with all non-nil values", '{"nonNilKey1":"foo","nonNilKey2":"bar"}', "{}",
    '{"nonNilKey1":"foo","nonNilKey2":"bar"}' },
  { "nested map", '{"mapKey":{"nilKey":null,"nonNilKey":"foo"}}', '{"mapKey":{"nilKey":null}}',
    '{"mapKey":{"nonNilKey":"foo"}}' },
  { "nested map that all subkeys are nil", '{"mapKey":{"nilKey1":null,"nilKey2":null}}',
    '{"mapKey":{"nilKey1":null,"nilKey2":null}}', "{}" },
  { "nested map that all subkeys are non-nil", '{"mapKey":{"nonNilKey1":"foo","nonNilKey2":"bar"}}',
    "{}", '{"mapKey":{"nonNilKey1":"foo","nonNilKey2":"bar"}}' },
  { "explicitly empty map as value", '{"mapKey":{}}', "{}", '{"mapKey":{}}' },
  { "explicitly empty nested map", '{"mapKey":{"nonNilKey":{}}}', "{}",
    '{"mapKey":{"nonNilKey":{}}}' },
  { "multiple explicitly empty nested maps", '{"mapKey":{"nonNilKey1":{},"nonNilKey2":{}}}', "{}",
    '{"mapKey":{"nonNilKey1":{},"nonNilKey2":{}}}' },
  { "nested map with non-null value as empty map", '{"mapKey":{"nonNilKey":{},"nilKey":null}}',
    '{"mapKey":{"nilKey":null}}', '{"mapKey":{"nonNilKey":{}}}' },
  { "empty list", '{"listKey":[]}', "{}", '{"listKey":[]}' },
  { "list of primitives", '{"listKey":[1,2]}', "{}", '{"listKey":[1,2]}' },
  { "list of maps", '{"listKey":[{"k1":"v1"},{"k2":null},{"k3":"v3","k4":null}]}', "{}",
    '{"listKey":[{"k1":"v1"},{"k2":null},{"k3":"v3","k4":null}]}' },
  { "list of different types", '{"listKey":[{"k1":"v1"},{"k2":null},"v3"]}', "{}",
    '{"listKey":[{"k1":"v1"},{"k2":null},"v3"]}' },
}

describe("create_three_way_merge", function()
  local function decoded(text) return decode(text or "{}") end

  it("makes the patch that upstream makes", function()
    for _, case in ipairs(THREE_WAY) do
      local original, modified, current = decoded(case[2]), decode(case[3]), decode(case[4])
      local change = assert(patch.create_three_way_merge(original, modified, current, json))
      same_json(case[5], change, case[1])
      same_json(case[6], patch.apply_merge(current, change, json), case[1])
      same_json(case[2] or "{}", original, case[1])
      same_json(case[3], modified, case[1])
      same_json(case[4], current, case[1])
    end
  end)

  it("tells what is removed from what is set", function()
    local merge_patch = require("kube.api.patch.merge_patch")
    for _, case in ipairs(PARTS) do
      same_json(case[3], merge_patch.part_of(decode(case[2]), json, true), case[1])
      same_json(case[4], merge_patch.part_of(decode(case[2]), json, false), case[1])
    end
  end)

  it("is refused where a precondition does not hold", function()
    local original = decode '{"kind":"A","metadata":{"name":"a","labels":{"x":"y"}}}'
    for _, case in ipairs {
      { '{"kind":"A","metadata":{"name":"a","labels":{"x":"z"}}}', nil },
      { '{"kind":"B","metadata":{"name":"a"}}', "precondition failed: kind must not change" },
      { '{"metadata":{"name":"a"}}', "precondition failed: kind must not change" },
      { '{"kind":"A","metadata":{"name":"b"}}',
        "precondition failed: metadata.name must not change" },
      { '{"kind":"A","metadata":{}}', "precondition failed: metadata.name must not change" },
      { '{"kind":"A","metadata":5}', nil },
      { '{"kind":"A"}', nil },
    } do
      local change, err = patch.create_three_way_merge(original, decode(case[1]), original, json, {
        patch.require_key_unchanged("kind", json),
        patch.require_metadata_key_unchanged("name", json),
      })
      assert.equal(case[2] == nil, change ~= nil, case[1])
      assert.equal(case[2], err and err.message)
      assert.equal(case[2] and "BadRequest", err and err.reason)
    end
    local _, err = patch.create_three_way_merge({}, {}, {}, json, { function() return false end })
    assert.equal("precondition failed: the patch is refused", err.message)
  end)
end)

--- a, b, whether they conflict
local CONFLICTS = {
  { '"hello"', '"hello"', false }, { '"hello"', '"hell"', true }, { '"hello"', "null", true },
  { '"hello"', "1", true }, { '"hello"', "1.0", true }, { '"hello"', "false", true },
  { "1", "1", false }, { "null", "null", false }, { "false", "false", false },
  { "3.0", "3.0", false },
  { '"hello"', "[]", true }, { "[1]", "[]", true }, { "[]", "[]", false }, { "[1]", "[1]", false },
  { "{}", "[1]", true },
  { "{}", '{"a":1}', false }, { '{"a":1}', '{"a":1}', false }, { '{"a":1}', '{"a":2}', true },
  { '{"a":1}', '{"b":2}', false },
  { '{"a":[1]}', '{"a":[1]}', false }, { '{"a":[1]}', '{"a":[]}', true },
  { '{"a":[1]}', '{"a":1}', true },
  { '{"a":1,"b":2}', '{"a":1,"b":0}', true }, { '{"a":1,"b":2}', '{"a":1,"b":2}', false },
  { '{"a":1,"b":2}', '{"a":1,"b":0,"c":3}', true },
  { '{"a":1,"b":2}', '{"a":1,"b":2,"c":3}', false },
  { '{"a":[1,2]}', '{"a":[1,0]}', true }, { '{"a":[1,2]}', '{"a":[1,2]}', false },
  { "0", "0.0", math.type ~= nil }, -- true upstream; Lua 5.1 and LuaJIT cannot tell
  { "0", '"0"', true }, { "0", "null", true }, { "0", "false", true }, { '"true"', "true", true },
  { '"null"', "null", true },
  -- ours
  { "{}", "[]", true }, { '{"a":null}', '{"a":null}', false }, { '{"a":null}', '{"a":1}', true },
  { '{"a":null}', "{}", false }, { '{"a":{"b":null}}', '{"a":{"b":{}}}', true },
  { "[[1,{}]]", '[[1,{"a":1}]]', false }, { "9007199254740993", "9007199254740993", false },
  { "9007199254740993", "null", true }, { "9007199254740993", "true", true },
}

describe("has_conflicts", function()
  it("says what upstream says, both ways round", function()
    for _, case in ipairs(CONFLICTS) do
      local a, b = decode(case[1]), decode(case[2])
      assert.equal(case[3], patch.has_conflicts(a, b, json), case[1] .. " " .. case[2])
      assert.equal(case[3], patch.has_conflicts(b, a, json), case[2] .. " " .. case[1])
    end
  end)
end)
