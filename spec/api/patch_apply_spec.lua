-- Merge patches: RFC 7396, appendix A. JSON patches: evanphx/json-patch v4.13 patch_test.go.
local json = require("kube.json")
local patch = require("kube.api.patch")

local function decode(text) return assert(json.decode(text)) end

local function encode(value) return assert(json.encode(value, { sort_keys = true })) end

local function same_json(expected, value) assert.equal(encode(decode(expected)), encode(value)) end

describe("a merge patch", function()
  it("is what RFC 7396 says", function()
    for _, case in ipairs {
      { '{"a":"b"}', '{"a":"c"}', '{"a":"c"}' },
      { '{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}' },
      { '{"a":"b"}', '{"a":null}', "{}" },
      { '{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}' },
      { '{"a":["b"]}', '{"a":"c"}', '{"a":"c"}' },
      { '{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}' },
      { '{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}' },
      { '{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}' },
      { '["a","b"]', '["c","d"]', '["c","d"]' },
      { '{"a":"b"}', '["c"]', '["c"]' },
      { '{"a":"foo"}', '"bar"', '"bar"' },
      { '{"e":null}', '{"a":1}', '{"a":1,"e":null}' },
      { "[1,2]", '{"a":"b","c":null}', '{"a":"b"}' },
      { "{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}' },
    } do
      same_json(case[3], patch.apply_merge(decode(case[1]), decode(case[2]), json))
    end
  end)

  it("takes json.null of a table of ours for null", function()
    same_json('{"a":{"c":1}}', patch.apply_merge(decode '{"a":{"b":1,"c":1}}',
      { a = { b = json.null } }, json))
  end)

  it("keeps empty arrays, removed nulls and what it does not name", function()
    same_json('{"a":[],"o":{},"n":null}',
      patch.apply_merge(decode '{"a":[],"o":{},"n":null,"x":null}', decode '{"x":null}', json))
    same_json('{"a":[]}', patch.apply_merge(decode '{"a":[1]}', decode '{"a":[]}', json))
  end)

  it("prunes nulls in objects of arrays, but not elements: unlike the RFC", function()
    same_json('{"a":[{"b":1},null]}',
      patch.apply_merge(decode "{}", decode '{"a":[{"b":1,"c":null},null]}', json))
  end)

  it("changes nothing of what it was given", function()
    local document, change = decode '{"a":{"b":1},"c":[1]}', decode '{"a":{"b":null,"d":{}},"c":[]}'
    patch.apply_merge(document, change, json)
    same_json('{"a":{"b":1},"c":[1]}', document)
    same_json('{"a":{"b":null,"d":{}},"c":[]}', change)
  end)
end)

local LONG = '"' .. ("A"):rep(48) .. '"'

local CASES = {
  { '{"foo":"bar"}', '[{"op":"add","path":"/baz","value":"qux"}]', '{"baz":"qux","foo":"bar"}' },
  { '{"foo":["bar","baz"]}', '[{"op":"add","path":"/foo/1","value":"qux"}]',
    '{"foo":["bar","qux","baz"]}' },
  { '{"foo":["bar","baz"]}', '[{"op":"add","path":"/foo/-1","value":"qux"}]',
    '{"foo":["bar","baz","qux"]}' },
  { '{"baz":"qux","foo":"bar"}', '[{"op":"remove","path":"/baz"}]', '{"foo":"bar"}' },
  { '{"foo":["bar","qux","baz"]}', '[{"op":"remove","path":"/foo/1"}]', '{"foo":["bar","baz"]}' },
  { '{"baz":"qux","foo":"bar"}', '[{"op":"replace","path":"/baz","value":"boo"}]',
    '{"baz":"boo","foo":"bar"}' },
  { '{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}',
    '[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]',
    '{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}' },
  { '{"foo":["all","grass","cows","eat"]}', '[{"op":"move","from":"/foo/1","path":"/foo/3"}]',
    '{"foo":["all","cows","eat","grass"]}' },
  { '{"foo":["all","grass","cows","eat"]}', '[{"op":"move","from":"/foo/1","path":"/foo/2"}]',
    '{"foo":["all","cows","grass","eat"]}' },
  { '{"foo":"bar"}', '[{"op":"add","path":"/child","value":{"grandchild":{}}}]',
    '{"foo":"bar","child":{"grandchild":{}}}' },
  { '{"foo":["bar"]}', '[{"op":"add","path":"/foo/-","value":["abc","def"]}]',
    '{"foo":["bar",["abc","def"]]}' },
  { '{"foo":"bar","qux":{"baz":1,"bar":null}}', '[{"op":"remove","path":"/qux/bar"}]',
    '{"foo":"bar","qux":{"baz":1}}' },
  { '{"foo":"bar"}', '[{"op":"add","path":"/baz","value":null}]', '{"baz":null,"foo":"bar"}' },
  { '{"foo":["bar"]}', '[{"op":"replace","path":"/foo/0","value":"baz"}]', '{"foo":["baz"]}' },
  { '{"foo":["bar","baz"]}', '[{"op":"replace","path":"/foo/0","value":"bum"}]',
    '{"foo":["bum","baz"]}' },
  { '[{"foo":["bar","qux","baz"]}]', '[{"op":"replace","path":"/0/foo/0","value":"bum"}]',
    '[{"foo":["bum","qux","baz"]}]' },
  { '[{"foo":["bar","qux","baz"],"bar":["qux","baz"]}]',
    '[{"op":"copy","from":"/0/foo/0","path":"/0/bar/0"}]',
    '[{"foo":["bar","qux","baz"],"bar":["bar","qux","baz"]}]' },
  { '[{"foo":["bar","qux","baz"],"bar":["qux","baz"]}]',
    '[{"op":"copy","from":"/0/foo/0","path":"/0/bar"}]',
    '[{"foo":["bar","qux","baz"],"bar":"bar"}]' },
  { '[{"foo":{"bar":["qux","baz"]},"baz":{"qux":"bum"}}]',
    '[{"op":"copy","from":"/0/foo/bar","path":"/0/baz/bar"}]',
    '[{"baz":{"bar":["qux","baz"],"qux":"bum"},"foo":{"bar":["qux","baz"]}}]' },
  { '{"foo":["bar"]}', '[{"op":"copy","path":"/foo/0","from":"/foo"}]',
    '{"foo":[["bar"],"bar"]}' },
  { '{"foo":["bar","qux","baz"]}', '[{"op":"remove","path":"/foo/-2"}]', '{"foo":["bar","baz"]}' },
  { '{"foo":[]}', '[{"op":"add","path":"/foo/-1","value":"qux"}]', '{"foo":["qux"]}' },
  { '{"bar":[{"baz":null}]}', '[{"op":"replace","path":"/bar/0/baz","value":1}]',
    '{"bar":[{"baz":1}]}' },
  { '{"bar":[{"baz":1}]}', '[{"op":"replace","path":"/bar/0/baz","value":null}]',
    '{"bar":[{"baz":null}]}' },
  { '{"bar":[null]}', '[{"op":"replace","path":"/bar/0","value":1}]', '{"bar":[1]}' },
  { '{"bar":[1]}', '[{"op":"replace","path":"/bar/0","value":null}]', '{"bar":[null]}' },
  { '{"foo":["A",' .. LONG .. "]}", '[{"op":"copy","path":"/foo/-","from":"/foo/1"},'
    .. '{"op":"copy","path":"/foo/-","from":"/foo/1"}]',
    '{"foo":["A",' .. LONG .. "," .. LONG .. "," .. LONG .. "]}" },
  { '{"id":"0","parentID":"0"}',
    '[{"op":"test","path":"","value":{"id":"0","parentID":"0"}},{"op":"replace","path":"",'
    .. '"value":{"id":"7","originalID":"bar","parentID":"0"}}]',
    '{"id":"7","originalID":"bar","parentID":"0"}' },
  -- what the API server does, measured (see the table in patch.lua)
  { '{"a":{}}', '[{"op":"replace","path":"/a/nope","value":"x"}]', '{"a":{"nope":"x"}}' },
  { '{"a":{}}', '[{"op":"copy","path":"/a/m","from":"/a/nope"}]', '{"a":{"m":null}}' },
  { '{"a":{}}', '[{"op":"add","path":"/a/q"}]', '{"a":{"q":null}}' },
  { '{"a":{}}', '[{"op":"add","path":"a/q","value":1}]', '{"a":{},"q":1}' },
  { '{"a":[1]}', '[{"op":"add","path":"/a/00","value":0}]', '{"a":[0,1]}' },
  { '{"a":[1]}', '[{"op":"replace","path":"/a/+0","value":0}]', '{"a":[0]}' },
  { '{"a~b":{"c/d":1}}', '[{"op":"remove","path":"/a~0b/c~1d"}]', '{"a~b":{}}' },
  { '{"":{"":1}}', '[{"op":"add","path":"//x","value":2}]', '{"":{"":1,"x":2}}' },
}

local BAD = {
  { '{"foo":"bar"}', '[{"op":"add","path":"/baz/bat","value":"qux"}]' },
  { '{"a":{"b":{"d":1}}}', '[{"op":"remove","path":"/a/b/c"}]' },
  { '{"a":{"b":{"d":1}}}', '[{"op":"move","from":"/a/b/c","path":"/a/b/e"}]' },
  { '{"a":{"b":[1]}}', '[{"op":"remove","path":"/a/b/1"}]' },
  { '{"a":{"b":[1]}}', '[{"op":"move","from":"/a/b/1","path":"/a/b/2"}]' },
  { '{"foo":"bar"}', '[{"op":"add","pathz":"/baz","value":"qux"}]' },
  { '{"foo":"bar"}', '[{"op":"add","path":"","value":"qux"}]' },
  { '{"foo":["bar","baz"]}', '[{"op":"replace","path":"/foo/2","value":"bum"}]' },
  { '{"foo":["bar","baz"]}', '[{"op":"add","path":"/foo/-4","value":"bum"}]' },
  { '{"name":{"foo":"bat","qux":"bum"}}', '[{"op":"replace","path":"/foo/bar","value":"baz"}]' },
  { '{"foo":["bar"]}', '[{"op":"add","path":"/foo/2","value":"bum"}]' },
  { '{"foo":[]}', '[{"op":"remove","path":"/foo/-"}]' },
  { '{"foo":[]}', '[{"op":"remove","path":"/foo/-1"}]' },
  { '{"foo":["bar"]}', '[{"op":"remove","path":"/foo/-2"}]' },
  { "{}", '[{"op":null,"path":""}]' },
  { "{}", '[{"op":"add","path":null}]' },
  { "{}", '[{"op":"copy","from":null}]' },
  { '{"foo":["bar"]}', '[{"op":"copy","path":"/foo/6666666666","from":"/"}]' },
  { '{"foo":["bar"]}', '[{"op":"copy","path":"/foo/2","from":"/foo/0"}]' },
  { '{"foo":["all","grass","cows","eat"]}', '[{"op":"move","from":"/foo/1","path":"/foo/4"}]' },
  { '{"foo":["bar"]}', '[{"op":"add","path":"/foo/1e0","value":1}]' },
  { '{"foo":["bar"]}', '[{"op":"add","path":"/foo/0x0","value":1}]' },
  { '{"foo":1}', '[{"op":"replace","path":"","value":7}]' },
  { '{"foo":1}', '[{"op":"unknown","path":"/foo"}]' },
  { '{"foo":1}', "[7]" },
}

describe("a JSON patch", function()
  it("is what the API server's library does", function()
    for _, case in ipairs(CASES) do
      local result, why = patch.apply_json(decode(case[1]), decode(case[2]), json)
      assert(result, case[2] .. ": " .. tostring(why))
      same_json(case[3], result)
    end
  end)

  it("is refused where it cannot be applied", function()
    for _, case in ipairs(BAD) do
      local result, why = patch.apply_json(decode(case[1]), decode(case[2]), json)
      assert.is_nil(result or nil, case[2])
      assert.equal("Invalid", why.reason)
    end
  end)

  it("tests values, and null where there is none", function()
    for _, case in ipairs {
      { '{"baz":"qux","foo":["a",2,"c"]}', "/baz", '"qux"', true },
      { '{"baz":"qux","foo":["a",2,"c"]}', "/foo/1", "2", true },
      { '{"baz":"qux"}', "/baz", '"bar"', false },
      { '{"baz":"qux","foo":["a",2,"c"]}', "/foo/1", '"c"', false },
      { '{"baz":"qux"}', "/foo", "42", false },
      { '{"baz":"qux"}', "/foo", "null", true },
      { '{"foo":null}', "/foo", "null", true },
      { '{"foo":{}}', "/foo", "null", false },
      { '{"foo":[]}', "/foo", "null", false },
      { '{"foo":[]}', "/foo", "{}", false },
      { '{"baz/foo":"qux"}', "/baz~1foo", '"qux"', true },
      { '{"foo":{"a":[1,{"b":null}],"c":{}}}', "/foo", '{"c":{},"a":[1,{"b":null}]}', true },
      { '{"foo":{"a":1}}', "/foo", '{"a":1,"b":null}', false },
    } do
      local operations = { { op = "test", path = case[2], value = decode(case[3]) } }
      local result, why = patch.apply_json(decode(case[1]), operations, json)
      assert.equal(case[4], result ~= nil, case[1] .. " " .. case[2])
      if not case[4] then
        assert.truthy(why.message:find("testing value " .. case[2] .. " failed", 1, true))
      end
    end
  end)

  it("copies no more than 3 MiB in all, though each copy may double what there is", function()
    local operations = {}
    for i = 1, 18 do
      operations[i] = { op = "copy", from = "/a", path = "/a/" .. i }
    end
    assert(patch.apply_json({ a = { x = "x" } }, { operations[1] }, json))
    local result, why = patch.apply_json({ a = { x = ("x"):rep(1000) } }, operations, json)
    assert.is_nil(result)
    assert.truthy(why.message:find("Unable to complete the copy", 1, true), why)
  end)

  it("changes nothing of what it was given, and all or nothing", function()
    local document = decode '{"a":{"b":[1,2],"n":null}}'
    local operations = decode('[{"op":"add","path":"/a/b/-","value":{"x":[]}},'
      .. '{"op":"add","path":"/a/b/2/x/-","value":1},{"op":"copy","from":"/a/b/2","path":"/a/c"},'
      .. '{"op":"add","path":"/a/c/y","value":1}]')
    local text = encode(operations)
    same_json('{"a":{"b":[1,2,{"x":[1]}],"c":{"x":[1],"y":1},"n":null}}',
      patch.apply_json(document, operations, json))
    same_json('{"a":{"b":[1,2],"n":null}}', document)
    assert.equal(text, encode(operations))
    assert.is_nil((patch.apply_json(document, decode('[{"op":"remove","path":"/a"},'
      .. '{"op":"remove","path":"/a"}]'), json)))
    same_json('{"a":{"b":[1,2],"n":null}}', document)
  end)
end)
