local json = require("kube.json")

local has_integers = math.type ~= nil
local ffi = type(rawget(_G, "jit")) == "table" and require("ffi")

local function decode(text, options)
  local value, err = json.decode(text, options)
  if value == nil then error(err.message, 2) end
  return value
end
local function encode(value, options) return assert(json.encode(value, options)) end
local function again(text) return encode(decode(text), { sort_keys = true }) end

local function fails(message, ...)
  local text, err = json.encode(...)
  assert.is_nil(text)
  assert.equal("BadRequest", err.reason)
  assert.equal(message, err.message)
end

describe("json.decode", function()
  it("gives plain values", function()
    assert.equal("a", decode('"a"'))
    assert.equal(12, decode(" 12 "))
    assert.equal(-0.5, decode("-0.5"))
    assert.is_true(decode("true"))
    assert.is_false(decode("false"))
    assert.equal(json.null, decode("null"))
    assert.equal("web", decode('{"metadata":{"name":"web"}}').metadata.name)
    assert.equal("b", decode('[["a"],["b"]]')[2][1])
  end)

  it("resolves escapes", function()
    assert.equal('"\\/\b\f\n\r\t', decode([["\"\\\/\b\f\n\r\t"]]))
    assert.equal("\195\169 \226\130\172 \240\159\152\128", decode([["\u00e9 \u20AC \ud83d\ude00"]]))
    assert.equal("a\0b", decode([["a\u0000b"]]))
    assert.equal("\239\191\189", decode([["\ud800"]]))
    assert.equal(1, decode([[{"\u0061b":1}]]).ab)
    local long = ("x"):rep(5000)
    assert.equal(long .. "\n" .. long, decode('"' .. long .. "\\n" .. long .. '"'))
  end)

  it("says where a text is broken", function()
    for text, offset in pairs({
      ["[1,]"] = 3, ['{"a" 1}'] = 5, ["[01]"] = 1, ['"\\x"'] = 1, [""] = 0, ["tru"] = 0,
      ["{} x"] = 3,
      ['{"a":1,}'] = 7, ["[1}"] = 2, ['"a\nb"'] = 2, ['"\255"'] = 1, ["1e999"] = 0, ["[1"] = 2,
      ['{"a":nul}'] = 5, ["{1:2}"] = 1, ['{"a":[1,2}'] = 9,
    }) do
      local value, err = json.decode(text)
      assert.is_nil(value)
      assert.equal("Decode", err.reason)
      assert.equal(offset, err.offset)
      assert.truthy(err.message:find("at offset " .. offset .. ":", 1, true))
    end
  end)

  it("nests to 512 and not further", function()
    assert.truthy(decode(("["):rep(512) .. ("]"):rep(512)))
    assert.is_nil((json.decode(("["):rep(513) .. ("]"):rep(513))))
    local objects = ('{"a":'):rep(512) .. "1" .. ("}"):rep(512)
    assert.equal(objects, encode(decode(objects)))
    assert.is_nil((json.decode('{"a":' .. objects .. "}")))
    local broad = ("[1,2,3,{\"a\":1,\"b\":2,\"c\":["):rep(170) .. ("]}]"):rep(170)
    assert.equal(again(broad), again(again(broad)))
  end)

  it("works deep down in a coroutine", function()
    local text = ("["):rep(512) .. ("]"):rep(512)
    local co = coroutine.wrap(function() return encode(decode(text)) end)
    assert.equal(text, co())
  end)

  it("takes containers of any size", function()
    for _, n in ipairs({ 1, 2, 3, 127, 128, 129, 255, 256, 257, 511, 513, 5000 }) do
      local numbers, members = {}, {}
      for i = 1, n do
        numbers[i] = tostring(i)
        members[i] = ('"k%d":%d'):format(i, i)
      end
      local list = decode("[" .. table.concat(numbers, ",") .. "]")
      assert.equal(n, #list)
      for i = 1, n do assert.equal(i, list[i]) end
      local object = decode("{" .. table.concat(members, ", ") .. "}")
      for i = 1, n do assert.equal(i, object["k" .. i]) end
    end
  end)

  it("lets the last of a name count in objects of any size, however it is written", function()
    local function written(name, seed) -- some names with an escape in them
      if seed % 3 ~= 0 then return name end
      return ("\\u%04x"):format(name:byte(1)) .. name:sub(2)
    end
    for n = 1, 400, 7 do
      local parts, want = {}, {}
      for i = 1, n do
        local name = "k" .. (i * 31) % (n > 5 and n - 3 or n)
        parts[i] = ('"%s":%d'):format(written(name, i), i)
        want[name] = i
      end
      assert.same(want, decode("{" .. table.concat(parts, ",") .. "}"))
    end
  end)

  it("lets the last of two members of one name count, as Go does", function()
    assert.equal(2, decode('{"a":1,"a":2}').a)
  end)

  it("refuses options it does not know", function()
    assert.has_error(function() json.decode("1", { field = {} }) end, "unknown option 'field'")
    assert.has_error(function() json.decode("1", { strip_managed_fields = 1 }) end)
    assert.has_error(function() json.decode("1", { fields = { "a[0]" } }) end)
    assert.has_error(function() json.decode("1", { fields = { "" } }) end)
    assert.has_error(function() json.encode(1, { sorted = true }) end, "unknown option 'sorted'")
  end)
end)

describe("json keeps", function()
  it("integers of 64 bits", function()
    for _, text in ipairs({ "0", "1", "-1", "9007199254740991", "9007199254740992",
      "-9007199254740992" }) do
      assert.equal(text, again(text))
    end
    if not (has_integers or ffi) then return end
    for _, text in ipairs({ "9007199254740993", "-9007199254740993", "9223372036854775807",
      "-9223372036854775808", "4294967296000000001", "-4294967297000000001" }) do
      assert.equal(text, again(text))
      assert.equal("[" .. text .. "]", again("[" .. text .. "]"))
    end
  end)

  it("floats as floats where there are integers", function()
    assert.equal(has_integers and "-0.0" or "-0", again("-0.0"))
    assert.equal(has_integers and "1.0" or "1", again("1.0"))
    assert.equal(has_integers and "100.0" or "100", again("1e2"))
    assert.equal("1e+21", again("1e21"))
    assert.equal("0.1", again("0.1"))
    assert.equal("0", again("-0"))
    assert.equal(2 ^ 63, decode("9223372036854775808"))
    assert.equal(2 ^ 64, decode("18446744073709551616"))
    assert.equal(1 / 3, decode(again(encode(1 / 3))))
  end)

  it("empty arrays and empty objects apart", function()
    assert.equal('{"a":[],"o":{}}', again('{"a":[],"o":{}}'))
    assert.equal("[[],{},[{}]]", again("[[],{},[{}]]"))
    assert.is_true(json.is_array(decode("[]")))
    assert.is_false(json.is_array(decode("{}")))
    assert.equal("[]", encode(json.array()))
    assert.equal("[]", encode(json.array({})))
    assert.equal("{}", encode({}))
    local mine = {}
    assert.equal(mine, json.array(mine))
  end)

  it("null members out of the table, and writes them back", function()
    local object = decode('{"b":null,"a":1,"c":null}')
    assert.is_nil(object.b)
    assert.equal("a", next(object))
    assert.is_nil(next(object, "a"))
    assert.same({ "b", "c" }, json.nulls(object))
    assert.equal('{"a":1,"b":null,"c":null}', encode(object, { sort_keys = true }))
    assert.same({ b = json.null, a = 1, c = json.null }, (function()
      local seen = {}
      for name, value in encode(object):gmatch('"(%w)":(%w+)') do
        seen[name] = value == "null" and json.null or tonumber(value)
      end
      return seen
    end)())
    object.b = "set"
    assert.same({ "c" }, json.nulls(object))
    assert.equal('{"a":1,"b":"set","c":null}', encode(object, { sort_keys = true }))
    object.b = nil
    assert.equal('{"a":1,"b":null,"c":null}', encode(object, { sort_keys = true }))
    assert.truthy(tostring(object):find("^table: "))
  end)

  it("one metatable for each set of null names", function()
    local one, two = decode('{"b":null,"a":null}'), decode('{"a":null,"x":1,"b":null,"a":null}')
    assert.equal(getmetatable(one), getmetatable(two))
    assert.equal(getmetatable(decode('{"a":null}')), getmetatable(decode('{"a":null,"y":{}}')))
    assert.not_equal(getmetatable(one), getmetatable(decode('{"a":null}')))
    assert.is_nil(getmetatable(decode('{"a":1}')))
  end)

  it("null elements where they are", function()
    local list = decode("[null,1,null]")
    assert.equal(3, #list)
    assert.equal(json.null, list[1])
    assert.equal("[null,1,null]", encode(list))
    assert.equal('{"a":null}', encode({ a = json.null }))
    assert.equal('[{"a":null}]', again('[{"a":null}]'))
    assert.equal("null", again("null"))
  end)
end)

describe("json.encode", function()
  it("writes tables with the keys 1..n as arrays", function()
    assert.equal('[1,"a",[true]]', encode({ 1, "a", { true } }))
    assert.equal('{"1":2}', encode({ ["1"] = 2 }))
  end)

  it("names the path of what has no JSON", function()
    fails("cannot encode spec.containers: a table with both array and object keys",
      { spec = { containers = { 1, name = 2 } } })
    fails("cannot encode the value: an array with holes", { [1] = 1, [3] = 3 })
    fails("cannot encode the value: a key that is no index", { [1.5] = 1 })
    fails("cannot encode the value: a key that is no index", { [0] = 1 })
    fails("cannot encode the value: a table with both array and object keys", { [true] = 1 })
    fails("cannot encode the value: a table with both array and object keys", json.array({ a = 1 }))
    fails("cannot encode a[2].b: a function", { a = { 1, { b = print } } })
    fails("cannot encode labels['a.b/c']: a thread",
      { labels = { ["a.b/c"] = coroutine.create(function() end) } })
    fails("cannot encode the value: a userdata", io.stdout)
    fails("cannot encode [1]: a number that is not finite", { 0 / 0 })
    fails("cannot encode n: a number that is not finite", { n = -math.huge })
  end)

  it("refuses strings that are not UTF-8 and does not show them", function()
    fails("cannot encode data.password: a string that is not UTF-8",
      { data = { password = "hunter2\255" } })
    local text, err = json.encode({ ["key\255"] = 1 })
    assert.is_nil(text)
    assert.truthy(err.message:find("not UTF-8", 1, true))
  end)

  it("stops at cycles", function()
    local cycle = {}
    cycle.a = cycle
    local text, err = json.encode(cycle)
    assert.is_nil(text)
    assert.truthy(err.message:find("nested deeper than 512", 1, true))
    local deep = json.array()
    for _ = 2, 512 do deep = { deep } end
    assert.equal(("["):rep(512) .. ("]"):rep(512), encode(deep))
    assert.is_nil((json.encode({ deep })))
  end)

  it("escapes what must be escaped", function()
    assert.equal([["\"\\\b\f\n\r\t\u0000\u001f/]] .. "\127\195\169\"",
      encode('"\\\b\f\n\r\t\0\031/\127\195\169'))
  end)

  it("is pretty on demand", function()
    assert.equal('{\n  "a": [\n    1,\n    {}\n  ],\n  "b": []\n}',
      encode({ b = json.array(), a = { 1, {} } }, { indent = 2, sort_keys = true }))
  end)

  it("writes integers in floats as integers where the Lua has none", function()
    if has_integers then return end
    assert.equal("[1,-3,9007199254740992,0.5]", encode({ 1, -3, 2 ^ 53, 0.5 }))
  end)

  it("writes LuaJIT's 64 bit integers exactly", function()
    if not ffi then return end
    assert.equal("[1,-9223372036854775808,18446744073709551615]",
      encode({ ffi.new("int64_t", 1), ffi.new("int64_t", -2 ^ 63), ffi.new("uint64_t", 0) - 1 }))
    fails("cannot encode x: a cdata", { x = ffi.new("int[2]") })
  end)

  it("honours what lua-cjson marks", function()
    local before = package.loaded.cjson
    local fake = { array_mt = {}, empty_array_mt = {} }
    package.loaded.cjson = fake
    assert.equal("[]", encode(setmetatable({}, fake.array_mt)))
    assert.equal("[]", encode(setmetatable({}, fake.empty_array_mt)))
    assert.equal('{"a":1}', encode(setmetatable({ a = 1 }, fake.empty_array_mt)))
    assert.equal("{}", encode(setmetatable({}, {})))
    package.loaded.cjson = before
  end)

  it("runs no metamethod", function()
    local function boom() error("called") end
    local object = setmetatable({ a = 1 }, { __index = boom, __pairs = boom, __len = boom })
    assert.equal('{"a":1}', encode(object))
  end)
end)

describe("the options of decode", function()
  local pod = '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web",'
    .. '"managedFields":[{"a":"]"}],"z":1},"spec":{"managedFields":1},'
    .. '"status":{"phase":"Running","conditions":null,'
    .. '"containerStatuses":[{"name":"a","restartCount":1},{"restartCount":2,"x":[]}]}}'

  it("strip managedFields where Kubernetes has them", function()
    local strip = { strip_managed_fields = true }
    local object = decode(pod, strip)
    assert.is_nil(object.metadata.managedFields)
    assert.equal(1, object.metadata.z)
    assert.equal(1, object.spec.managedFields)
    local list = decode('{"metadata":{},"items":[' .. pod .. "]}", strip)
    assert.is_nil(list.items[1].metadata.managedFields)
    assert.equal("web", list.items[1].metadata.name)
    assert.truthy(decode(pod).metadata.managedFields)
  end)

  it("decode only the fields", function()
    local fields = { "metadata.name", "status.containerStatuses.restartCount", "nothing.here" }
    local want = '{"metadata":{"name":"web"},"status":{"containerStatuses":'
      .. '[{"restartCount":1},{"restartCount":2}]}}'
    assert.equal(want, encode(decode(pod, { fields = fields }), { sort_keys = true }))
    local compiled = json.projection(fields)
    collectgarbage()
    assert.equal(want, encode(decode(pod, { fields = compiled }), { sort_keys = true }))
  end)

  it("take a whole field that is asked for in part too", function()
    local got = decode('{"a":{"b":1,"c":2},"x.y":3}', { fields = { "a.b", "a", "['x.y']" } })
    assert.equal('{"a":{"b":1,"c":2},"x.y":3}', encode(got, { sort_keys = true }))
    assert.equal("{}", encode(decode('{"a":"text"}', { fields = { "a.b" } })))
    assert.equal("{}", encode(decode('{"a":1}', { fields = {} })))
  end)

  it("keep a null that is asked for", function()
    local got = decode('{"a":null,"b":null}', { fields = { "a" } })
    assert.equal('{"a":null}', encode(got))
  end)

  it("add apiVersion and kind when they are missing", function()
    local options = { api_version = "v1", kind = "Pod" }
    local object = decode('{"metadata":{"kind":"x"}}', options)
    assert.equal("v1", object.apiVersion)
    assert.equal("Pod", object.kind)
    object = decode('{"kind":"Node"}', options)
    assert.equal("Node", object.kind)
    object = decode('{"kind":"Node","a":1}', { api_version = "v1", kind = "Pod", fields = { "a" } })
    assert.equal("Node", object.kind)
    assert.equal("v1", object.apiVersion)
    assert.equal(1, decode("1", options))
  end)
end)

describe("random values", function()
  local random
  local strings = { "", "a", "name", "\195\169", "\0", '"\\', "\240\159\152\128", ("k"):rep(300) }
  local numbers = { 0, 1, -1, 420, 2 ^ 31, -2 ^ 53, 0.1, -1.5e-300, 1e21, 1 / 3 }

  local function value(depth)
    local kind = random(depth > 4 and 4 or 7)
    if kind == 1 then return strings[random(#strings)] end
    if kind == 2 then return numbers[random(#numbers)] end
    if kind == 3 then return random(2) == 1 end
    if kind == 4 then return json.null end
    local t = {}
    if kind == 5 then
      for i = 1, random(6) - 1 do t[i] = value(depth + 1) end
      return json.array(t)
    end
    for _ = 1, random(6) - 1 do
      t[strings[random(#strings)] .. random(9)] = value(depth + 1)
    end
    return t
  end

  it("come back the same", function()
    math.randomseed(42)
    random = math.random
    for _ = 1, 2000 do
      local text = encode(value(1), { sort_keys = true })
      assert.equal(text, again(text))
      assert.equal(#text, #encode(decode(text)))
      local pretty = encode(decode(text), { sort_keys = true, indent = 3 })
      assert.equal(text, again(pretty))
    end
  end)

  it("cut short are no value", function()
    math.randomseed(7)
    random = math.random
    for _ = 1, 50 do
      local text = encode(json.array({ value(1) }))
      for cut = 0, #text - 1 do assert.is_nil((json.decode(text:sub(1, cut)))) end
    end
  end)
end)
