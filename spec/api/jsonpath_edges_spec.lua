-- What client-go v0.36.3 (util/jsonpath) prints, or says to be wrong, at the edges of its dialect:
-- these were run there, over the same object, members in the order of their names.
local json = require("kube.json")
local jsonpath = require("kube.api.jsonpath").adopt(json)

local OBJECT = assert(json.decode [==[
  {"a": [{"n": "x", "v": 1, "c": [{"p": 1}, {"p": 2}]}, {"n": "y", "v": 2, "c": []},
         {"n": "z", "v": 3, "o": null}],
   "f": [1.5, 1e21, 12345678.5], "small": 0.00001, "i": [1000000, 9007199254740993, -5],
   "s": "hi", "t": true, "e": {}, "l": [], "z": null, "h": "<&>",
   "m": {"k.io/h": "v", "b": [1, [2]]}}
]==])

local function run(template, given)
  local path, err = jsonpath.parse(template)
  if not path then return nil, err end
  return path:print(OBJECT, given)
end

--- Integers above 2^53 are exact where there are such: not on 5.1.
local function as_here(text)
  return (text:gsub("9007199254740993", json.encode(json.decode("9007199254740993"))))
end

local MISSING = { allow_missing_keys = true }

-- template, what is printed
local PRINTED = {
    { "{.s}}", "hi}" },
    { "}{.s}", "}hi" },
    { "{.a[]}", '{"c":[{"p":1},{"p":2}],"n":"x","v":1}' },
    { "{.a[].n}", "x" },
    { "{.a[:]}",
      '{"c":[{"p":1},{"p":2}],"n":"x","v":1} {"c":[],"n":"y","v":2} {"n":"z","o":null,"v":3}' },
    { "{.a[1:1].n}", "" },
    { "{.a[-1:].n}", "z" },
    { "{.a[::].n}", "x y z" },
    { "{.a[0:3:2].n}", "x z" },
    { "{.a[1,0].n}", "y x" },
    { "{.a[*]['n','v']}", "x y z 1 2 3" },
    { "{.z[0]}", "" },
    { "{.z}", "null" },
    { "{.a[*].o}", "null" },
    { "{.s.*}", "104 105" },
    { "{.m..}", '{"b":[1,[2]],"k.io/h":"v"} [1,[2]] [2] v' },
    { "{.m.*}", "[1,[2]] v" },
    { "{..p}", "1 2" },
    { "{.*.*.n}", "x y z" },
    { "{.f[*]}", "1.5 1e+21 1.23456785e+07" },
    { "{.i[*]}", "1000000 9007199254740993 -5" },
    { "{.h}{.m}", '<&>{"b":[1,[2]],"k.io/h":"v"}' },
    { "{.e}{.l}", "{}[]" },
    { "{['m']['k\\.io/h']}", "v" },
    { "{.m.k\\.io/h}", "v" },
    { "{.a[?(@.v>1)].n}", "y z" },
    { "{.a[?(@.v>=2)].n}", "y z" },
    { "{.a[?(@.v<=2)].n}", "x y" },
    { "{.a[?(@.v!=2)].n}", "x z" },
    { '{.a[?(@.n=="y")].v}', "2" },
    { "{.a[?(@.n=='y')].v}", "2" },
    { '{.a[?(@.n>"x")].v}', "2 3" },
    { '{.a[?("y"==@.n)].v}', "2" },
    { "{.a[?(@.c)].n}", "x y" },
    { "{.a[?(@.c[5])].n}", "x y" },
    { "{.a[?(foo)].n}", "x y z" },
    { "{.a[?(@.v==@.v)].n}", "x y z" },
    { '{.a[?(@.n=="\\"")].v}', "" },
    { '{.a[?(@.n==")")].v}', "" },
    { "{.t..}", "" },
    { "{range .a[*]}{.n}{end}{.s}", "xyzhi" },
    { "{range .a[?(@.v>1)]}{.n} {end}", "y z " },
    { "{range .a}{@}{end}",
      '[{"c":[{"p":1},{"p":2}],"n":"x","v":1},{"c":[],"n":"y","v":2},{"n":"z","o":null,"v":3}]' },
    { "{true}{false}{1}{-2.50}{+3}", "truefalse1-2.53" },
    { "{1 2}", "2" },
    { "{.a 1}", "1" },
    { '{"a" "b"}', "b" },
    { '{"\\t\\u00e9\\x41\\101"}', "\téAA" },
    { "{'\\''}{\"'\"}", "''" },
    { "{.a[?()]}",
      '{"c":[{"p":1},{"p":2}],"n":"x","v":1} {"c":[],"n":"y","v":2} {"n":"z","o":null,"v":3}' },
    { "{...n}", "x y z" },
    { "{..n..}", "x y z" },
    { "{$.s}{@.s}{$@.s}", "hihihi" },
    { "{ .s }", "hi" },
}

