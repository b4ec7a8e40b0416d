-- The JSON patch that makes one document of another, and what holds for random documents.
local json = require("kube.json")
local patch = require("kube.api.patch")

local function decode(text)
  local value, err = json.decode(text)
  assert(err == nil, err)
  return value
end

local function encode(value) return assert(json.encode(value, { sort_keys = true })) end

--- original, modified, operations
local CASES = {
  { "{}", "{}", "[]" },
  { '{"a":[1,{"b":null}],"c":{}}', '{"a":[1,{"b":null}],"c":{}}', "[]" },
  -- members
  { '{"a":1,"c":3}', '{"b":2,"c":4}',
    '[{"op":"remove","path":"/a"},{"op":"add","path":"/b","value":2},'
      .. '{"op":"replace","path":"/c","value":4}]' },
  { '{"a":{"b":{"c":1}}}', '{"a":{"b":{"c":1,"d":[]}}}',
    '[{"op":"add","path":"/a/b/d","value":[]}]' },
  { '{"a/b":1,"m~n":1,"":1}', '{"a/b":2,"m~n":2,"":2}',
    '[{"op":"replace","path":"/","value":2},{"op":"replace","path":"/a~1b","value":2},'
      .. '{"op":"replace","path":"/m~0n","value":2}]' },
  -- null is a member like others, and neither is [] {}
  { '{"a":null}', "{}", '[{"op":"remove","path":"/a"}]' },
  { "{}", '{"a":null}', '[{"op":"add","path":"/a","value":null}]' },
  { '{"a":1}', '{"a":null}', '[{"op":"replace","path":"/a","value":null}]' },
  { '{"a":null}', '{"a":1}', '[{"op":"replace","path":"/a","value":1}]' },
  { '{"a":[]}', '{"a":{}}', '[{"op":"replace","path":"/a","value":{}}]' },
  { '{"a":{}}', '{"a":[]}', '[{"op":"replace","path":"/a","value":[]}]' },
  { '{"a":[[]]}', '{"a":[{}]}', '[{"op":"replace","path":"/a/0","value":{}}]' },
  -- elements
  { "[1,2,3]", "[1,2,3,4]", '[{"op":"add","path":"/3","value":4}]' },
  { "[]", "[1,2]", '[{"op":"add","path":"/0","value":1},{"op":"add","path":"/1","value":2}]' },
  { "[1,2]", "[]", '[{"op":"remove","path":"/0"},{"op":"remove","path":"/0"}]' },
  { "[1,2,3]", "[0,1,2,3]", '[{"op":"add","path":"/0","value":0}]' },
  { "[1,2,3,4]", "[1,3,4]", '[{"op":"remove","path":"/1"}]' },
  { "[1,2,3,4,5]", "[1,3,4,6,5]",
    '[{"op":"remove","path":"/1"},{"op":"add","path":"/3","value":6}]' },
  { "[1,1,1]", "[1,1]", '[{"op":"remove","path":"/2"}]' },
  { "[1,null,3]", "[1,3]", '[{"op":"remove","path":"/1"}]' },
  { "[1,2,3]", "[1,9,3]", '[{"op":"replace","path":"/1","value":9}]' },
  { '{"containers":[{"name":"a","image":"a:1"},{"name":"b","image":"b:1"}]}',
    '{"containers":[{"name":"x","image":"x:1"},{"name":"a","image":"a:1"},'
      .. '{"name":"b","image":"b:2"}]}',
    '[{"op":"add","path":"/containers/0","value":{"image":"x:1","name":"x"}},'
      .. '{"op":"replace","path":"/containers/2/image","value":"b:2"}]' },
  -- the whole
  { "{}", "[]", '[{"op":"replace","path":"","value":[]}]' },
  { '"a"', '"b"', '[{"op":"replace","path":"","value":"b"}]' },
  { "1", "1", "[]" },
}

