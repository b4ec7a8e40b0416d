--- What users do, each a function that gives a text: for lua_memory_test.c, which lets memory run
-- out at each point of each. It gives nil, err where the client does, and throws what is thrown.
local url, kubeconfig = ...
local kube = require("kube")
local certificates, json, yaml = kube.certificates, kube.json, kube.yaml

rawset(io, "stderr", { write = function() end }) -- where failed tasks are told of

local PATIENCE = 20 -- seconds: nothing here may wait for ever

local operations = {}

--- @param want  the text it gives
-- @param run   function (k) -> want | nil, err
local function operation(name, want, run)
  operations[#operations + 1] = { name = name, want = want, run = run }
end

local function names(items)
  local found = {}
  for i, item in ipairs(items) do found[i] = item.metadata.name end
  return table.concat(found, ",")
end

--- What fn throws as a programmer's error: memory that ran out is no such.
local function thrown(fn, ...)
  local ok, problem = pcall(fn, ...)
  if ok then return "nothing" end
  if kube.is_error(problem) or tostring(problem):find("not enough memory", 1, true) then
    error(problem, 0)
  end
  return (tostring(problem):gsub("^[^ ]+:%d+: ", ""))
end

-- ---- configurations ----

operation("kube.connect", "kube.client: " .. url, function()
  local k, err = kube.connect { kubeconfig = kubeconfig }
  return k and tostring(k), err
end)

operation("kube.config.load", "ns x", function()
  local config, err = kube.config.load { kubeconfig = kubeconfig, namespace = "ns" }
  return config and config.namespace .. " " .. config.context, err
end)

operation("kube.config.load with lists", "ns x", function()
  local config, err = kube.config.load { kubeconfig = kubeconfig, namespace = "ns", as = "a",
    as_groups = { "b", "c" }, as_user_extra = { d = { "e", "f" } }, disable_compression = true }
  return config and config.namespace .. " " .. config.context, err
end)

operation("kube.config.contexts", "x", function()
  local list, err = kube.config.contexts { kubeconfig = kubeconfig }
  return list and list[1].name, err
end)

operation("kube.config.load of a file that is not there", "Config", function()
  local config, err = kube.config.load { kubeconfig = "/nowhere/at/all" }
  if config then return "found" end
  if err.reason ~= "Config" then return nil, err end
  assert(tostring(err):find("/nowhere/at/all", 1, true))
  return err.reason
end)

operation("a new client's first get", "a", function()
  local k, err = kube.connect { kubeconfig = kubeconfig }
  if not k then return nil, err end
  local pod, problem = k:get("pod", "a", { timeout = PATIENCE })
  return pod and pod.metadata.name, problem
end)

-- ---- requests written by hand ----

operation("rest send", "a", function(k)
  local pod, err = kube.rest(k.config):get():namespace("ns"):resource("pods"):name("a")
    :param("pretty", false):header("X-A", "b"):timeout(PATIENCE):send()
  return pod and pod.metadata.name, err
end)

operation("rest raw", "{", function(k)
  local text, err = kube.rest(k.config):get():abs_path("/api/v1/namespaces/ns/pods/a")
    :timeout(PATIENCE):raw()
  return text and text:sub(1, 1), err
end)

operation("rest stream", "{", function(k)
  local stream, err = kube.rest(k.config):get():namespace("ns"):resource("pods"):name("a"):stream()
  if not stream then return nil, err end
  local text, problem = stream:next(PATIENCE)
  stream:close()
  return text and text:sub(1, 1), problem
end)

-- ---- reading ----

operation("get, told of at length", "a, calls, a log", function(k)
  local said, calls = 0, 0
  kube.log.level(10)
  kube.log.handler(function() said = said + 1 end)
  kube.on_request(function() calls = calls + 1 end)
  local ok, pod, err = pcall(k.get, k, "pods/a", { timeout = PATIENCE })
  kube.on_request(nil)
  kube.log.level(0)
  kube.log.handler(nil)
  if not ok then error(pod, 0) end
  if not pod then return nil, err end
  return pod.metadata.name .. (calls > 0 and ", calls" or "") .. (said > 0 and ", a log" or "")
end)

operation("get", "a Running 2 1.5 0 null-0", function(k)
  local pod, err = k:get("pods/a", { timeout = PATIENCE })
  if not pod then return nil, err end
  local status = pod.status
  return string.format("%s %s %d %s %s %s-%d", pod.metadata.name, status.phase, #status.list,
    status.float, status.integer, json.nulls(pod)[1] and "null", #json.nulls(status))
end)

operation("get, some fields", "a nil", function(k)
  local pod, err = k:get("po", "a", {
    timeout = PATIENCE, fields = { "metadata.name", "metadata.labels['a.b/c']", "status.list" },
  })
  return pod and pod.metadata.name .. " " .. tostring(pod.status.phase), err
end)

operation("get of what is not there", "NotFound 404 Failure", function(k)
  local pod, err = k:get("pod/none", { timeout = PATIENCE })
  if pod then return "found" end
  if err.reason ~= "NotFound" then return nil, err end
  assert(tostring(err) == err.message .. " (NotFound 404)")
  -- without memory for the Status it may be missing
  return string.format("%s %d %s", err.reason, err.code, err.status and err.status.status
    or "Failure")
end)

operation("get of a kind that is not there", "NoMatch", function(k)
  local pod, err = k:get("prods", "a", { timeout = PATIENCE })
  if pod then return "found" end
  if err.reason ~= "NoMatch" then return nil, err end
  return err.reason
end)

operation("get of what is no JSON", "Decode", function(k)
  local pod, err = k:get("pods", "garbage", { timeout = PATIENCE })
  if pod then return "found" end
  if err.reason ~= "Decode" then return nil, err end
  assert(err.message:find("GET " .. url, 1, true))
  return err.reason
end)

operation("a misspelt option", 'get: unknown option "tiemout"; did you mean "timeout"?', function(k)
  return (thrown(k.get, k, "pods", "a", { tiemout = 1 }):gsub("; the options.*", ""))
end)

operation("list", "a,b,c PodList v1 9", function(k)
  local list, err = k:list("pods", { timeout = PATIENCE })
  if not list then return nil, err end
  return string.format("%s %s %s %s", names(list.items), list.kind, list.apiVersion,
    list.metadata.resourceVersion)
end)

operation("list, one page", "a,b next", function(k)
  local list, err = k:list("pods", { timeout = PATIENCE, limit = 2, labelSelector = "a in (b)" })
  return list and names(list.items) .. " " .. list.metadata.continue, err
end)

operation("each", "a,b,c", function(k)
  local found = {}
  for pod in k:each("pods", { timeout = PATIENCE, all_namespaces = true }) do
    found[#found + 1] = pod.metadata.name
  end
  return table.concat(found, ",")
end)

operation("watch", "ADDED a,MODIFIED a,DELETED a", function(k)
  local watch, problem = k:watch("pods", { timeout = PATIENCE, fields = { "metadata.name" } })
  if not watch then return nil, problem end
  local found = {}
  for i = 1, 3 do
    local event, err = watch:next(PATIENCE)
    if not event then
      watch:close()
      return nil, err
    end
    found[i] = event.type .. " " .. event.object.metadata.name
  end
  watch:close()
  return table.concat(found, ",")
end)

operation("watch after an error was thrown out of it", "an event", function(k)
  local watch, problem = k:watch("pods", { timeout = PATIENCE, fields = { "metadata.name" } })
  if not watch then return nil, problem end
  local ok, event, err = pcall(watch.next, watch, PATIENCE)
  if not ok then event, err = watch:next(PATIENCE) end
  watch:close()
  return event and "an event", err
end)

operation("wait", "a", function(k)
  local object, err = k:wait("pod/a", { condition = "Ready", timeout = PATIENCE })
  return object and object.metadata.name, err
end)

operation("watch that expires", "Expired 410", function(k)
  local watch, problem = k:watch("pods", { resourceVersion = "1", on_expired = "error" })
  if not watch then return nil, problem end
  local event, err = watch:next(PATIENCE)
  watch:close()
  if event then return "an event" end
  if err.reason ~= "Expired" then return nil, err end
  return err.reason .. " " .. err.code
end)

-- ---- writing ----

local function pod(name)
  return {
    apiVersion = "v1", kind = "Pod", metadata = { name = name, labels = { x = "y" } },
    spec = { containers = { { name = "c", ports = json.array(), env = { { name = "K" } } } } },
  }
end

local function name_of(object, err) return object and object.metadata.name, err end

operation("create", "new", function(k)
  return name_of(k:create(pod("new"), { timeout = PATIENCE, fieldManager = "m" }))
end)

operation("update", "old", function(k) return name_of(k:update(pod("old"), { timeout = 20 })) end)

operation("update_status", "old", function(k)
  return name_of(k:update_status(pod("old"), { timeout = PATIENCE }))
end)

operation("patch", "{\"a\":null,\"metadata\":{\"name\":\"p\"}}", function(k)
  local object, err = k:patch("pod", "p", { a = json.null, metadata = { name = "p" } },
    { timeout = PATIENCE })
  if not object then return nil, err end
  return json.encode(object, { sort_keys = true })
end)

operation("patch with operations", "text", function(k)
  local object, err = k:patch("pod", "p", '{"metadata":{"name":"text"}}',
    { type = "strategic", timeout = PATIENCE })
  return name_of(object, err)
end)

operation("apply, several", "x,z", function(k)
  local objects, err = yaml.load_all("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n---\n"
    .. "apiVersion: v1\nkind: Pod\nmetadata: {name: z}\n")
  if not objects then return nil, err end
  local done, problem = k:apply(objects, { timeout = PATIENCE, force = true })
  return done and names(done), problem
end)

operation("delete", "Success", function(k)
  local status, err = k:delete("pod/a", { gracePeriodSeconds = 0, propagationPolicy = "Background",
    timeout = PATIENCE })
  return status and status.status, err
end)

operation("delete_collection", "Success", function(k)
  local status, err = k:delete_collection("pods", { labelSelector = "a=b", timeout = PATIENCE })
  return status and status.status, err
end)

operation("a body that has no JSON", "BadRequest", function(k)
  local object = pod("bad")
  object.spec.f = print
  local made, err = k:create(object, { timeout = PATIENCE })
  if made then return "made" end
  if err.reason ~= "BadRequest" then return nil, err end
  return err.reason
end)

-- ---- the other clients ----

operation("dynamic", "a", function(k)
  local pods = kube.dynamic(k.config):resource { version = "v1", resource = "pods" }
  return name_of(pods:namespace("ns"):get("a", { timeout = PATIENCE }))
end)

operation("options that a function makes up", "a,b,c", function(k)
  local pods = kube.dynamic(k.config):resource { version = "v1", resource = "pods" }
  local list, err = pods:list(setmetatable({}, { __index = function(_, name)
    return name:find("Selector") and ("x" .. name):rep(50) or nil
  end }))
  return list and names(list.items), err
end)

operation("discovery", "pods/v1 apps 1 broken/v1", function(k)
  local discovery = kube.discovery(k.config)
  local ok, err = discovery:refresh()
  if not ok then return nil, err end
  local found = discovery:server_resources_for_group_version("v1")
  local groups = discovery:server_groups()
  return string.format("%s/%s %s %d %s", found[1].resource, found[1].version, groups[2].name,
    #found[1].shortNames, discovery:stale()[1])
end)

operation("server_version", "v1.36.1", function(k)
  local version, err = kube.discovery(k.config):server_version()
  return version and version.gitVersion, err
end)

-- ---- texts ----

local function sorted(value) return json.encode(value, { sort_keys = true }) end

local DOCUMENT = '{"a":[1,-2,3.5e3,true,false,null,"x\\u00e9\\n",[],{}],"b":{"c":null},"d":null,'
  .. '"e":null,"\\u0066":"' .. ("long \\t"):rep(300) .. '","g":[' .. ("7,"):rep(600) .. "8],"
  .. '"h":9007199254740993,"i":"' .. ("s"):rep(100) .. '","j":18446744073709551616}'

operation("json.decode", "9 nil 600 d,e s", function()
  local value, err = json.decode(DOCUMENT)
  if not value then return nil, err end
  return string.format("%d %s %d %s %s", #value.a, tostring(value.d), #value.g - 1,
    table.concat(json.nulls(value), ","), value.i:sub(1, 1))
end)

operation("json.decode, some fields", '{"b":{"c":null},"g":[1]}', function()
  local value, err = json.decode('{"a":{"x":[1,{}]},"b":{"c":null,"d":2},"g":[1]}',
    { fields = { "b.c", "g" }, strip_managed_fields = true })
  if value then return sorted(value) end
  return nil, err
end)

operation("json.decode of a broken text", "Decode 7", function()
  local value, err = json.decode('[1,"a",}')
  if value then return "read" end
  return err.reason .. " " .. err.offset
end)

operation("json.encode", '{"a":[{"b":"\\u0001é"}],"c":{},"d":[],"e":0.1}', function()
  return sorted { a = { { b = "\1é" } }, c = {}, d = json.array(), e = 0.1 }
end)

local DEEP, WIDE = {}, {}
for i = 1, 40 do DEEP = { DEEP, ("k" .. i):rep(30) } end
for i = 1, 200 do WIDE["name-" .. i] = { i, i / 8, "v" } end

operation("json.encode, large", "8492 5156", function()
  local deep, err = json.encode(DEEP, { indent = 2 })
  if not deep then return nil, err end
  local wide, problem = sorted(WIDE)
  return wide and #deep .. " " .. #wide, problem
end)

operation("json.projection", "{\"metadata\":{\"name\":\"a\"}}", function()
  local fields = json.projection { "metadata.name", "metadata.labels['a.b']", "spec.c.image" }
  return sorted(assert(json.decode('{"kind":"Pod","metadata":{"name":"a","uid":1}}',
    { fields = fields })))
end)

operation("a bad projection", "field 1 is no path such as \"metadata.name\" (arrays need no index)",
  function() return thrown(json.projection, { "a[0]" }) end)

local MANY = {}
for i = 1, 40 do MANY[i] = ("---\na%d: &x [1, 'two', \"thr\\u00e9\", ~, 0x10, 1.5, yes]\nb: *x\n"
  .. "c: |\n  text\n  more\n"):format(i) end
MANY = table.concat(MANY)

operation("yaml.load_all", "40 two 16 true", function()
  local documents, err = yaml.load_all(MANY)
  if not documents then return nil, err end
  local list = documents[7].a7
  return string.format("%d %s %d %s", #documents, list[2], list[5], tostring(list[7]))
end)

operation("yaml.load of a broken text", "Decode", function()
  local value, err = yaml.load("a: [1, 2\nb: }")
  if value then return "read" end
  if err.reason ~= "Decode" then return nil, err end
  return err.reason
end)

operation("yaml.dump", "a:\n- b: \"yes\"\n- c: |\n    x\n    y\nd: null\n", function()
  return yaml.dump { a = { { b = "yes" }, { c = "x\ny\n" } }, d = json.null }
end)

-- ---- certificates ----

operation("certificates.self_signed", "2 a.example b.example 10.0.0.1", function()
  local pem, key = certificates.self_signed { host = "a.example", dns_names = { "b.example" },
    ip_addresses = { "10.0.0.1" } }
  if not pem then return nil, key end
  local all, err = certificates.parse(pem .. key)
  if not all then return nil, err end
  return string.format("%d %s %s", #all, table.concat(all[1].dns_names, " "),
    all[1].ip_addresses[1])
end)

operation("certificates.new_request", "true", function()
  local key, err = certificates.new_key()
  if not key then return nil, err end
  local csr, problem = certificates.new_request(key, { common_name = "a", organizations = { "b" } })
  if not csr then return nil, problem end
  return tostring(csr:find("REQUEST", 1, true) ~= nil)
end)

-- ---- waiting ----

operation("kube.sleep", "slept", function()
  local ok, err = kube.sleep(0.001)
  return ok and "slept", err
end)

operation("kube.run", "1 2 a", function(k)
  return kube.run(function()
    local task = kube.spawn(function()
      local ok, err = kube.sleep(0.001)
      if not ok then error(err, 0) end
      return 1, 2
    end)
    local object, err = k:get("pod/a", { timeout = PATIENCE })
    local one, two = task:join()
    if not one then error(two, 0) end
    if not object then return nil, err end
    return string.format("%d %d %s", one, two, object.metadata.name)
  end)
end)

operation("task:cancel", "Canceled", function(k)
  return kube.run(function()
    local watch, problem = k:watch("pods", { timeout = PATIENCE })
    if not watch then return nil, problem end
    local task = kube.spawn(function()
      local event, err
      repeat event, err = watch:next() until not event
      return nil, err
    end)
    local ok, err = kube.sleep(0.005)
    task:cancel()
    local _, why = task:join()
    watch:close()
    if not ok then return nil, err end
    if why == nil or why.reason ~= "Canceled" then return nil, why end
    return why.reason
  end)
end)

operation("kube.with_timeout", "Timeout a Timeout 2", function(k)
  local _, err = kube.with_timeout(0.001, kube.sleep, PATIENCE)
  if not kube.is_timeout(err) then return nil, err end
  local object, trouble = kube.with_timeout(PATIENCE, function()
    return k:get("pod/a", { timeout = PATIENCE })
  end)
  if not object then return nil, trouble end
  return kube.run(function()
    local inner
    local one, why = kube.with_timeout(0.002, function()
      inner = kube.spawn(function() return select(2, kube.sleep(PATIENCE)) end)
      return kube.with_timeout(PATIENCE, kube.sleep, PATIENCE)
    end)
    inner:cancel()
    if one or not kube.is_timeout(why) then return nil, why end
    local _, problem = inner:join()
    if problem then error(problem, 0) end
    return string.format("%s %s %s 2", err.reason, object.metadata.name, why.reason)
  end)
end)

operation("task:cancel, whose children have children", "Canceled Canceled", function(k)
  return kube.run(function()
    local deep
    local task = kube.spawn(function()
      local child = kube.spawn(function()
        kube.with_timeout(PATIENCE, function() deep = kube.spawn(kube.sleep, PATIENCE) end)
      end)
      local _, problem = child:join()
      if problem then error(problem, 0) end
      return kube.sleep(PATIENCE)
    end)
    local object, err = k:get("pod/a", { timeout = PATIENCE })
    local ok, why = kube.sleep(0.002)
    task:cancel()
    local _, first = task:join()
    if not object or not ok then return nil, err or why end
    if not kube.is_canceled(first) then error(first, 0) end
    local _, second = deep:join()
    if not kube.is_canceled(second) then error(second, 0) end
    return first.reason .. " " .. second.reason
  end)
end)

-- ---- the module itself ----

operation("require", "0.1.0", function()
  local kept = {}
  for name, module in pairs(package.loaded) do
    if name:find("^kube") then kept[name] = module end
  end
  for name in pairs(kept) do package.loaded[name] = nil end
  local ok, fresh = pcall(require, "kube")
  for name, module in pairs(kept) do package.loaded[name] = module end
  if not ok then error(fresh, 0) end
  return fresh._VERSION
end)

return operations
