-- JSON patches as RFC 6902 says. Data: github.com/json-patch/json-patch-tests (Apache-2.0), its
-- tests.json and spec_tests.json, without the two in which an operation has two members "op": of
-- such, our decoder keeps the last, as most do.
local json = require("kube.json")
local patch = require("kube.api.patch")

local TESTS = [==[
[
  {"comment":"empty list, empty docs","doc":{},"patch":[],"expected":{}},
  {"comment":"empty patch list","doc":{"foo":1},"patch":[],"expected":{"foo":1}},
  {"comment":"rearrangements OK?","doc":{"foo":1,"bar":2},"patch":[],"expected":{"bar":2,"foo":1}},
  {"comment":"rearrangements OK?  How about one level down ... array","doc":[{"foo":1,"bar":2}],
   "patch":[],"expected":[{"bar":2,"foo":1}]},
  {"comment":"rearrangements OK?  How about one level down...","doc":{"foo":{"foo":1,"bar":2}},
   "patch":[],"expected":{"foo":{"bar":2,"foo":1}}},
  {"comment":"add replaces any existing field","doc":{"foo":null},
   "patch":[{"op":"add","path":"/foo","value":1}],"expected":{"foo":1}},
  {"comment":"toplevel array","doc":[],"patch":[{"op":"add","path":"/0","value":"foo"}],
   "expected":["foo"]},
  {"comment":"toplevel array, no change","doc":["foo"],"patch":[],"expected":["foo"]},
  {"comment":"toplevel object, numeric string","doc":{},
   "patch":[{"op":"add","path":"/foo","value":"1"}],"expected":{"foo":"1"}},
  {"comment":"toplevel object, integer","doc":{},"patch":[{"op":"add","path":"/foo","value":1}],
   "expected":{"foo":1}},
  {"comment":"Toplevel scalar values OK?","doc":"foo",
   "patch":[{"op":"replace","path":"","value":"bar"}],"expected":"bar"},
  {"comment":"replace object document with array document?","doc":{},
   "patch":[{"op":"add","path":"","value":[]}],"expected":[]},
  {"comment":"replace array document with object document?","doc":[],
   "patch":[{"op":"add","path":"","value":{}}],"expected":{}},
  {"comment":"append to root array document?","doc":[],
   "patch":[{"op":"add","path":"/-","value":"hi"}],"expected":["hi"]},
  {"comment":"Add, / target","doc":{},"patch":[{"op":"add","path":"/","value":1}],
   "expected":{"":1}},
  {"comment":"Add, /foo/ deep target (trailing slash)","doc":{"foo":{}},
   "patch":[{"op":"add","path":"/foo/","value":1}],"expected":{"foo":{"":1}}},
  {"comment":"Add composite value at top level","doc":{"foo":1},
   "patch":[{"op":"add","path":"/bar","value":[1,2]}],"expected":{"foo":1,"bar":[1,2]}},
  {"comment":"Add into composite value","doc":{"foo":1,"baz":[{"qux":"hello"}]},
   "patch":[{"op":"add","path":"/baz/0/foo","value":"world"}],
   "expected":{"foo":1,"baz":[{"qux":"hello","foo":"world"}]}},
  {"doc":{"bar":[1,2]},"patch":[{"op":"add","path":"/bar/8","value":"5"}],"error":true},
  {"doc":{"bar":[1,2]},"patch":[{"op":"add","path":"/bar/-1","value":"5"}],"error":true},
  {"doc":{"foo":1},"patch":[{"op":"add","path":"/bar","value":true}],
   "expected":{"foo":1,"bar":true}},
  {"doc":{"foo":1},"patch":[{"op":"add","path":"/bar","value":false}],
   "expected":{"foo":1,"bar":false}},
  {"doc":{"foo":1},"patch":[{"op":"add","path":"/bar","value":null}],
   "expected":{"foo":1,"bar":null}},
  {"comment":"0 can be an array index or object element name","doc":{"foo":1},
   "patch":[{"op":"add","path":"/0","value":"bar"}],"expected":{"foo":1,"0":"bar"}},
  {"doc":["foo"],"patch":[{"op":"add","path":"/1","value":"bar"}],"expected":["foo","bar"]},
  {"doc":["foo","sil"],"patch":[{"op":"add","path":"/1","value":"bar"}],
   "expected":["foo","bar","sil"]},
  {"doc":["foo","sil"],"patch":[{"op":"add","path":"/0","value":"bar"}],
   "expected":["bar","foo","sil"]},
  {"comment":"push item to array via last index + 1","doc":["foo","sil"],
   "patch":[{"op":"add","path":"/2","value":"bar"}],"expected":["foo","sil","bar"]},
  {"comment":"add item to array at index > length should fail","doc":["foo","sil"],
   "patch":[{"op":"add","path":"/3","value":"bar"}],"error":true},
  {"comment":"test against implementation-specific numeric parsing","doc":{"1e0":"foo"},
   "patch":[{"op":"test","path":"/1e0","value":"foo"}],"expected":{"1e0":"foo"}},
  {"comment":"test with bad number should fail","doc":["foo","bar"],
   "patch":[{"op":"test","path":"/1e0","value":"bar"}],"error":true},
  {"doc":["foo","sil"],"patch":[{"op":"add","path":"/bar","value":42}],"error":true},
  {"comment":"value in array add not flattened","doc":["foo","sil"],
   "patch":[{"op":"add","path":"/1","value":["bar","baz"]}],
   "expected":["foo",["bar","baz"],"sil"]},
  {"doc":{"foo":1,"bar":[1,2,3,4]},"patch":[{"op":"remove","path":"/bar"}],"expected":{"foo":1}},
  {"doc":{"foo":1,"baz":[{"qux":"hello"}]},"patch":[{"op":"remove","path":"/baz/0/qux"}],
   "expected":{"foo":1,"baz":[{}]}},
  {"doc":{"foo":1,"baz":[{"qux":"hello"}]},
   "patch":[{"op":"replace","path":"/foo","value":[1,2,3,4]}],
   "expected":{"foo":[1,2,3,4],"baz":[{"qux":"hello"}]}},
  {"doc":{"foo":[1,2,3,4],"baz":[{"qux":"hello"}]},
   "patch":[{"op":"replace","path":"/baz/0/qux","value":"world"}],
   "expected":{"foo":[1,2,3,4],"baz":[{"qux":"world"}]}},
  {"doc":["foo"],"patch":[{"op":"replace","path":"/0","value":"bar"}],"expected":["bar"]},
  {"doc":[""],"patch":[{"op":"replace","path":"/0","value":0}],"expected":[0]},
  {"doc":[""],"patch":[{"op":"replace","path":"/0","value":true}],"expected":[true]},
  {"doc":[""],"patch":[{"op":"replace","path":"/0","value":false}],"expected":[false]},
  {"doc":[""],"patch":[{"op":"replace","path":"/0","value":null}],"expected":[null]},
  {"comment":"value in array replace not flattened","doc":["foo","sil"],
   "patch":[{"op":"replace","path":"/1","value":["bar","baz"]}],"expected":["foo",["bar","baz"]]},
  {"comment":"replace whole document","doc":{"foo":"bar"},
   "patch":[{"op":"replace","path":"","value":{"baz":"qux"}}],"expected":{"baz":"qux"}},
  {"comment":"test replace with missing parent key should fail","doc":{"bar":"baz"},
   "patch":[{"op":"replace","path":"/foo/bar","value":false}],"error":true},
  {"comment":"spurious patch properties","doc":{"foo":1},
   "patch":[{"op":"test","path":"/foo","value":1,"spurious":1}],"expected":{"foo":1}},
  {"comment":"null value should be valid obj property","doc":{"foo":null},
   "patch":[{"op":"test","path":"/foo","value":null}],"expected":{"foo":null}},
  {"comment":"null value should be valid obj property to be replaced with something truthy",
   "doc":{"foo":null},"patch":[{"op":"replace","path":"/foo","value":"truthy"}],
   "expected":{"foo":"truthy"}},
  {"comment":"null value should be valid obj property to be moved","doc":{"foo":null},
   "patch":[{"op":"move","from":"/foo","path":"/bar"}],"expected":{"bar":null}},
  {"comment":"null value should be valid obj property to be copied","doc":{"foo":null},
   "patch":[{"op":"copy","from":"/foo","path":"/bar"}],"expected":{"foo":null,"bar":null}},
  {"comment":"null value should be valid obj property to be removed","doc":{"foo":null},
   "patch":[{"op":"remove","path":"/foo"}],"expected":{}},
  {"comment":"null value should still be valid obj property replace other value",
   "doc":{"foo":"bar"},"patch":[{"op":"replace","path":"/foo","value":null}],
   "expected":{"foo":null}},
  {"comment":"test should pass despite rearrangement","doc":{"foo":{"foo":1,"bar":2}},
   "patch":[{"op":"test","path":"/foo","value":{"bar":2,"foo":1}}],
   "expected":{"foo":{"foo":1,"bar":2}}},
  {"comment":"test should pass despite (nested) rearrangement","doc":{"foo":[{"foo":1,"bar":2}]},
   "patch":[{"op":"test","path":"/foo","value":[{"bar":2,"foo":1}]}],
   "expected":{"foo":[{"foo":1,"bar":2}]}},
  {"comment":"test should pass - no error","doc":{"foo":{"bar":[1,2,5,4]}},
   "patch":[{"op":"test","path":"/foo","value":{"bar":[1,2,5,4]}}],
   "expected":{"foo":{"bar":[1,2,5,4]}}},
  {"doc":{"foo":{"bar":[1,2,5,4]}},"patch":[{"op":"test","path":"/foo","value":[1,2]}],
   "error":true},
  {"comment":"Whole document","doc":{"foo":1},"patch":[{"op":"test","path":"","value":{"foo":1}}],
   "expected":{"foo":1}},
  {"comment":"Empty-string element","doc":{"":1},"patch":[{"op":"test","path":"/","value":1}],
   "expected":{"":1}},
  {"doc":{
     "foo":["bar","baz"],
     "":0,
     "a/b":1,
     "c%d":2,
     "e^f":3,
     "g|h":4,
     "i\\j":5,
     "k\"l":6,
     " ":7,
     "m~n":8
   },
   "patch":[
     {"op":"test","path":"/foo","value":["bar","baz"]},
     {"op":"test","path":"/foo/0","value":"bar"},
     {"op":"test","path":"/","value":0},
     {"op":"test","path":"/a~1b","value":1},
     {"op":"test","path":"/c%d","value":2},
     {"op":"test","path":"/e^f","value":3},
     {"op":"test","path":"/g|h","value":4},
     {"op":"test","path":"/i\\j","value":5},
     {"op":"test","path":"/k\"l","value":6},
     {"op":"test","path":"/ ","value":7},
     {"op":"test","path":"/m~0n","value":8}
   ],
   "expected":{
     "":0,
     " ":7,
     "a/b":1,
     "c%d":2,
     "e^f":3,
     "foo":["bar","baz"],
     "g|h":4,
     "i\\j":5,
     "k\"l":6,
     "m~n":8
   }},
  {"comment":"Move to same location has no effect","doc":{"foo":1},
   "patch":[{"op":"move","from":"/foo","path":"/foo"}],"expected":{"foo":1}},
  {"doc":{"foo":1,"baz":[{"qux":"hello"}]},"patch":[{"op":"move","from":"/foo","path":"/bar"}],
   "expected":{"baz":[{"qux":"hello"}],"bar":1}},
  {"doc":{"baz":[{"qux":"hello"}],"bar":1},
   "patch":[{"op":"move","from":"/baz/0/qux","path":"/baz/1"}],
   "expected":{"baz":[{},"hello"],"bar":1}},
  {"doc":{"baz":[{"qux":"hello"}],"bar":1},"patch":[{"op":"copy","from":"/baz/0","path":"/boo"}],
   "expected":{"baz":[{"qux":"hello"}],"bar":1,"boo":{"qux":"hello"}}},
  {"comment":"replacing the root of the document is possible with add","doc":{"foo":"bar"},
   "patch":[{"op":"add","path":"","value":{"baz":"qux"}}],"expected":{"baz":"qux"}},
  {"comment":"Adding to \"/-\" adds to the end of the array","doc":[1,2],
   "patch":[{"op":"add","path":"/-","value":{"foo":["bar","baz"]}}],
   "expected":[1,2,{"foo":["bar","baz"]}]},
  {"comment":"Adding to \"/-\" adds to the end of the array, even n levels down",
   "doc":[1,2,[3,[4,5]]],"patch":[{"op":"add","path":"/2/1/-","value":{"foo":["bar","baz"]}}],
   "expected":[1,2,[3,[4,5,{"foo":["bar","baz"]}]]]},
  {"comment":"test remove with bad number should fail","doc":{"foo":1,"baz":[{"qux":"hello"}]},
   "patch":[{"op":"remove","path":"/baz/1e0/qux"}],"error":true},
  {"comment":"test remove on array","doc":[1,2,3,4],"patch":[{"op":"remove","path":"/0"}],
   "expected":[2,3,4]},
  {"comment":"test repeated removes","doc":[1,2,3,4],
   "patch":[{"op":"remove","path":"/1"},{"op":"remove","path":"/2"}],"expected":[1,3]},
  {"comment":"test remove with bad index should fail","doc":[1,2,3,4],
   "patch":[{"op":"remove","path":"/1e0"}],"error":true},
  {"comment":"test replace with bad number should fail","doc":[""],
   "patch":[{"op":"replace","path":"/1e0","value":false}],"error":true},
  {"comment":"test copy with bad number should fail","doc":{"baz":[1,2,3],"bar":1},
   "patch":[{"op":"copy","from":"/baz/1e0","path":"/boo"}],"error":true},
  {"comment":"test move with bad number should fail","doc":{"foo":1,"baz":[1,2,3,4]},
   "patch":[{"op":"move","from":"/baz/1e0","path":"/foo"}],"error":true},
  {"comment":"test add with bad number should fail","doc":["foo","sil"],
   "patch":[{"op":"add","path":"/1e0","value":"bar"}],"error":true},
  {"comment":"missing 'path' parameter","doc":{},"patch":[{"op":"add","value":"bar"}],
   "error":true},
  {"comment":"'path' parameter with null value","doc":{},
   "patch":[{"op":"add","path":null,"value":"bar"}],"error":true},
  {"comment":"invalid JSON Pointer token","doc":{},
   "patch":[{"op":"add","path":"foo","value":"bar"}],"error":true},
  {"comment":"missing 'value' parameter to add","doc":[1],"patch":[{"op":"add","path":"/-"}],
   "error":true},
  {"comment":"missing 'value' parameter to replace","doc":[1],
   "patch":[{"op":"replace","path":"/0"}],"error":true},
  {"comment":"missing 'value' parameter to test","doc":[null],"patch":[{"op":"test","path":"/0"}],
   "error":true},
  {"comment":"missing value parameter to test - where undef is falsy","doc":[false],
   "patch":[{"op":"test","path":"/0"}],"error":true},
  {"comment":"missing from parameter to copy","doc":[1],"patch":[{"op":"copy","path":"/-"}],
   "error":true},
  {"comment":"missing from location to copy","doc":{"foo":1},
   "patch":[{"op":"copy","from":"/bar","path":"/foo"}],"error":true},
  {"comment":"missing from parameter to move","doc":{"foo":1},"patch":[{"op":"move","path":""}],
   "error":true},
  {"comment":"missing from location to move","doc":{"foo":1},
   "patch":[{"op":"move","from":"/bar","path":"/foo"}],"error":true},
  {"comment":"unrecognized op should fail","doc":{"foo":1},
   "patch":[{"op":"spam","path":"/foo","value":1}],"error":true},
  {"comment":"test with bad array number that has leading zeros","doc":["foo","bar"],
   "patch":[{"op":"test","path":"/00","value":"foo"}],"error":true},
  {"comment":"test with bad array number that has leading zeros","doc":["foo","bar"],
   "patch":[{"op":"test","path":"/01","value":"bar"}],"error":true},
  {"comment":"Removing nonexistent field","doc":{"foo":"bar"},
   "patch":[{"op":"remove","path":"/baz"}],"error":true},
  {"comment":"Removing deep nonexistent path","doc":{"foo":"bar"},
   "patch":[{"op":"remove","path":"/missing1/missing2"}],"error":true},
  {"comment":"Removing nonexistent index","doc":["foo","bar"],
   "patch":[{"op":"remove","path":"/2"}],"error":true},
  {"comment":"Patch with different capitalisation than doc","doc":{"foo":"bar"},
   "patch":[{"op":"add","path":"/FOO","value":"BAR"}],"expected":{"foo":"bar","FOO":"BAR"}},
  {"comment":"test copy object then change destination",
   "doc":{"foo":{"bar":{"baz":[{"boo":"net"}]}}},
   "patch":[
     {"op":"copy","from":"/foo","path":"/bak"},
     {"op":"replace","path":"/bak/bar/baz/0/boo","value":"qux"}
   ],"expected":{"foo":{"bar":{"baz":[{"boo":"net"}]}},"bak":{"bar":{"baz":[{"boo":"qux"}]}}}},
  {"comment":"test copy object then change source","doc":{"foo":{"bar":{"baz":[{"boo":"net"}]}}},
   "patch":[
     {"op":"copy","from":"/foo","path":"/bak"},
     {"op":"replace","path":"/foo/bar/baz/0/boo","value":"qux"}
   ],"expected":{"foo":{"bar":{"baz":[{"boo":"qux"}]}},"bak":{"bar":{"baz":[{"boo":"net"}]}}}}
]
]==]

