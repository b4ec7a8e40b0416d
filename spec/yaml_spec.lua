local json = require("kube.json")
local kube = require("kube")
local yaml = require("kube.yaml")

local function encode(value) return assert(json.encode(value, { sort_keys = true })) end

--- The JSON of the one document of a text.
local function to_json(text) return encode(assert(yaml.load(text))) end

local function fails(text)
  local value, err = yaml.load_all(text)
  assert.is_nil(value)
  assert.equal("Decode", err.reason)
  return err.message
end

describe("yaml.load", function()
  it("gives an object as plain tables", function()
    local pod = assert(yaml.load([[
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web, "quoted": 'single'}
spec:
  containers:
  - name: app
    image: nginx:1.27
    ports:
    - containerPort: 80
    args: ["-c", "echo hello"]
    env: []
  nodeSelector: {}
]]))
    assert.equal("Pod", pod.kind)
    assert.same({ app = "web", quoted = "single" }, pod.metadata.labels)
    assert.equal(80, pod.spec.containers[1].ports[1].containerPort)
    assert.equal('{"args":["-c","echo hello"],"env":[],"image":"nginx:1.27","name":"app",'
      .. '"ports":[{"containerPort":80}]}', encode(pod.spec.containers[1]))
    assert.equal("{}", encode(pod.spec.nodeSelector))
  end)

  it("reads scalars as Kubernetes does: YAML 1.1", function()
    assert.equal('{"a":true,"b":false,"c":true,"d":"y"}',
      to_json("{a: yes, b: off, c: on, d: 'y'}"))
    assert.equal('{"a":15,"b":15,"c":255,"d":1000,"e":5}',
      to_json("{a: 017, b: 0o17, c: 0xff, d: 1_000, e: 0b101}"))
    assert.equal('{"a":"2001-01-01","b":"1.2.3","c":"1e","d":"v1"}',
      to_json("{a: 2001-01-01, b: 1.2.3, c: 1e, d: v1}"))
    assert.equal('{"a":"017","b":"yes","c":"1"}', to_json([[{a: "017", b: 'yes', c: !!str 1}]]))
  end)

  it("keeps what is null, and leaves it out of the table", function()
    local value = assert(yaml.load("a: null\nb: ~\nc:\nd: 'null'"))
    assert.is_nil(value.a)
    assert.same({ d = "null" }, value)
    assert.equal('{"a":null,"b":null,"c":null,"d":"null"}', encode(value))
  end)

  it("reads blocks of text", function()
    local value = assert(yaml.load("a: |\n  one\n  two\nb: >-\n  one\n  two\nc: |+\n  x\n\n"))
    assert.equal("one\ntwo\n", value.a)
    assert.equal("one two", value.b)
    assert.equal("x\n\n", value.c)
  end)

  it("follows anchors and merges", function()
    assert.equal('{"a":{"x":1},"b":{"x":1,"z":2}}',
      to_json("a: &base {x: 1}\nb:\n  <<: *base\n  z: 2"))
  end)

  it("makes texts of keys", function()
    assert.equal('{"1":2,"true":3}', to_json("1: 2\ntrue: 3"))
  end)

  it("takes JSON as well", function()
    assert.equal('{"a":[1,{"b":null}],"c":"\\n"}', to_json('{"a":[1,{"b":null}],"c":"\\n"}'))
  end)

  it("wants one document", function()
    local value, err = yaml.load("a: 1\n---\nb: 2\n")
    assert.is_nil(value)
    assert.equal("Decode", err.reason)
    assert.truthy(err.message:find("2 documents instead of one", 1, true))
    value, err = yaml.load("# nothing\n")
    assert.is_nil(value)
    assert.truthy(err.message:find("0 documents instead of one", 1, true))
    assert.equal('{"a":1}', to_json("---\na: 1\n---\n"))
  end)
end)

