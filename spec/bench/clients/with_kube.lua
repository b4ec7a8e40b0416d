--- kube, as its users write it: lua with_kube.lua FIGURE
local report = require("report")
local kube = require("kube")
local k = assert(kube.connect())

--- Objects one by one: how many, and how long their names are together.
local function count(stream, name_of)
  local n, sum = 0, 0
  local item, err = stream:next()
  while item ~= nil do
    n, sum = n + 1, sum + #name_of(item)
    item, err = stream:next()
  end
  assert(not err, err)
  report.done(n, sum)
end

local function name_of(pod) return pod.metadata.name end
local NAME = { "metadata.name" }

local function list(options)
  local items = assert(k:list("pods.v1.", options)).items
  local sum = 0
  for _, pod in ipairs(items) do sum = sum + #pod.metadata.name end
  report.done(#items, sum)
end

--- Gets one after the other, on a connection that the first one made.
-- @param get  function (name) -> the length of what came
local function gets(get)
  local names, sum = report.names(), 0
  get(names[1])
  report.ready()
  for _, name in ipairs(names) do sum = sum + get(name) end
  report.done(#names, sum)
end

local function get(name) return #assert(k:get("pods.v1.", name)).metadata.name end

--- The body as it is. What kube has no function for yet is done with what it is made of.
local function get_raw()
  local transport = require("kube.client.transport")
  local its_transport = transport.of(k.config)
  local pods = { group = "", version = "v1", resource = "pods" }
  local function text(call) return call:text() end
  return function(name)
    local call = assert(its_transport:start("get", pods, k.namespace, name))
    return #assert(transport.finish(call, text))
  end
end

--- Prints the names of all pods, as kubectl's -o name does.
local function print_names()
  local out = assert(io.open(os.getenv("BENCH_PRINTED"), "w"))
  count(k:each("pods.v1.", { all_namespaces = true, fields = NAME }), function(pod)
    local name = name_of(pod)
    out:write("pod/", name, "\n")
    return name
  end)
  out:close()
end

--- All pods of a namespace that has as many as arg[2] says.
local function flat(fields)
  count(k:each("pods.v1.", { namespace = "flat-" .. arg[2], fields = fields }), name_of)
end

--- What the server serves is asked for, and a name looked up in it.
local function discover()
  report.ready()
  assert(k:resource_for("deployments"))
  local resources, sum = assert(k:discovery():server_resources()), 0
  for _, resource in ipairs(resources) do sum = sum + #resource.resource end
  report.done(#resources, sum)
end

local function first(kind)
  local pod = assert(k:get(kind, os.getenv("BENCH_NAME")))
  report.show(pod.metadata.name)
  report.done(1, #pod.metadata.name)
end

--- The current context of a kubeconfig that has many.
local function config()
  report.ready()
  local loaded = assert(kube.config.load { kubeconfig = os.getenv("BENCH_BIG_KUBECONFIG") })
  report.done(1, #loaded.server)
end

local function decode(options)
  local texts, sum = report.texts(), 0
  report.ready()
  for _, text in ipairs(texts) do
    sum = sum + #assert(kube.json.decode(text, options)).metadata.name
  end
  report.done(#texts, sum)
end

local figures = {
  list = function() list { all_namespaces = true } end,
  ["list-complete"] = function() list { all_namespaces = true, managedFields = true } end,
  each = function()
    count(k:each("pods.v1.", { all_namespaces = true, fields = NAME }), name_of)
  end,
  names = print_names,
  flat = function() flat(NAME) end,
  ["flat-whole"] = function() flat() end,
  watch = function()
    local watch = assert(k:watch("pods.v1.", { all_namespaces = true, resume = false }))
    count(watch, function(event) return name_of(event.object) end)
  end,
  get = function() gets(get) end,
  ["get-raw"] = function() gets(get_raw()) end,
  first = function() first("pods.v1.") end,
  ["first-short"] = function() first("pod") end,
  ["first-plural"] = function() first("pods") end,
  discovery = discover,
  ["discovery-connected"] = function()
    get_raw()(os.getenv("BENCH_NAME")) -- which discovers nothing
    discover()
  end,
  config = config,
  decode = function() decode { strip_managed_fields = true } end,
  ["decode-complete"] = function() decode {} end,
  ["decode-fields"] = function()
    decode { fields = kube.json.projection { "metadata.name", "status.phase" } }
  end,
}

figures[arg[1]]()