-- The examples of the RFC.
local SPEC_TESTS = [==[
[
  {"comment":"4.1. add with missing object","doc":{"q":{"bar":2}},
   "patch":[{"op":"add","path":"/a/b","value":1}],"error":true},
  {"comment":"A.1.  Adding an Object Member","doc":{"foo":"bar"},
   "patch":[{"op":"add","path":"/baz","value":"qux"}],"expected":{"baz":"qux","foo":"bar"}},
  {"comment":"A.2.  Adding an Array Element","doc":{"foo":["bar","baz"]},
   "patch":[{"op":"add","path":"/foo/1","value":"qux"}],"expected":{"foo":["bar","qux","baz"]}},
  {"comment":"A.3.  Removing an Object Member","doc":{"baz":"qux","foo":"bar"},
   "patch":[{"op":"remove","path":"/baz"}],"expected":{"foo":"bar"}},
  {"comment":"A.4.  Removing an Array Element","doc":{"foo":["bar","qux","baz"]},
   "patch":[{"op":"remove","path":"/foo/1"}],"expected":{"foo":["bar","baz"]}},
  {"comment":"A.5.  Replacing a Value","doc":{"baz":"qux","foo":"bar"},
   "patch":[{"op":"replace","path":"/baz","value":"boo"}],"expected":{"baz":"boo","foo":"bar"}},
  {"comment":"A.6.  Moving a Value",
   "doc":{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}},
   "patch":[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}],
   "expected":{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}},
  {"comment":"A.7.  Moving an Array Element","doc":{"foo":["all","grass","cows","eat"]},
   "patch":[{"op":"move","from":"/foo/1","path":"/foo/3"}],
   "expected":{"foo":["all","cows","eat","grass"]}},
  {"comment":"A.8.  Testing a Value: Success","doc":{"baz":"qux","foo":["a",2,"c"]},
   "patch":[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}],
   "expected":{"baz":"qux","foo":["a",2,"c"]}},
  {"comment":"A.9.  Testing a Value: Error","doc":{"baz":"qux"},
   "patch":[{"op":"test","path":"/baz","value":"bar"}],"error":true},
  {"comment":"A.10.  Adding a nested Member Object","doc":{"foo":"bar"},
   "patch":[{"op":"add","path":"/child","value":{"grandchild":{}}}],
   "expected":{"foo":"bar","child":{"grandchild":{}}}},
  {"comment":"A.11.  Ignoring Unrecognized Elements","doc":{"foo":"bar"},
   "patch":[{"op":"add","path":"/baz","value":"qux","xyz":123}],
   "expected":{"foo":"bar","baz":"qux"}},
  {"comment":"A.12.  Adding to a Non-existent Target","doc":{"foo":"bar"},
   "patch":[{"op":"add","path":"/baz/bat","value":"qux"}],"error":true},
  {"comment":"A.14. ~ Escape Ordering","doc":{"/":9,"~1":10},
   "patch":[{"op":"test","path":"/~01","value":10}],"expected":{"/":9,"~1":10}},
  {"comment":"A.15. Comparing Strings and Numbers","doc":{"/":9,"~1":10},
   "patch":[{"op":"test","path":"/~01","value":"10"}],"error":true},
  {"comment":"A.16. Adding an Array Value","doc":{"foo":["bar"]},
   "patch":[{"op":"add","path":"/foo/-","value":["abc","def"]}],
   "expected":{"foo":["bar",["abc","def"]]}}
]
]==]

