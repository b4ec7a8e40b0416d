-- Values that JSONPath shall find. The tables are those of kubectl v0.36 pkg/cmd/wait/wait_test.go.
require("kube.jsonpath")
local json = require("kube.json")
local wanted = require("kube.api.jsonpath.wanted")

local POD = assert(json.decode [[{
  "apiVersion": "v1", "kind": "Pod",
  "metadata": { "name": "foo-b6699dcfb-rnv7t", "namespace": "default" },
  "spec": { "nodeName": "knode0", "empty": "", "none": null, "share": 1.5, "many": 9007199254740991,
    "containers": [ { "name": "nginx", "image": "nginx", "ports": [ { "containerPort": 80 } ] } ] },
  "status": { "phase": "Running",
    "conditions": [ { "type": "Initialized", "status": "True" },
      { "type": "Ready", "status": "True" } ],
    "containerStatuses": [ { "name": "nginx", "ready": true } ] } }]])

local function judge(text, value)
  local one, err = wanted.parse(text, value)
  if not one then return nil, err end
  return one:judge(POD)
end

local ONE_VALUE = "given jsonpath expression matches more than one value"
local ONE_PATH = "unexpected path string" -- the command says so before the function that is tested
local NESTED = "jsonpath leads to a nested object or list which is not supported"

describe("a value that JSONPath shall find", function()
  it("is compared as text, or may be any", function()
    for _, case in ipairs {
      { "{.foo.bar}", "baz", false }, { "{.status.containerStatuses[0].ready}", "true", true },
      { "{.status.containerStatuses[0].ready}", "false", false },
      { "{.spec.containers[0].ports[0].containerPort}", "80", true },
      { "{.spec.containers[0].ports[0].containerPort}", "81", false },
      { "{.spec.nodeName}", "knode0", true }, { "{.spec.nodeName}", nil, true },
      { "{.spec}", nil, true }, { "{.spec.nodeName}", "kmaster", false },
      { "{.metadata.name}", "foo-b6699dcfb-rnv7t", true }, { "{.metadata.name}", "foo", false },
      { "{.spec.containers[0].image}", "nginx", true },
      -- ours
      { "{.spec.none}", "<nil>", true }, { "{.spec.none}", nil, true },
      { "{.spec.none}", "null", false }, { "{.spec.empty}", "", true },
      { "{.spec.nodeName}", "", false }, { "{.spec.empty}", nil, true },
      { "{.spec.nodeName}", " knode0 ", true }, { "{.spec.share}", 1.5, true },
      { "{.spec.share}", "1.5", true }, { "{.spec.many}", "9007199254740991", true },
      { "{.status.containerStatuses[0].ready}", true, true },
      { "{.spec.containers[0].ports[0].containerPort}", 80, true },
    } do
      assert.equal(case[3], judge(case[1], case[2]), case[1])
    end
  end)

  it("is one, and no object", function()
    for _, case in ipairs {
      { "{.status.conditions[*]}", "foo", ONE_VALUE },
      { "{.status.conditions[*]}", nil, ONE_VALUE },
      { "{range .status.conditions[*]}[{.status}] {end}", "foo", ONE_PATH },
      { "{range .status.conditions[*]}[{.status}] {end}", nil, ONE_PATH },
      { "{.spec.nodeName}{.metadata.name}", "foo", ONE_PATH },
      { "{.status.conditions}", "True", NESTED }, { "{.spec}", "foo", NESTED },
    } do
      local met, err = judge(case[1], case[2])
      assert.is_nil(met)
      assert.matches(case[3], err.message, 1, true)
    end
  end)

  it("stands behind an equals sign", function()
    for _, case in ipairs {
      { "", nil, "jsonpath expression cannot be empty" },
      { "{.metadata.name}", "{.metadata.name}" },
      { "abc", "{.abc}" },
      { "{.metadata.name}=foo-b6699dcfb-rnv7t", "{.metadata.name}", "foo-b6699dcfb-rnv7t" },
      { ".metadata.name=foo-b6699dcfb-rnv7t", "{.metadata.name}", "foo-b6699dcfb-rnv7t" },
      { '{.status.containerStatuses[?(@.name=="foo")].ready}=True',
        '{.status.containerStatuses[?(@.name=="foo")].ready}', "True" },
      { 'status.conditions[?(@.type=="Available")].status=True',
        '{.status.conditions[?(@.type=="Available")].status}', "True" },
      { '{.status.containerStatuses[?(@.name=="foo")].ready}',
        '{.status.containerStatuses[?(@.name=="foo")].ready}' },
      { '.status.containerStatuses[?(@.name=="foo")].ready',
        '{.status.containerStatuses[?(@.name=="foo")].ready}' },
      { "{.a}='b'", "{.a}", "b" }, { "{.a}=\"'b", "{.a}", "b" },
      { "{.metadata.name}='test=wrong'", nil, "jsonpath wait format must be" },
      { "{.metadata.name}=", nil, "jsonpath wait has to have a value after equal sign" },
      { "{.metadata.name}=''", nil, "jsonpath wait has to have a value after equal sign" },
      { '{.status.conditions[?(@.type=="Failed"||@.type=="Complete")].status}=True', nil,
        "unrecognized character in action: U+007C '|'" },
      { "{=True", nil, "unexpected path string, expected a 'name1.name2' or '.name1.name2' or "
        .. "'{name1.name2}' or '{.name1.name2}'" },
    } do
      local one, err = wanted.parse(case[1])
      if case[2] then
        assert(one, err)
        assert.equal(case[2], one.path.template)
        assert.same({ case[3] }, { one.value })
      else
        assert.is_nil(one)
        assert.equal("BadRequest", err.reason)
        assert.matches(case[3], err.message, 1, true)
      end
    end
    assert.equal("b=c", wanted.parse("{.a}", "b=c").value)
  end)

  it("says what was found instead", function()
    for _, case in ipairs {
      { "{.foo}", "{.foo} is not there" }, { "{.spec.nodeName}", '{.spec.nodeName} is "knode0"' },
      { "{.spec.none}", "{.spec.none} is <nil>" }, { "{.spec.share}", "{.spec.share} is 1.5" },
    } do
      assert.equal(case[2], wanted.parse(case[1], "x"):describe(POD))
    end
    local long = wanted.parse("{.a}", "x"):describe { a = ("a"):rep(500) }
    assert.equal('{.a} is "' .. ("a"):rep(100) .. '..."', long)
    assert.equal("{.data.a} is something else",
      wanted.parse("{.data.a}", "x"):describe { kind = "Secret", data = { a = "hidden" } })
  end)
end)
