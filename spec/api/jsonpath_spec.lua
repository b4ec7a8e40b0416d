-- The tables are those of client-go v0.36.3, util/jsonpath/jsonpath_test.go, with what are structs
-- there as JSON, and so with their members in the order of their names.
local json = require("kube.json")
local jsonpath = require("kube.api.jsonpath").adopt(json)

local function decode(text) return assert(json.decode(text)) end

local MISSING = { allow_missing_keys = true }

local function run(template, object, given)
  return assert(jsonpath.parse(template)):print(object, given)
end

--- Rows of { template, what is printed | false for an error }.
local function check(rows, object, given)
  for _, row in ipairs(rows) do
    local text = run(row[1], object, given)
    assert.same({ row[1], row[2] }, { row[1], text or false })
  end
end

local MAPS = { '{"name":"one","value":1}', '{"name":"two","value":2.02}',
  '{"name":"three","value":3.03}', '{"name":"four","value":4.04}' }

local STRUCTS = { '{"name":"one","type":"integer","value":1}',
  '{"name":"two","type":"float","value":2.002}', '{"name":"three","type":"integer","value":3}',
  '{"name":"four","type":"float","value":4.004}' }

local function array(texts) return "[" .. table.concat(texts, ",") .. "]" end

local TYPES = decode('{"bools":[true,false,true,false],"integers":[1,2,3,4],'
  .. '"floats":[1,2.2,3.3,4],"strings":["one","two","three","four"],'
  .. '"interfaces":[true,"one",1,1.1],"maps":' .. array(MAPS) .. ',"structs":' .. array(STRUCTS)
  .. "}")

local function both(texts, a, b) return texts[a] .. " " .. texts[b] end

local STORE = decode [[
  {"Name": "jsonpath",
   "Book": [
     {"Category": "reference", "Author": "Nigel Rees", "Title": "Sayings of the Centurey",
      "Price": 8.95},
     {"Category": "fiction", "Author": "Evelyn Waugh", "Title": "Sword of Honour",
      "Price": 12.99},
     {"Category": "fiction", "Author": "Herman Melville", "Title": "Moby Dick", "Price": 8.99}],
   "Bicycle": [{"Color": "red", "Price": 19.95, "IsNew": true},
               {"Color": "green", "Price": 20.01, "IsNew": false}],
   "Labels": {"engieer": 10, "web/html": 15, "k8s-app": 20},
   "Employees": {"jason": "manager", "dan": "clerk"}}
]]

local RED = '{"Color":"red","IsNew":true,"Price":19.95}'
local GREEN = '{"Color":"green","IsNew":false,"Price":20.01}'
local MOBY = '{"Author":"Herman Melville","Category":"fiction","Price":8.99,"Title":"Moby Dick"}'

local POINTS = decode [=[
  [{"id": "i1", "x": 4, "y": -5}, {"id": "i2", "x": -2, "y": -5, "z": 1},
   {"id": "i3", "x": 8, "y": 3}, {"id": "i4", "x": -6, "y": -1},
   {"id": "i5", "x": 0, "y": 2, "z": 1}, {"id": "i6", "x": 1, "y": 4},
   {"id": "i7", "x": null, "y": 4}]
]=]

local NODES = decode [[
  {"kind": "List",
   "items": [
     {"kind": "None",
      "metadata": {"name": "127.0.0.1", "labels": {"kubernetes.io/hostname": "127.0.0.1"}},
      "status": {"capacity": {"cpu": "4"}, "ready": true,
                 "addresses": [{"type": "LegacyHostIP", "address": "127.0.0.1"}]}},
     {"kind": "None",
      "metadata": {"name": "127.0.0.2", "labels": {"kubernetes.io/hostname": "127.0.0.2"}},
      "status": {"capacity": {"cpu": "8"}, "ready": false,
                 "addresses": [{"type": "LegacyHostIP", "address": "127.0.0.2"},
                               {"type": "another", "address": "127.0.0.3"}]}}],
   "users": [{"name": "myself", "user": {}},
             {"name": "e2e", "user": {"username": "admin", "password": "secret"}}]}
]]