-- template, what is wrong, whether missing keys are allowed or not
local FAULTY = {
    { "{{.s}}", "unrecognized character in action: U+007B '{'" },
    { '{.a[*]["n"]}', 'invalid array index "n"' },
    { "{.s[0]}", "string is not array or slice" },
    { "{.t[0]}", "bool is not array or slice" },
    { "{.i[0][0]}", "int64 is not array or slice" },
    { "{.m[0]}", "map[string]interface {} is not array or slice" },
    { "{..*}", "unrecognized character in action: U+002A '*'" },
    { "{.a[?(@.n==y)].v}", "unrecognized identifier y" },
    { '{.a[?(@.n=="y"&&@.v==2)].n}', "unrecognized character in action: U+0026 '&'" },
    { "{.a[?(@.v=2)].n}", "unrecognized filter operator =" },
    { '{.a[?(@.v=="2")].n}', "incompatible types for comparison" },
    { "{.a[?(@.v==true)].n}", "incompatible types for comparison" },
    { "{.a[?(@.c[*].p==1)].n}", "can only compare one element at a time" },
    { "{.a[?(@.c==1)].n}", "invalid type for comparison" },
    { '{.a[?(@.*=="x")].n}', "can only compare one element at a time" },
    { "{.z[?(@.x)]}", "<nil> is not array or slice and cannot be filtered" },
    { '{.a[?(@.n=="(" || @.n==")")].v}', "unclosed array expect ]" },
    { "{.a[?(@.v<true)].n}", "incompatible types for comparison" },
    { "{range .s}{@}{end}{end}", "not in range, nothing to end" },
    { "{end}", "not in range, nothing to end" },
    { "{range .a[*]}[{.n}]{end}{end}", "not in range, nothing to end" },
    { "{foo}", "unrecognized identifier foo" },
    { '{"\\q"}', 'unquote string "\\q" error invalid syntax' },
    { '{"a', "unterminated quoted string" },
    { '{"\\\\"}', "unterminated quoted string" },
    { "{+}", "cannot parse number +" },
    { "{1.2.3}", "cannot parse number 1.2.3" },
    { "{.a,.b}", "unrecognized character in action: U+002C ','" },
    { "{!}", "unrecognized character in action: U+0021 '!'" },
    { "{a-b}", "unrecognized identifier a-b" },
    { "{.s\t}", "unrecognized character in action: U+0009" },
    { "{.s", "unclosed action" },
    { "{.a[1}", "unterminated array" },
    { "{.a[x]}", "invalid array index x" },
    { "{.a[-]}", "array index - is not a number" },
    { "{.a[1:2:3:4]}", "invalid array index 1:2:3:4" },
    { "{.a[99999999999999999999]}", "array index 99999999999999999999 is not a number" },
    { "{.a[9]}", "array index out of bounds: index 9, length 3" },
    { "{.a[-9]}", "array index out of bounds: index -6, length 3" },
    { "{.a[2:1]}", "starting index 2 is greater than ending index 1" },
    { "{.a[0:9]}", "array index out of bounds: index 8, length 3" },
    { "{.a[0:2:0]}", "step must be > 0" },
    { "{.a['n}", "unterminated array" },
    { "{.a[?(@.n]}", "unterminated filter" },
    { "{.a[?(@.n)}", "unclosed array expect ]" },
    { '{.a[?(@.n=="y)]}', "unterminated filter" },
    { "{....}", "invalid multiple recursive descent" },
    { "{.a....n}", "invalid multiple recursive descent" },
}

-- template, what is wrong, what it is when missing keys are allowed ("E:" another fault)
local MISSED = {
    { "{.}", " is not found", "" },
    { "{.a['n']}", "n is not found", "" },
    { "{.z.x}", "x is not found", "" },
    { "{.m['k.io/h']}", "k is not found", "" },
    { "{.a[?(@.o==1)].n}", "o is not found", "E:invalid type for comparison" },
    { "{range .a[*]}{.n}", "n is not found", "xyz" },
    { "{range .a[*]}{.n}:{range .c[*]}{.p},{end};{end}", "p is not found", "x:1,2,;y:;z:;" },
    { "{range .l[*]}{.n}{end}-", "n is not found", "-" },
    { "{.nope}", "nope is not found", "" },
    { "{.nope.x[0]}", "nope is not found", "" },
    { "{.a[*].nope}", "nope is not found", "" },
}

describe("a template", function()
  it("prints what kubectl prints", function()
    for _, case in ipairs(PRINTED) do
      assert.same({ case[1], as_here(case[2]) }, { case[1], assert(run(case[1])) })
      assert.equal(as_here(case[2]), assert(run(case[1], MISSING)))
    end
  end)

  it("fails as kubectl fails", function()
    for _, case in ipairs(FAULTY) do
      for _, given in ipairs { {}, MISSING } do
        local text, err = run(case[1], given)
        assert.is_nil(text)
        assert.same({ case[1], case[2], "BadRequest" }, { case[1], err.message, err.reason })
      end
    end
  end)

  it("passes over what is missing when that is allowed", function()
    for _, case in ipairs(MISSED) do
      local text, err = run(case[1])
      assert.is_nil(text)
      assert.equal(case[2], err.message)
      text, err = run(case[1], MISSING)
      assert.same({ case[1], case[3] }, { case[1], text or "E:" .. err.message })
    end
  end)

  it("gives the same each time, also with a range", function()
    local path = assert(jsonpath.parse("{range .a[*]}{.n}{end}{.s}"))
    for _ = 1, 3 do assert.equal("xyzhi", assert(path:print(OBJECT))) end
  end)

  it("differs from kubectl where its tables say so", function()
    assert.equal("string is not array or slice and cannot be filtered",
      select(2, run("{.s[?(@.x)]}")).message)
    assert.equal("null", assert(run("{range .z}{@}{end}")))
    assert.equal("", assert(run("{range .l[*]}{[0]}{end}")))
    assert.equal("x y", assert(run("{.a[?(@.v<2.5)].n}")))
    assert.equal('{"b":[1,[2]],"k.io/h":"v"} [1,[2]] [2] v', assert(run("{.m..}")))
    local cycle = {}
    cycle.again = cycle
    assert.equal("nested too deep", select(2, jsonpath.find("{..}", cycle)).message)
    assert.equal("unrecognized character in action: U+201C '\226\128\156'",
      select(2, run("{\226\128\156x}")).message)
    assert.equal("unrecognized character in action: U+FFFD '\239\191\189'",
      select(2, run("{\255}")).message)
    assert.equal("v", assert(jsonpath.find("{.\195\169}", { ["\195\169"] = "v" }))[1])
  end)
end)
