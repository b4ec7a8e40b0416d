--- The scripted server that spec/run.sh started (fault_server.py), for specs, and what they need to
-- see how kube fails.
--
--   local script = faults.script { "{}", { status = 503, then = "close" } }
--   local pods = faults.pods { server = script.server }
--   pods:get("web")
--   script.requests()[1].target
local json = require("kube.json")
local kube = require("kube")
local process = require("spec.support.process")

local line = os.getenv("KUBE_SPEC_FAULTS")
if not line or line == "" then
  error("no fault server: run the specs with `make spec LUA=... SPEC=...`", 0)
end

--- Where things are: dir, ca, ca2, client_ca, alice_cert, alice_key, bob_cert, bob_key; http, https
-- (certificate of ca for 127.0.0.1, localhost, fault.example), https_client (asks for a certificate
-- of client_ca), https_other (its certificate is for other.example); closed; blackhole;
-- hangs_up and resets (which end what comes in the middle of the handshake); forward (see balance).
local faults = assert(json.decode(line))
local lua = os.getenv("KUBE_SPEC_LUA") or "lua"
local serial = 0

local function unique()
  serial = serial + 1
  return string.format("%s-%d-%s-%d", lua:gsub("[^%w]", ""), os.time(),
    tostring(faults):match("0x(%x+)"), serial)
end

--- Writes a text into a file of its own in the scratch directory: its path.
function faults.file(text, suffix)
  local path = string.format("%s/%s%s", faults.dir, unique(), suffix or "")
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

function faults.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

--- Runs a command of the shell: what it prints. Throws when it fails.
function faults.sh(format, ...)
  local command = string.format(format, ...)
  local out, code = process.run(command)
  if code ~= 0 then error(command .. ": " .. out, 2) end
  return out
end

--- Makes the port `forward` send its next connections to these servers (URLs), one after the other,
-- and all that follow to the last.
function faults.balance(servers)
  local addresses = {}
  for i, server in ipairs(servers) do addresses[i] = server:match("//([^/]+)") end
  local file = assert(io.open(faults.dir .. "/forward.json", "wb"))
  file:write(faults.json { id = unique(), addresses = addresses })
  file:close()
end

-- ---- scripts ----

--- The text of a JSON value: for bodies.
function faults.json(value) return assert(json.encode(value)) end

--- A step that answers with a Status.
function faults.status(code, reason, message, more)
  local status = {
    apiVersion = "v1", kind = "Status", status = "Failure", code = code, reason = reason,
    message = message, metadata = {},
  }
  for name, value in pairs(more or {}) do status[name] = value end
  return { status = code, body = faults.json(status) }
end

--- A Pod, or another object of v1.
function faults.object(name, version, kind)
  return {
    apiVersion = "v1", kind = kind or "Pod",
    metadata = { name = name, namespace = "default", resourceVersion = version },
  }
end

--- A line of a watch.
function faults.event(kind, name, version)
  return faults.json { type = kind, object = faults.object(name, version) } .. "\n"
end

--- What /api and /apis say of a server that has pods and nothing else.
local function discovery()
  local function document(items)
    return { { body = faults.json {
      apiVersion = "apidiscovery.k8s.io/v2", kind = "APIGroupDiscoveryList", metadata = {},
      items = json.array(items),
    }, headers = {
      ["Content-Type"] = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
    } } }
  end
  return document { {
    metadata = {},
    versions = { { version = "v1", freshness = "Current", resources = { {
      resource = "pods", singularResource = "pod", shortNames = { "po" }, scope = "Namespaced",
      responseKind = { group = "", version = "v1", kind = "Pod" },
      verbs = { "create", "delete", "get", "list", "patch", "update", "watch" },
    } } } },
  } }, document {}
end

local function to_steps(given)
  local steps = {}
  for i, step in ipairs(given) do
    steps[i] = type(step) == "string" and { body = step } or step
  end
  return steps
end

