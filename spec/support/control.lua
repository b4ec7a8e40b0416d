--- The control port of the test cluster, and the faults of its API server: what no client can do.
-- See spec/cluster/README.md.
local cluster = require("spec.support.cluster")
local json = require("kube.json")
local process = require("spec.support.process")

local unpack = table.unpack or unpack

local control = {}

local function curl(words, ...)
  local quoted = {}
  for i, word in ipairs { ... } do quoted[i] = process.quote(word) end
  words = words:format(unpack(quoted, 1, #quoted))
  local output, code = process.run("curl -sS --fail -m 60 " .. words)
  assert(code == 0, output)
  return output
end

--- Turns a knob: control.post("/apiserver/restart").
function control.post(path) return curl("-X POST %s", cluster.control .. path) end

--- Calls fn while the API server is away. Afterwards it is there again, whatever fn throws.
function control.without_apiserver(fn)
  control.post("/apiserver/kill")
  local ok, problem = pcall(fn)
  control.post("/apiserver/start")
  if not ok then error(problem, 0) end
end

--- The token of a ServiceAccount, "namespace/name", which lasts so long: "60s", or "-5m": it did.
function control.token(account, lasts)
  return (curl("%s", cluster.control .. "/token?sa=" .. account .. "&ttl=" .. lasts)
    :gsub("%s+$", ""))
end

--- Makes the API server fail for some requests, by a list of rules; {} ends that.
function control.faults(rules)
  curl("--cacert %s -X PUT -d %s %s", cluster.ca, json.encode(json.array(rules)),
    cluster.server .. "/_fault")
end

--- How many requests the first of these rules has seen.
function control.seen()
  local text = curl("--cacert %s %s", cluster.ca, cluster.server .. "/_fault")
  return json.decode(text)[1].seen
end

return control