local CONTAINERS = '{"name": "foo", "another": [{"name": "value1"}, {"name": "value2"}]}'
local NESTED = decode('{"items": [{"metadata": {"name": "pod1"}, "spec": {"containers": ['
  .. CONTAINERS .. "," .. CONTAINERS:gsub("foo", "bar") .. ']}}, {"metadata": {"name": "pod2"}, '
  .. '"spec": {"containers": [' .. CONTAINERS:gsub("foo", "baz") .. "]}}]}")

--- A pod with containers fake0, fake1, ...
local function pod_of(count)
  local containers = {}
  for i = 1, count do containers[i] = { name = "fake" .. i - 1 } end
  return { apiVersion = "v1", kind = "Pod", spec = { containers = json.array(containers) } }
end

--- The names of containers: { { slice, what is printed | false }, ... }.
local function check_slices(rows, pod)
  for i, row in ipairs(rows) do
    rows[i] = { "{.spec.containers" .. row[1] .. ".name}", row[2] }
  end
  check(rows, pod)
end

describe("a path", function()
  it("finds elements and slices of any type", function()
    check({
      { "{ .bools }", "[true,false,true,false]" },
      { "{ .bools[0] }", "true" },
      { "{ .bools[-1] }", "false" },
      { "{ .bools[0:2] }", "true false" },
      { "{ .bools[:2] }", "true false" },
      { "{ .bools[:4:2] }", "true true" },
      { "{ .integers }", "[1,2,3,4]" },
      { "{ .integers[0] }", "1" },
      { "{ .integers[-2] }", "3" },
      { "{ .integers[0:2] }", "1 2" },
      { "{ .integers[:2] }", "1 2" },
      { "{ .integers[:4:2] }", "1 3" },
      { "{ .floats }", "[1,2.2,3.3,4]" },
      { "{ .floats[0] }", "1" },
      { "{ .floats[-2] }", "3.3" },
      { "{ .floats[0:2] }", "1 2.2" },
      { "{ .floats[:2] }", "1 2.2" },
      { "{ .floats[:4:2] }", "1 3.3" },
      { "{ .strings }", '["one","two","three","four"]' },
      { "{ .strings[0] }", "one" },
      { "{ .strings[-2] }", "three" },
      { "{ .strings[0:2] }", "one two" },
      { "{ .strings[:2] }", "one two" },
      { "{ .strings[:4:2] }", "one three" },
      { "{ .interfaces }", '[true,"one",1,1.1]' },
      { "{ .interfaces[0] }", "true" },
      { "{ .interfaces[-2] }", "1" },
      { "{ .interfaces[0:2] }", "true one" },
      { "{ .interfaces[:2] }", "true one" },
      { "{ .interfaces[:4:2] }", "true 1" },
      { "{ .maps }", array(MAPS) },
      { "{ .maps[0] }", MAPS[1] },
      { "{ .maps[-2] }", MAPS[3] },
      { "{ .maps[0:2] }", both(MAPS, 1, 2) },
      { "{ .maps[:2] }", both(MAPS, 1, 2) },
      { "{ .maps[::2] }", both(MAPS, 1, 3) },
      { "{ .maps[1::2] }", both(MAPS, 2, 4) },
      { "{ .structs }", array(STRUCTS) },
      { "{ .structs[0] }", STRUCTS[1] },
      { "{ .structs[-2] }", STRUCTS[3] },
      { "{ .structs[0:2] }", both(STRUCTS, 1, 2) },
      { "{ .structs[:2] }", both(STRUCTS, 1, 2) },
      { "{ .structs[::2] }", both(STRUCTS, 1, 3) },
      { "{ .structs[1::2] }", both(STRUCTS, 2, 4) },
    }, TYPES)
  end)

  it("finds things in a store", function()
    check({ { "hello jsonpath", "hello jsonpath" }, { '{"{"}', "{" } }, nil)
    check({ { "{..}", "[1,2,3]" } }, decode "[1,2,3]")
    check({ { "{[?(@<5)]}", "2 3" } }, decode "[2,6,3,7]")
    check({ { "{[1,3,4]}", "1 3 4" } }, decode "[0,1,2,3,4]")
    check({ { "{[0:2]}", "Monday Tudesday" } }, decode '["Monday","Tudesday"]')
    check({
      { "hello {.Name}", "hello jsonpath" },
      { "{$.Labels.web/html}", "15" },
      { "{$.Employees.jason}", "manager" },
      { "{$.Employees.dan}", "clerk" },
      { "{.Labels.k8s-app}", "20" },
      { "{.Bicycle[*].Color}", "red green" },
      { "{.Book[*].Author}", "Nigel Rees Evelyn Waugh Herman Melville" },
      { '{range .Bicycle[*]}{ "{" }{ @.* }{ "} " }{end}', "{red true 19.95} {green false 20.01} " },
      { "{..Price}", "19.95 20.01 8.95 12.99 8.99" },
      { "{...Price}", "19.95 20.01 8.95 12.99 8.99" },
      { "{.Bicycle}", array { RED, GREEN } },
      { '{range .Bicycle[*]}{ @ }{ " " }{end}', RED .. " " .. GREEN .. " " },
      { "{.Book[-1:]}", MOBY },
      { "{..Book[2]}", MOBY },
      { "{.Bicycle[?(@.IsNew==true)]}", RED },
    }, STORE)
    assert.equal("invalid multiple recursive descent",
      select(2, jsonpath.parse("{" .. ("."):rep(60) .. "Price}")).message)
    check({ { "{.hello}", "" }, { "before-{.hello}after", "before-after" } }, STORE, MISSING)
  end)

  it("says what is wrong in the store", function()
    for template, message in pairs {
      ["{hello}"] = "unrecognized identifier hello",
      ["{.hello}"] = "hello is not found",
      ["{.Labels[0]}"] = "map[string]interface {} is not array or slice", -- map[string]int there
      ["{.Book[?(@.Price<>10)]}"] = "unrecognized filter operator <>",
      ["{range .Labels.*}{@}{end}{end}"] = "not in range, nothing to end",
    } do
      local text, err = run(template, STORE)
      assert.is_nil(text)
      assert.equal(message, err.message)
    end
  end)

  it("knows nulls, and whether something is there", function()
    check({
      { "{[?(@.z)].id}", "i2 i5" },
      { "{[0]['id']}", "i1" },
      { "{[-1]['x']}", "null" },
    }, POINTS)
    assert.same({ json.null }, assert(jsonpath.find("{[-1].x}", POINTS)))
  end)

  it("does what kubectl's users do", function()
    check({
      { "{range .items[*]}{.metadata.name}, {end}{.kind}", "127.0.0.1, 127.0.0.2, List" },
      { [[{range .items[*]}{.metadata.name}{"\t"}{end}]], "127.0.0.1\t127.0.0.2\t" },
      { "{.items[*].status.addresses[*].address}", "127.0.0.1 127.0.0.2 127.0.0.3" },
      { "{range .items[*]}{range .status.addresses[*]}{.address}, {end}{end}",
        "127.0.0.1, 127.0.0.2, 127.0.0.3, " },
      { "{.items[*].metadata.name}", "127.0.0.1 127.0.0.2" },
      { "{.items[*]['metadata.name', 'status.capacity']}",
        '127.0.0.1 127.0.0.2 {"cpu":"4"} {"cpu":"8"}' },
      { "{range .items[*]}[{.metadata.name}, {.status.capacity}] {end}",
        '[127.0.0.1, {"cpu":"4"}] [127.0.0.2, {"cpu":"8"}] ' },
      { '{.users[?(@.name=="e2e")].user.password}', "secret" },
      { [[{.items[0].metadata.labels.kubernetes\.io/hostname}]], "127.0.0.1" },
      { [[{.items[?(@.metadata.labels.kubernetes\.io/hostname=="127.0.0.1")].kind}]], "None" },
      { "{.items[?(@..ready==true)].metadata.name}", "127.0.0.1" },
      { "{..name}", "127.0.0.1 127.0.0.2 myself e2e" },
    }, NODES)
  end)

  it("ranges over nothing", function()
    check({
      { "{range .items[*]}{.metadata.name}{end}", "" },
      { '{range .items[*]}{.metadata.name}{":"}{range @.spec.containers[*]}{.name}{","}{end}{"+"}'
        .. "{end}", "" },
    }, decode '{"items":[]}', MISSING)
  end)

  it("ranges in ranges", function()
    check({
      { '{range .items[*]}{.metadata.name}{":"}{range @.spec.containers[*]}{.name}{","}{end}{"+"}'
        .. "{end}", "pod1:foo,bar,+pod2:baz,+" },
      { '{range .items[*]}{.metadata.name}{"~"}{range @.spec.containers[*]}{.name}{":"}'
        .. '{range @.another[*]}{.name}{","}{end}{"+"}{end}{"#"}{end}',
        "pod1~foo:value1,value2,+bar:value1,value2,+#pod2~baz:value1,value2,+#" },
      { [[{range .items[*]}{.metadata.name}{"\t"}{range @.spec.containers[*]}{.name}{" "}{end}]]
        .. [[{"\t"}{range @.spec.containers[*]}{.name}{" "}{end}{"\n"}{end}]],
        "pod1\tfoo bar \tfoo bar \npod2\tbaz \tbaz \n" },
    }, NESTED)
  end)

  it("filters what may lack the member", function()
    local pods = decode [[
      {"items": [{"metadata": {"name": "pod1", "annotations": {"color": "blue"}}},
                 {"metadata": {"name": "pod2"}},
                 {"metadata": {"name": "pod3", "annotations": {"color": "green"}}},
                 {"metadata": {"name": "pod4", "annotations": {"color": "blue"}}}]}
    ]]
    local blue = '{.items[?(@.metadata.annotations.color=="blue")].metadata.name}'
    check({ { blue, "pod1 pod4" } }, pods, MISSING)
    check({ { blue, false } }, pods)
    check({ { [[{range .items[?(.status.phase=="Running")]}{.metadata.name}{" is Running\n"}{end}]],
      "pod1 is Running\npod2 is Running\npod3 is Running\n" } }, decode [[
      {"items": [{"metadata": {"name": "pod1"}, "status": {"phase": "Running"}},
                 {"metadata": {"name": "pod2"}, "status": {"phase": "Running"}},
                 {"metadata": {"name": "pod3"}, "status": {"phase": "Running"}},
                 {"resourceVersion": ""}]}
    ]], MISSING)
  end)

  it("counts from the end", function()
    check_slices({
      { "[0]", "fake0" }, { "[0:0]", "" }, { "[0:-1]", "fake0 fake1 fake2" }, { "[-1:0]", false },
      { "[-1]", "fake3" }, { "[-1:]", "fake3" }, { "[-2]", "fake2" }, { "[-2:]", "fake2 fake3" },
      { "[-3]", "fake1" }, { "[-4]", "fake0" }, { "[-4:]", "fake0 fake1 fake2 fake3" },
      { "[-5]", false }, { "[5:5]", "" }, { "[-5:-5]", "" }, { "[3:1]", false },
      { "[-1:-2]", false },
    }, pod_of(4))
  end)

  it("goes in steps", function()
    local all = "fake0 fake1 fake2 fake3 fake4 fake5"
    check_slices({
      { "[0:]", all }, { "[0:6:]", all }, { "[0:6:1]", all }, { "[0:6:0]", false },
      { "[0:6:-1]", false }, { "[1:4:2]", "fake1 fake3" }, { "[1:4:3]", "fake1" },
      { "[1:4:4]", "fake1" }, { "[0:6:2]", "fake0 fake2 fake4" }, { "[0:6:3]", "fake0 fake3" },
      { "[0:6:5]", "fake0 fake5" }, { "[0:6:6]", "fake0" },
    }, pod_of(6))
  end)

  it("gives a list of each action, or all values in one", function()
    local path = assert(jsonpath.parse("{range .items[*]}{.metadata.name}:{.status.ready} {end}"))
    assert.same({ { "127.0.0.1" }, { ":" }, { true }, { " " }, { "127.0.0.2" }, { ":" }, { false },
      { " " } }, assert(path:find(NODES)))
    assert.same({ "127.0.0.1", ":", true, " ", "127.0.0.2", ":", false, " " },
      assert(jsonpath.find(path, NODES)))
    assert.same({ "127.0.0.1", "127.0.0.2" }, jsonpath.find("{.items[*].metadata.name}", NODES))
    assert.equal(NODES.items[1].status, jsonpath.find("{.items[0].status}", NODES)[1])
    assert.same({}, jsonpath.find("{.nope}", NODES, MISSING))
    assert.equal("nope is not found", select(2, jsonpath.find("{.nope}", NODES)).message)
    assert.equal("unclosed action", select(2, jsonpath.find("{.nope", NODES)).message)
  end)
end)