describe("create_json", function()
  it("gives few operations, in the order of names and places", function()
    for _, case in ipairs(CASES) do
      local a, b = decode(case[1]), decode(case[2])
      local operations = patch.create_json(a, b, json)
      assert.equal(encode(decode(case[3])), encode(operations), case[1] .. " " .. case[2])
      assert.equal(encode(b), encode(assert(patch.apply_json(a, operations, json, true))))
      assert.equal(encode(decode(case[1])), encode(a))
      assert.equal(encode(decode(case[2])), encode(b))
    end
  end)

  it("keeps large integers exact", function()
    local a, b = decode '{"n":9007199254740993,"l":[9007199254740993]}',
      decode '{"n":9007199254740995,"l":[1,9007199254740993]}'
    local operations = patch.create_json(a, b, json)
    assert.equal("/l/0", operations[1].path)
    assert.equal(encode(b), encode(assert(patch.apply_json(a, operations, json))))
  end)

  it("compares long arrays that differ much place by place", function()
    local a, b = json.array(), json.array()
    for i = 1, 600 do a[i], b[i] = i, -i end
    b[601] = 0
    local operations = patch.create_json(a, b, json)
    assert.equal(601, #operations)
    assert.equal(encode(b), encode(assert(patch.apply_json(a, operations, json))))
  end)

  it("throws on what is no JSON in an array, as it cannot be compared", function()
    assert.has_error(function() patch.create_json({ print }, { error, 1 }, json) end)
  end)
end)

-- ---- random documents ----

local WORDS = { "a", "b", "c", "a/b", "m~n", "", "0", "-" }
local SCALARS = { 0, 1, -1, 1.5, true, false, "", "x", "null", decode "9007199254740993" }

local random_value

local function random_object(depth, nulls)
  local object = {}
  for _ = 1, math.random(0, 4) do
    object[WORDS[math.random(#WORDS)]] = random_value(depth - 1, nulls)
  end
  return object
end

local function random_array(depth, nulls)
  local array = json.array()
  for i = 1, math.random(0, 5) do array[i] = random_value(depth - 1, nulls) end
  return array
end

function random_value(depth, nulls)
  local kind = math.random(depth > 0 and 10 or 5)
  if kind == 5 and nulls then return json.null end
  if kind <= 5 then return SCALARS[math.random(#SCALARS)] end
  if kind <= 7 then return random_array(depth, nulls) end
  return random_object(depth, nulls)
end

--- A document that shares much with another.
local function mutated(value, depth, nulls)
  if math.random(6) == 1 then return random_value(depth, nulls) end
  if type(value) ~= "table" then return value end
  local copy = {}
  if json.is_array(value) then
    for _, element in ipairs(value) do
      if math.random(5) > 1 then copy[#copy + 1] = mutated(element, depth - 1, nulls) end
      if math.random(5) == 1 then copy[#copy + 1] = random_value(depth - 1, nulls) end
    end
    return json.array(copy)
  end
  for name, member in pairs(value) do
    if math.random(5) > 1 then copy[name] = mutated(member, depth - 1, nulls) end
  end
  if math.random(3) == 1 then
    copy[WORDS[math.random(#WORDS)]] = random_value(depth - 1, nulls)
  end
  return copy
end

--- Calls check with pairs of documents, as they come from the decoder: nulls are remembered.
local function for_pairs(nulls, check)
  math.randomseed(20240607)
  for i = 1, 1500 do
    local first = random_object(4, nulls)
    local second = i % 4 == 0 and random_object(4, nulls) or mutated(first, 4, nulls)
    if type(second) ~= "table" or json.is_array(second) then second = { a = second } end
    local a_text, b_text = encode(first), encode(second)
    local a, b = decode(a_text), decode(b_text)
    check(a, b, a_text .. " " .. b_text)
    assert.equal(a_text, encode(a))
    assert.equal(b_text, encode(b))
  end
end

describe("whatever the documents are", function()
  it("a merge patch made of two without nulls makes one of the other", function()
    for_pairs(false, function(a, b, texts)
      local change = patch.create_merge(a, b, json)
      assert.equal(encode(b), encode(patch.apply_merge(a, change, json)), texts)
      assert.equal("{}", encode(patch.create_merge(b, b, json)))
      assert.equal(encode(a), encode(patch.apply_merge(a, {}, json)))
    end)
  end)

  it("a merge patch comes out the same when it has been text", function()
    for_pairs(true, function(a, b, texts)
      local change = patch.create_merge(a, b, json)
      local read = decode(encode(change))
      assert.equal(encode(patch.apply_merge(a, change, json)),
        encode(patch.apply_merge(a, read, json)), texts)
    end)
  end)

  it("a JSON patch makes one of the other, as the server and as the RFC have it", function()
    for_pairs(true, function(a, b, texts)
      local operations = patch.create_json(a, b, json)
      local read = decode(encode(operations))
      assert.equal(encode(b), encode(assert(patch.apply_json(a, operations, json))), texts)
      assert.equal(encode(b), encode(assert(patch.apply_json(a, read, json, true))), texts)
      assert.equal(encode(operations), encode(patch.create_json(a, b, json)), texts)
    end)
  end)

  it("a patch of three, applied to the third, has what the second has", function()
    for_pairs(false, function(a, b, texts)
      local current = mutated(a, 4, false)
      if type(current) ~= "table" or json.is_array(current) then current = {} end
      local change = assert(patch.create_three_way_merge(a, b, current, json))
      local result = patch.apply_merge(current, change, json)
      assert.is_false(patch.has_conflicts(b, result, json), texts .. " " .. encode(current))
      for name in pairs(a) do
        if b[name] == nil then assert.is_nil(result[name], texts) end
      end
    end)
  end)
end)
