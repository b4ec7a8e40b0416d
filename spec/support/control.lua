--- The control port of the test cluster, and the faults of its API server: what no client can do.
-- See spec/cluster/README.md.
local cluster = require("spec.support.cluster")
local json = require("kube.json")
local process = require("spec.support.process")

local unpack = table.unpack or unpack

local control = {}

local function filled(words, ...)
  local quoted = {}
  for i, word in ipairs { ... } do quoted[i] = process.quote(word) end
  return words:format(unpack(quoted, 1, #quoted))
end

local function curl(words, ...)
  local output, code = process.run("curl -sS --fail -m 60 " .. filled(words, ...))
  assert(code == 0, output)
  return output
end

--- One request by curl, for what kube has no word for; %s in its arguments are the texts that
-- follow, quoted: the status and the decoded answer | nil, what curl says.
function control.ask(words, ...)
  local output, code = process.run("curl -sS -m 60 -w '\\n%{http_code}' " .. filled(words, ...))
  if code ~= 0 then return nil, output end
  local body, status = output:match("^(.*)\n(%d+)$")
  return tonumber(status), assert(json.decode(body))
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

--- Calls fn(pem) while the API server has a certificate of a new CA, which is given, and which the
-- file cluster.ca holds meanwhile. Afterwards it has one of the first CA again, whatever fn throws.
function control.with_new_ca(fn)
  local ok, problem = pcall(fn, control.post("/apiserver/ca"))
  control.post("/apiserver/ca?old=1")
  if not ok then error(problem, 0) end
end

--- The config of an auth-provider "oidc" for a new user of the issuer.
-- @param given { user =, ttl = "60s" (of its id-token), groups = "a,b", ["then"] = "1h" (of those
--   that a refresh brings), rotate = false, auth = "basic" | "form" }, see spec/cluster/README.md
function control.oidc(given)
  local words = { "-G" }
  for name, value in pairs(given) do
    words[#words + 1] = "--data-urlencode " .. process.quote(name .. "=" .. tostring(value))
  end
  words[#words + 1] = process.quote(cluster.control .. "/oidc/token")
  return json.decode((curl((table.concat(words, " "):gsub("%%", "%%%%")))))
end

--- Makes the issuer refuse the next so many refreshes with that status.
function control.oidc_fails(times, status)
  control.post("/oidc/fail?times=" .. times .. "&status=" .. status)
end

--- How many refreshes the issuer has "served" and "refused".
function control.oidc_requests()
  return json.decode((curl("%s", cluster.control .. "/oidc/requests")))
end

--- The token of a ServiceAccount, "namespace/name", which lasts so long: "60s", or "-5m": it did.
function control.token(account, lasts)
  return (curl("%s", cluster.control .. "/token?sa=" .. account .. "&ttl=" .. lasts)
    :gsub("%s+$", ""))
end

--- A client certificate of the cluster for a user of a group, which lasts so long, and its key.
function control.certificate(user, group, lasts)
  return curl("%s", cluster.control .. "/cert?user=" .. user .. "&group=" .. group .. "&ttl="
    .. lasts):match("^(.-END CERTIFICATE%-+\n)(.*)$")
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
