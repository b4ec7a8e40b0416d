-- Answers that are JSON, and whose fields are of types that they never have. Nobody throws at the
-- program that asked: what comes is an error, or an object as it is.
local faults = require("spec.support.faults")
local kube = require("kube")

local ODD = { "5", "null", '"text"', "true", "[1]", "{}" }

local function config(script)
  return { kubeconfig = faults.kubeconfig { server = script.server }, max_retries = 0 }
end

local function list(...)
  return '{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":['
    .. table.concat({ ... }, ",") .. "]}"
end

local function watch(object)
  return { ["then"] = "hang", chunks = { '{"type":"MODIFIED","object":' .. object .. "}\n" } }
end

--- Calls fn; what it gives must be a value, or an error with one of these reasons.
local function try(what, fn, reasons)
  local ok, value, err = pcall(fn)
  assert.is_true(ok, what .. " throws: " .. tostring(value))
  if value ~= nil then return value end
  assert.is_true(kube.is_error(err), what .. ": " .. tostring(err))
  assert.is_truthy(tostring(err), what)
  if reasons then assert.is_truthy(reasons[err.reason], what .. ": " .. tostring(err)) end
  return nil, err
end

local DECODE = { Decode = true }

describe("k:wait, for what is no object,", function()
  local GOOD = '{"metadata":{"name":"web","namespace":"default","uid":"u"}}'
  local BAD = {
    '{"metadata":{}}', '{"metadata":{"name":{}}}', '{"metadata":{"name":null}}',
    '{"metadata":{"name":"web","namespace":5}}',
  }
  for _, odd in ipairs(ODD) do BAD[#BAD + 1] = '{"metadata":' .. odd .. "}" end
  local GOALS = {
    ["a condition"] = { condition = "Ready" }, ["a deletion"] = { delete = true },
    ["a jsonpath"] = { jsonpath = "{.a}" },
  }

  for what, goal in pairs(GOALS) do
    it("says so of " .. what, function()
      for _, bad in ipairs(BAD) do
        for _, steps in ipairs { { list(bad) }, { list(GOOD), watch(bad) } } do
          local k = faults.connect { server = faults.script(steps).server }
          for name, ask in pairs {
            one = function(given) return k:wait("pod/web", given) end,
            many = function(given)
              given.labelSelector = "a=b"
              return k:wait("pods", given)
            end,
          } do
            local given = { timeout = 0.3 }
            for option, value in pairs(goal) do given[option] = value end
            try(name .. " " .. bad, function() return ask(given) end, DECODE)
          end
        end
      end
    end)
  end

  it("takes the fields of a good one as they come", function()
    for _, odd in ipairs(ODD) do
      for _, form in ipairs {
        '{"metadata":{"name":"web","namespace":"default","deletionTimestamp":%s,"finalizers":%s}}',
        '{"metadata":{"name":"web","namespace":"default","generation":%s},"status":%s}',
        '{"metadata":{"name":"web","namespace":"default","generation":1},'
          .. '"status":{"observedGeneration":%s,"conditions":%s}}',
        '{"metadata":{"name":"web","namespace":"default","generation":1},"status":{"conditions":'
          .. '[%s,{"type":"Ready","status":"False","reason":%s,"message":5}]}}',
        '{"metadata":{"name":"web","namespace":"default","deletionTimestamp":%s,'
          .. '"finalizers":[%s]}}',
      } do
        local object = form:format(odd, odd)
        local k = faults.connect { server = faults.script({ list(object), watch(object) }).server }
        for what, goal in pairs(GOALS) do
          local given = { timeout = 0.1 }
          for option, value in pairs(goal) do given[option] = value end
          try(what .. " " .. object, function() return k:wait("pod/web", given) end)
        end
      end
    end
  end)
end)

describe("a scale", function()
  it("whose fields are anything is taken as it comes, or refused", function()
    for _, odd in ipairs(ODD) do
      for _, form in ipairs {
        '{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":%s,"spec":%s}',
        '{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":"web"},'
          .. '"spec":{"replicas":%s},"status":{"replicas":%s}}',
        '{"kind":"Scale","apiVersion":"extensions/v1beta1","metadata":{"name":"web"},'
          .. '"status":{"replicas":%s,"selector":%s}}',
        '{"kind":"Scale","apiVersion":"extensions/v1beta1","metadata":{"name":"web"},'
          .. '"status":{"replicas":%s,"selector":{"a":%s}}}',
        '{"kind":"Scale","apiVersion":%s,"metadata":{"name":"web"},"status":%s}',
      } do
        local scale = form:format(odd, odd)
        local k = faults.connect { server = faults.script({ scale }, nil, {
          ["/api/v1"] = { scale },
        }).server }
        try("plain " .. scale, function() return k:scale("pod/web", 3) end)
        try("checked " .. scale, function()
          return k:scale("pod/web", 3, { current_replicas = 1, resourceVersion = "1" })
        end)
      end
    end
    local part = '{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":"web"},'
      .. '"spec":{"replicas":3.5},"status":{"replicas":1.5}}'
    local k = faults.connect { server = faults.script({ part }).server }
    try("a part", function() return k:scale("pod/web", 3, { current_replicas = 1 }) end)
    local whole = part:gsub("3%.5", "3")
    k = faults.connect { server = faults.script({ whole }).server }
    try("a part of one", function() return k:scale("pod/web", 3, { timeout = 0.1 }) end)
  end)

  it("is asked of a group-version that tells anything", function()
    for _, odd in ipairs(ODD) do
      for _, form in ipairs {
        "%s", '{"resources":%s}', '{"resources":[%s]}', '{"resources":[{"name":%s}]}',
        '{"resources":[{"name":"pods/scale","group":%s,"version":"v1"}]}',
      } do
        local told = form:format(odd)
        local scales = kube.scale(config(faults.script { told })):scales("default")
        try(told, function()
          return scales:update({ version = "v1", resource = "pods" }, { metadata = { name = "a" } })
        end)
      end
    end
  end)
end)

describe("an answer", function()
  for _, odd in ipairs(ODD) do
    it("that is " .. odd .. " is an error of the metadata client, or an object", function()
      local pods = kube.metadata(config(faults.script { odd }))
        :resource { version = "v1", resource = "pods" }:namespace("default")
      try("get", function() return pods:get("web") end, DECODE)
      try("patch", function() return pods:patch("web", {}) end, DECODE)
    end)

    it("that is " .. odd .. " is no index of OpenAPI", function()
      for _, form in ipairs { "%s", '{"paths":%s}', '{"paths":{"api/v1":%s}}',
        '{"paths":{"api/v1":{"serverRelativeURL":%s}}}' } do
        local open = kube.discovery(config(faults.script { form:format(odd) })):openapi_v3()
        try(form, function() return open:group_versions() end)
        try(form, function() return open:schema("v1") end)
      end
    end)

    it("with " .. odd .. " in a Table has no rows to strip", function()
      for _, form in ipairs { "%s", '{"object":%s}', '{"object":{"metadata":%s}}' } do
        local body = '{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{},'
          .. '"columnDefinitions":' .. odd .. ',"rows":[' .. form:format(odd) .. "]}"
        local pods = faults.pods { server = faults.script({ body }).server }
        try(form, function() return pods:list { as = "Table" } end)
        local event = faults.pods { server = faults.script({ watch(body) }).server }
        try(form, function() return event:watch({ as = "Table" }):next(1) end)
        event = faults.pods { server = faults.script({ watch(form:format(odd)) }).server }
        try(form, function()
          local stream = event:watch { as = "Table", resume = false, on_expired = "error" }
          return stream:next(0.2)
        end)
      end
    end)
  end

  it("that is false is an error, and not waited for any longer", function()
    local function fails(what, body, ask)
      local given = config(faults.script { body })
      local _, err = try(what, function() return ask(given) end, DECODE)
      assert.is_truthy(err.message:find("false where an object should be", 1, true), what)
    end
    local function of_pods(method)
      return function(given)
        local pods = kube.dynamic(given):resource { version = "v1", resource = "pods" }
        return pods:namespace("default")[method](pods:namespace("default"), "web")
      end
    end
    fails("get", "false", of_pods("get"))
    fails("delete", "false", of_pods("delete"))
    fails("send", "false", function(given) return kube.rest(given):get():resource("x"):send() end)
    fails("version", "false", function(given) return kube.discovery(given):server_version() end)
    fails("list", list("false", '{"metadata":{"name":"a"}}'), function(given)
      return kube.dynamic(given):resource { version = "v1", resource = "pods" }:list()
    end)
  end)

  it("that is a Status says what is wrong whatever its fields are", function()
    for _, odd in ipairs(ODD) do
      for _, field in ipairs { "code", "reason", "message", "details" } do
        local body = string.format('{"kind":"Status","status":"Failure","%s":%s}', field, odd)
        local rest = kube.rest(config(faults.script { body }))
        local _, err = try(body, function() return rest:get():resource("pods"):send() end)
        assert.is_true(kube.is_error(err))
        try(body, function() return kube.suggests_client_delay(err) or 0 end)
        for name in pairs(require("kube.api.errors").predicates) do
          try(name, function() return kube[name](err) end)
        end
      end
    end
    local body = '{"kind":"Status","status":"Failure","details":{"retryAfterSeconds":"5"}}'
    local rest = kube.rest(config(faults.script { body }))
    local _, err = rest:get():resource("pods"):send()
    assert.is_nil(err.retryAfter)
  end)
end)