describe("yaml.load_all", function()
  it("gives the documents in their order, without the empty ones", function()
    local documents = assert(yaml.load_all([[
# a comment
---
---
kind: A
---
null
---
kind: B
...
---
kind: C
]]))
    local kinds = {}
    for i, document in ipairs(documents) do kinds[i] = document.kind end
    assert.same({ "A", "B", "C" }, kinds)
  end)

  it("gives an empty list for an empty text", function()
    for _, text in ipairs { "", "\n", "---\n", "---\n---\n", "# nothing", "null" } do
      assert.same({}, assert(yaml.load_all(text)))
    end
  end)

  it("says in which line and column a text is broken", function()
    for text, place in pairs {
      ["a: [1,\nb: }"] = "line 2, column 4: ", ["a: 1\n\tb: 2"] = "line 2, column 1: ",
      ["a: *x"] = "line 1, column 4: an alias to an anchor that is not there",
      ["a: &x [*x]"] = "line 1, column 8: an alias to what it is a part of",
      ["a: 1\n---\nb: [\n"] = "line 4, column 1: ", ["a: .inf"] = "line 1, column 4: ",
      ["? {a: b}\n: 1"] = "line 1, column 3: a key that is no scalar", ["a: \255"] = "line 1, ",
    } do
      local message = fails(text)
      assert.equal(place, message:sub(1, #place))
    end
  end)

  it("does not blow up at a bomb of aliases", function()
    local lines = { "a0: &a0 [x,x,x,x,x,x,x,x,x,x]" }
    for i = 1, 9 do
      lines[#lines + 1] = string.format("a%d: &a%d [%s]", i, i,
        ("*a" .. (i - 1) .. ","):rep(10):sub(1, -2))
    end
    fails(table.concat(lines, "\n"))
  end)

  it("does not nest without an end", function()
    fails(("["):rep(100000))
    fails(("- "):rep(100000))
  end)

  it("throws at what is no text, at the caller's line", function()
    for _, load in ipairs { yaml.load, yaml.load_all } do
      local line = debug.getinfo(1, "l").currentline + 1
      local ok, message = pcall(function() local _ = load(nil) end)
      assert.is_false(ok)
      assert.truthy(message:find("yaml_spec.lua:" .. line .. ": ", 1, true), message)
      assert.truthy(message:find("the text must be a string, not nil", 1, true))
    end
  end)
end)

describe("yaml.dump", function()
  it("writes as kubectl does: names sorted, lists not indented, texts as blocks", function()
    assert.equal([[
apiVersion: v1
data:
  empty: ""
  lines: |
    one
    two
kind: ConfigMap
list:
- name: a
- b
none: []
nothing: {}
]], yaml.dump {
      kind = "ConfigMap", apiVersion = "v1", data = { lines = "one\ntwo\n", empty = "" },
      list = { { name = "a" }, "b" }, nothing = {}, none = kube.array {},
    })
  end)

  it("quotes what would be read as something else", function()
    local odd = { "yes", "no", "on", "y", "null", "~", "", "017", "1e3", "0x1f", "1_000", "12:30",
      "2001-01-01", ".inf", "- a", "a: b", "a #b", "#a", "*a", "&a", "!a", "%a", "@a", "`a", "{",
      "[", "]", ",", "? a", "|", ">", "'", '"', " a", "a ", "\ta", "a\n", "\n", "a\n\nb", "  a\nb",
      "a\r\nb", "\0", "\27", "\127", "\194\133", "\226\128\168", "\239\187\191", "=", "<<", "---",
      "...", "true", "\195\169", "\240\159\152\128", ("long "):rep(100), "a:", ":a", "-", "\\" }
    for _, text in ipairs(odd) do
      local dumped = assert(yaml.dump { value = text, [text] = 1, list = { text } })
      local again = assert(yaml.load(dumped))
      assert.equal(text, again.value)
      assert.equal(text, again.list[1])
      assert.equal(text == "value" and text or 1, again[text])
    end
  end)

  it("is read back as what it was", function()
    for _, text in ipairs {
      "{}", "[]", '"text"', "12", "true", '{"a":[],"b":{},"c":[[],[[]],{}]}',
      '{"a":null,"b":[null,1,null]}', '[{"a":1,"b":[{"c":[1,2,{"d":"e"}]}]}]',
      '{"a":1.5,"b":-7,"c":1e300,"d":4503599627370497}',
      '{"":"","a b":"c d","a.b/c":"x","nested":{"":{"":[]}}}',
    } do
      local value = assert(json.decode(text))
      local dumped = assert(yaml.dump(value))
      local again = assert(yaml.load(dumped))
      assert.equal(encode(value), encode(again), dumped)
      assert.equal(dumped, yaml.dump(again))
    end
  end)

  it("of several documents is read back by load_all", function()
    local documents = { { kind = "A", n = 1 }, { kind = "B", list = { 1, 2 } } }
    local texts = {}
    for i, document in ipairs(documents) do texts[i] = assert(yaml.dump(document)) end
    assert.same(documents, assert(yaml.load_all(table.concat(texts, "---\n"))))
  end)

  it("writes random values that are read back", function()
    math.randomseed(11)
    local alphabet = { "a", " ", ":", "-", "#", "\n", "'", '"', "\\", "0", ".", "{", "[", "\t",
      "\195\169", "!", "&", "|", ",", "?" }
    local function text()
      local pieces = {}
      for i = 1, math.random(0, 12) do pieces[i] = alphabet[math.random(#alphabet)] end
      return table.concat(pieces)
    end
    local function value(depth)
      local kind = depth > 3 and 1 or math.random(4)
      if kind == 1 then return text() end
      if kind == 2 then return math.random(-1000, 1000) end
      local made = kind == 3 and kube.array {} or {}
      for i = 1, math.random(0, 4) do made[kind == 3 and i or text()] = value(depth + 1) end
      return made
    end
    for _ = 1, 500 do
      local random = { value = value(1) }
      local dumped = assert(yaml.dump(random))
      assert.equal(encode(random), encode(assert(yaml.load(dumped))), dumped)
    end
  end)

  it("is an error for what has no YAML", function()
    local text, err = yaml.dump { a = print }
    assert.is_nil(text)
    assert.equal("BadRequest", err.reason)
  end)
end)