local function encode(value) return assert(json.encode(value, { sort_keys = true })) end

local function check(case, rfc)
  local name = encode(case)
  local result, err = patch.apply_json(case.doc, case.patch, json, rfc)
  if case.error then
    assert.is_nil(result, name)
    assert.equal("Invalid", err.reason, name)
  else
    assert(err == nil, name .. tostring(err))
    assert.equal(encode(case.expected), encode(result), name)
  end
  assert.equal(name, encode(case), "was changed")
end

describe("a JSON patch with rfc = true", function()
  for name, text in pairs { ["tests.json"] = TESTS, ["spec_tests.json"] = SPEC_TESTS } do
    it("does what is expected of it in " .. name, function()
      local cases = assert(json.decode(text))
      assert.equal(name == "tests.json" and 94 or 16, #cases)
      for _, case in ipairs(cases) do check(case, true) end
    end)
  end

  it("differs from the server's in these cases, and no others", function()
    local different = {}
    for _, case in ipairs(assert(json.decode(TESTS))) do
      if not pcall(check, case, false) then
        different[#different + 1] = encode(case.patch) .. " " .. encode(case.doc)
      end
    end
    assert.same({
      '[{"op":"replace","path":"","value":"bar"}] "foo"',
      '[{"op":"add","path":"","value":[]}] {}',
      '[{"op":"add","path":"","value":{}}] []',
      '[{"op":"add","path":"/bar/-1","value":"5"}] {"bar":[1,2]}',
      '[{"op":"add","path":"","value":{"baz":"qux"}}] {"foo":"bar"}',
      '[{"op":"add","path":"/-"}] [1]',
      '[{"op":"replace","path":"/0"}] [1]',
      '[{"op":"test","path":"/0"}] [null]',
      '[{"from":"/bar","op":"copy","path":"/foo"}] {"foo":1}',
      '[{"op":"test","path":"/00","value":"foo"}] ["foo","bar"]',
      '[{"op":"test","path":"/01","value":"bar"}] ["foo","bar"]',
    }, different)
  end)

  it("is strict where that suite does not look", function()
    for _, case in ipairs(assert(json.decode [==[
[
  {"doc":{"a":{"b":1}},"patch":[{"op":"move","from":"/a","path":"/a/c"}],"error":true},
  {"doc":[[1],[2]],"patch":[{"op":"move","from":"/0","path":"/0/0"}],"error":true},
  {"doc":{"a":1},"patch":[{"op":"move","from":"","path":"/b"}],"error":true},
  {"doc":{"a":1},"patch":[{"op":"move","from":"","path":""}],"expected":{"a":1}},
  {"doc":{"a":[1]},"patch":[{"op":"move","from":"/a","path":""}],"expected":[1]},
  {"doc":{"a":[1]},"patch":[{"op":"copy","from":"","path":"/b"}],
   "expected":{"a":[1],"b":{"a":[1]}}},
  {"doc":{"a":1},"patch":[{"op":"remove","path":""}],"error":true},
  {"doc":{"a~":1},"patch":[{"op":"remove","path":"/a~"}],"error":true},
  {"doc":{"a~2":1},"patch":[{"op":"remove","path":"/a~2"}],"error":true},
  {"doc":{"a":1},"patch":[{"op":"replace","path":"/b","value":1}],"error":true},
  {"doc":{"a":1},"patch":[{"op":"test","path":"/b","value":null}],"error":true},
  {"doc":{"a":1},"patch":[{"op":"test","path":"/a","value":1.0}],"expected":{"a":1}},
  {"doc":["a"],"patch":[{"op":"remove","path":"/-"}],"error":true},
  {"doc":["a"],"patch":[{"op":"replace","path":"/+0","value":1}],"error":true},
  {"doc":{"a":1},"patch":[{"op":"replace","path":"","value":null}],"expected":null},
  {"doc":{"a":1},"patch":[{"op":"replace","path":"","value":false}],"expected":false},
  {"doc":false,"patch":[{"op":"test","path":"","value":false}],"expected":false},
  {"doc":"text","patch":[{"op":"add","path":"/len","value":1}],"error":true}
]
]==])) do
      if not case.error and case.expected == nil then case.expected = json.null end
      check(case, true)
    end
  end)
end)