--- A server of its own that answers one request after the other; the last step repeats. A step is a
-- table as fault_server.py tells, or the text of a body.
-- @param on  which port: "http" (the default), "https", "https_client", "https_other"
-- @param routes  path below the server -> its own steps; all other paths have the given ones
-- @return { server = URL, path = of that URL, requests = function () -> all so far }
function faults.script(given, on, routes)
  local name = unique()
  local api, apis = discovery()
  local file = assert(io.open(string.format("%s/%s.json", faults.dir, name), "wb"))
  local all = {
    [""] = to_steps(given), ["/api/v1"] = to_steps(given), ["/api"] = api, ["/apis"] = apis,
  }
  for route, steps in pairs(routes or {}) do all[route] = to_steps(steps) end
  file:write(faults.json { routes = all })
  file:close()
  local script = { server = faults[on or "http"] .. "/" .. name, path = "/" .. name }

  --- What was asked, without the questions after what the server serves, or with them.
  function script.requests(every)
    local found = {}
    local log = io.open(string.format("%s/%s.log", faults.dir, name), "rb")
    if not log then return found end
    for text in log:lines() do
      local request = assert(json.decode(text))
      request.target = request.target:sub(#name + 2)
      request.query = {}
      for key, value in request.target:gmatch("[?&]([^=&]+)=([^&]*)") do
        request.query[key] = value
      end
      if every or request.target ~= "/api" and request.target ~= "/apis" then
        found[#found + 1] = request
      end
    end
    log:close()
    return found
  end

  --- How many connections the client ended in the middle of an answer.
  function script.left()
    local log = io.open(string.format("%s/%s.left", faults.dir, name), "rb")
    if not log then return 0 end
    local text = log:read("*a")
    log:close()
    return select(2, text:gsub("\n", ""))
  end

  return script
end

-- ---- configurations ----

local function merged(own, more)
  for name, value in pairs(more or {}) do own[name] = value end
  return own
end

--- The path of a kubeconfig of one context.
-- @param given { server =, ca = path, token =, cert = path, key = path, and more fields in
--   cluster = {}, user = {} }
function faults.kubeconfig(given)
  return faults.file(faults.json {
    apiVersion = "v1", kind = "Config", ["current-context"] = "fault",
    contexts = { { name = "fault", context = { cluster = "fault", user = "somebody" } } },
    clusters = { { name = "fault", cluster = merged({
      server = given.server, ["certificate-authority"] = given.ca,
    }, given.cluster) } },
    users = { { name = "somebody", user = merged({
      token = given.token, ["client-certificate"] = given.cert, ["client-key"] = given.key,
    }, given.user) } },
  }, ".kubeconfig")
end

--- The configuration of such a kubeconfig. Nothing is sent again, so that each failure is seen,
-- unless given.max_retries says how often.
local function config_of(given)
  return assert(kube.config.load {
    kubeconfig = faults.kubeconfig(given), max_retries = given.max_retries or 0,
  })
end

--- A client of such a configuration.
function faults.connect(given) return assert(kube.connect(config_of(given))) end

--- The pods of namespace default as the dynamic client has them: asks nothing beforehand.
function faults.pods(given)
  local client = kube.dynamic(config_of(given))
  return client:resource { version = "v1", resource = "pods" }:namespace("default")
end

-- ---- other programs ----

--- Runs a Lua script in a process of its own: what it printed. Throws when it fails.
-- @param env      variables that it has beside PATH and Lua's own; no others
-- @param script   its text
-- @param wrapper  a command that runs the rest of its line ("unshare -m ...")
function faults.run_lua(env, script, wrapper)
  local parts = { wrapper or "", "env -i PATH=" .. process.quote(os.getenv("PATH")) }
  for _, name in ipairs { "LUA_PATH", "LUA_CPATH", "LD_PRELOAD", "ASAN_OPTIONS" } do
    local value = os.getenv(name)
    if value then parts[#parts + 1] = name .. "=" .. process.quote(value) end
  end
  for name, value in pairs(env) do parts[#parts + 1] = name .. "=" .. process.quote(value) end
  parts[#parts + 1] = process.quote(lua)
  parts[#parts + 1] = process.quote(faults.file(script, ".lua"))
  return faults.sh("%s", table.concat(parts, " "))
end

-- ---- judging errors ----

--- Texts that no error may show; specs add theirs.
faults.secrets = require("spec.support.secrets")

--- What is wrong with an error, or nil: it must have the reason, the words, and no secret.
function faults.flaw(err, reason, words)
  if not kube.is_error(err) then return "no error but " .. tostring(err) end
  local text = tostring(err)
  if err.reason ~= reason then return "the reason is not " .. reason .. ": " .. text end
  for _, word in ipairs(words) do
    if not text:find(word, 1, true) then return "no " .. word .. " in: " .. text end
  end
  for _, secret in ipairs(faults.secrets) do
    if text:find(secret, 1, true) then return "a secret in: " .. text end
  end
end

return faults
