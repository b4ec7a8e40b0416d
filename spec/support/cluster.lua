--- The control plane that spec/run.sh started, for specs.
local eventually = require("spec.support.eventually")
local kube = require("kube")
local json = require("kube.json")

local line = os.getenv("KUBE_SPEC_CLUSTER")
if not line or line == "" then
  error("no control plane: run the specs with `make spec LUA=... SPEC=...`", 0)
end

local cluster = assert(json.decode(line))
local lua = os.getenv("KUBE_SPEC_LUA") or "lua"
local serial = 0

--- The path of a kubeconfig: admin, token, denied, wrong-token, wrong-ca, anonymous, viewer,
-- cert-files, impersonating.
function cluster.kubeconfig(name)
  return assert(cluster.kubeconfigs[name], "no such kubeconfig: " .. tostring(name))
end

--- A client of one of those users.
function cluster.connect(name, given)
  local options = { kubeconfig = cluster.kubeconfig(name or "admin") }
  for key, value in pairs(given or {}) do options[key] = value end
  return assert(kube.connect(options))
end

--- A name that no other spec of this run has.
function cluster.unique(prefix)
  serial = serial + 1
  local clean = lua:gsub("[^%w]", "")
  return string.format("%s-%s-%d-%d", prefix, clean, os.time() % 100000, serial)
end

--- Makes a namespace of its own for a spec file and returns its name, when the ConfigMap has come
-- that a controller puts into each: whoever watches there is not surprised by it. It is not
-- removed: the whole control plane is, at the end of the run.
function cluster.namespace(prefix)
  local name, k = cluster.unique(prefix), cluster.connect("admin")
  assert(k:create { apiVersion = "v1", kind = "Namespace", metadata = { name = name } })
  eventually(function() return k:get("configmap", "kube-root-ca.crt", { namespace = name }) end, 60)
  return name
end

--- A ConfigMap, which is not made.
function cluster.config_map(namespace, name, data, labels)
  return {
    apiVersion = "v1", kind = "ConfigMap", data = data,
    metadata = { name = name, namespace = namespace, labels = labels },
  }
end

--- Who a client is to the API server: { username =, uid =, groups =, extra = } | nil, err.
function cluster.who(client)
  local review, err = client:create {
    apiVersion = "authentication.k8s.io/v1", kind = "SelfSubjectReview",
  }
  if not review then return nil, err end
  return review.status.userInfo
end

--- Waits until check() gives something true, and returns it. Fails after `timeout` seconds (30).
function cluster.eventually(check, timeout) return eventually(check, timeout or 30) end

return cluster