describe("what is found is printed", function()
  it("as JSON arrays when asked for", function()
    assert.equal('[\n    "127.0.0.1",\n    "127.0.0.2"\n]\n[\n    "-"\n]\n[]\n',
      assert(run("{.items[*].metadata.name}-{.nope}", NODES,
        { json = true, allow_missing_keys = true })))
    assert.equal('[\n    {\n        "cpu": "4"\n    }\n]\n',
      assert(run("{.items[0].status.capacity}", NODES, { json = true })))
    assert.equal("[\n    null\n]\n", assert(run("{[6].x}", POINTS, { json = true })))
  end)

  it("with numbers as Go has them", function()
    for text, expected in pairs {
      ["1"] = "1", ["-5"] = "-5", ["0"] = "0", ["-0"] = "0", ["1000000"] = "1000000",
      ["1.5"] = "1.5", ["1e21"] = "1e+21", ["1e100"] = "1e+100", ["5e-324"] = "5e-324",
      ["0.0001"] = "0.0001", ["0.00001"] = "1e-05", ["0.1"] = "0.1", ["100000.5"] = "100000.5",
      ["1234567.25"] = "1.23456725e+06", ["123456789012345678901"] = "1.2345678901234568e+20",
      ["-12.25"] = "-12.25", ["18446744073709551616"] = "1.8446744073709552e+19",
    } do
      assert.same({ text, expected }, { text, assert(run("{.x}", { x = decode(text) })) })
    end
    assert.equal("+Inf -Inf NaN", assert(run("{[*]}", { math.huge, -math.huge, 0 / 0 })))
  end)

  it("with floats as floats where Lua tells them from integers", function()
    assert.equal(math.type and "1e+06 8 1" or "1000000 8 1",
      assert(run("{[*]}", decode "[1e6, 8.0, 1]")))
  end)

  it("with integers of 64 bits, and finds them by their literals", function()
    local list = decode "[9007199254740993, 9007199254740992, -9223372036854775808, 1e300, 3]"
    local exact = json.encode(list[1]) == "9007199254740993" -- on 5.1 it is the next smaller one
    for template, expected in pairs {
      ["{[?(@==9007199254740993)]}"] = "9007199254740993",
      ["{[?(@>9007199254740992)]}"] = "9007199254740993 1e+300",
      ["{[?(@<9007199254740992)]}"] = "-9223372036854775808 3",
      ["{[?(@<=-9223372036854775808)]}"] = "-9223372036854775808",
      ["{[?(@<9007199254740993.5)]}"] = "9007199254740993 9007199254740992 "
        .. "-9223372036854775808 3",
      ["{[?(@!=9007199254740993)]}"] = "9007199254740992 -9223372036854775808 1e+300 3",
      ["{9007199254740993}"] = "9007199254740993",
    } do
      local text = assert(run(template, list))
      if exact then assert.same({ template, expected }, { template, text }) end
    end
  end)

  it("or not, if it is no JSON", function()
    local text, err = run("{.x}", { x = print })
    assert.is_nil(text)
    assert.equal("can't print type function", err.message)
    text, err = run("{.x}", { x = { y = print } })
    assert.is_nil(text)
    assert.equal("BadRequest", err.reason)
    assert.truthy(err.message:find("cannot encode y", 1, true))
  end)
end)
