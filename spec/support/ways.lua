--- The ways to read an answer: one body for each, and what a good one gives. So that a spec can try
-- a fault in all of them.
--
--   for name, way in pairs(ways) do
--     local client = way.client(faults.script { step_of(way.body), way.body })
--     local value, err = way.read(client)
--   end
local faults = require("spec.support.faults")
local kube = require("kube")

-- as texts, for their bytes are counted
local POD = '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web","namespace":"default"}}'
local ITEM = '{"metadata":{"name":"a","namespace":"default","resourceVersion":"1"}}'
local EVENT = '{"type":"%s","object":{"metadata":{"name":"%s","namespace":"default"}}}\n'

local function dynamic(script)
  local config = assert(kube.config.load {
    kubeconfig = faults.kubeconfig { server = script.server },
  })
  return kube.dynamic(config):resource { version = "v1", resource = "pods" }:namespace("default")
end

local function request(script)
  local rest = assert(kube.rest { kubeconfig = faults.kubeconfig { server = script.server } })
  return function() return rest:get():resource("pods"):name("web"):max_retries(0) end
end

--- All that a stream gives, one after the other, with the error that ended it.
local function drain(stream, text_of)
  local parts = {}
  local one, err = stream:next(10)
  while one do
    parts[#parts + 1] = text_of(one)
    one, err = stream:next(10)
  end
  stream:close()
  return parts, err
end

local function unless(err, value)
  if err then return nil, err end
  return value
end

local ways = {}

ways.get = {
  body = POD, want = "web", client = dynamic,
  read = function(pods, timeout)
    local pod, err = pods:get("web", { timeout = timeout })
    return unless(err, pod and pod.metadata.name), err
  end,
}

ways.list = {
  body = '{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"9"},"items":['
    .. ITEM .. "," .. ITEM .. "]}",
  want = "a a", client = dynamic,
  read = function(pods, timeout)
    local names, err = drain(pods:each { timeout = timeout }, function(pod)
      return pod.metadata.name
    end)
    return unless(err, table.concat(names, " ")), err
  end,
}

-- a watch's time-out is its end, so it is not given one
ways.watch = {
  body = EVENT:format("ADDED", "a") .. EVENT:format("DELETED", "b"),
  want = "ADDED a DELETED b", client = dynamic,
  read = function(pods)
    local told, err = drain(pods:watch { resume = false }, function(event)
      return event.type .. " " .. event.object.metadata.name
    end)
    return unless(err, table.concat(told, " ")), err
  end,
}

ways.raw = {
  body = POD, want = POD, client = request,
  read = function(its_request, timeout)
    local asked = its_request()
    if timeout then asked:timeout(timeout) end
    return asked:raw()
  end,
}

ways.stream = {
  body = POD, want = POD, client = request,
  read = function(its_request, timeout)
    local asked = its_request()
    if timeout then asked:timeout(timeout) end
    local bytes, err = drain(assert(asked:stream()), function(text) return text end)
    return unless(err, table.concat(bytes)), err
  end,
}

return ways
