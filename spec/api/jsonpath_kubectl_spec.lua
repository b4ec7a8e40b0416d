-- The tables are those of kubectl v0.36.3: pkg/cmd/get/customcolumn_test.go (TestMassageJSONPath),
-- pkg/cmd/get/get_test.go (watching with an output), pkg/cmd/wait/wait_test.go
-- (TestConditionFuncFor, TestWaitForDifferentJSONPathExpression); what a wait makes of that which
-- was found is pkg/cmd/wait/json.go.
local json = require("kube.json")
local jsonpath = require("kube.api.jsonpath").adopt(json)

local UNEXPECTED = "unexpected path string, expected a 'name1.name2' or '.name1.name2' or "
  .. "'{name1.name2}' or '{.name1.name2}'"

describe("a relaxed path", function()
  it("may lack its braces and its first dot", function()
    for text, template in pairs {
      ["foo.bar"] = "{.foo.bar}",
      ["{foo.bar}"] = "{.foo.bar}",
      [".foo.bar"] = "{.foo.bar}",
      ["{.foo.bar}"] = "{.foo.bar}",
      [""] = "",
      ["abc"] = "{.abc}",
      ["."] = "{..}",
      ["{.}"] = "{..}",
      ["..name"] = "{..name}",
      ["a b"] = "{.a b}",
      ["['a']"] = "{.['a']}",
    } do
      assert.same({ text, template }, { text, jsonpath.relaxed(text) })
    end
  end)

  it("has braces only around all of it", function()
    for _, text in ipairs { "{foo.bar", "foo.bar}", "{foo.bar}}", "{{foo.bar}", "{", "}", "{}",
        "{.a}{.b}", "{.a} " } do
      local template, err = jsonpath.relaxed(text)
      assert.is_nil(template)
      assert.same({ "BadRequest", UNEXPECTED }, { err.reason, err.message })
    end
  end)

  it("is what the conditions of kubectl wait have", function()
    for text, message in pairs {
      ["{.metadata.name}"] = false,
      ["abc"] = false,
      [".metadata.name"] = false,
      ['{.status.containerStatuses[?(@.name=="foo")].ready}'] = false,
      ['status.conditions[?(@.type=="Available")].status'] = false,
      ['.status.containerStatuses[?(@.name=="foo")].ready'] = false,
      ['{.status.conditions[?(@.type=="Failed"||@.type=="Complete")].status}'] =
        "unrecognized character in action: U+007C '|'",
      ["{"] = UNEXPECTED,
    } do
      local template, err = jsonpath.relaxed(text)
      local path
      if template then path, err = jsonpath.parse(template) end
      assert.same({ text, message }, { text, path == nil and err.message })
    end
  end)
end)

local POD = assert(json.decode [[
  {"apiVersion": "v1", "kind": "Pod",
   "metadata": {"name": "foo-b6699dcfb-rnv7t", "namespace": "default"},
   "spec": {"containers": [{"image": "nginx", "ports": [{"containerPort": 80}]}],
            "nodeName": "knode0", "priority": 0, "securityContext": {}},
   "status": {
     "conditions": [{"lastProbeTime": null, "status": "True", "type": "Initialized"},
                    {"lastProbeTime": null, "status": "True", "type": "Ready"}],
     "containerStatuses": [{"name": "nginx", "ready": true, "restartCount": 0}]}}
]])

--- Whether a wait for a path to have a value, or any, is over: true or false | nil, what is wrong.
local function is_met(template, value)
  local path = assert(jsonpath.parse(template))
  local found = assert(path:find(POD, { allow_missing_keys = true }))
  if not found[1] or #found[1] == 0 then return false end
  if #found > 1 then return nil, "more than one list" end
  if #found[1] > 1 then return nil, "more than one value" end
  if not value then return true end
  if type(found[1][1]) == "table" then return nil, "nested" end
  return path:print(POD) == value
end

describe("a path in kubectl", function()
  it("is waited for", function()
    for _, case in ipairs {
      { "{.foo.bar}", "baz", false },
      { "{.status.containerStatuses[0].ready}", "true", true },
      { "{.status.containerStatuses[0].ready}", "false", false },
      { "{.spec.containers[0].ports[0].containerPort}", "80", true },
      { "{.spec.containers[0].ports[0].containerPort}", "81", false },
      { "{.spec.nodeName}", "knode0", true },
      { "{.spec.nodeName}", nil, true },
      { "{.spec}", nil, true },
      { "{.spec.nodeName}", "kmaster", false },
      { "{.status.conditions[*]}", "foo", "more than one value" },
      { "{.status.conditions[*]}", nil, "more than one value" },
      { "{range .status.conditions[*]}[{.status}] {end}", "foo", "more than one list" },
      { "{range .status.conditions[*]}[{.status}] {end}", nil, "more than one list" },
      { "{.status.conditions}", "True", "nested" },
      { "{.spec}", "foo", "nested" },
      { "{.metadata.name}", "foo-b6699dcfb-rnv7t", true },
      { "{.metadata.name}", "foo", false },
      { "{.spec.containers[0].image}", "nginx", true },
    } do
      local met, why = is_met(case[1], case[2])
      if met == nil then met = why end
      assert.same({ case[1], case[3] }, { case[1], met })
    end
  end)

  it("prints events as they come", function()
    local path = assert(jsonpath.parse(
      [[{.type},{.object.metadata.name},{.object.metadata.resourceVersion}{"\n"}]]))
    local lines = {}
    for i, event in ipairs { { "ADDED", "bar", "9" }, { "ADDED", "foo", "10" },
        { "MODIFIED", "foo", "11" }, { "DELETED", "foo", "12" } } do
      lines[i] = assert(path:print { type = event[1],
        object = { metadata = { name = event[2], resourceVersion = event[3] } } })
    end
    assert.equal("ADDED,bar,9\nADDED,foo,10\nMODIFIED,foo,11\nDELETED,foo,12\n",
      table.concat(lines))
  end)
end)
