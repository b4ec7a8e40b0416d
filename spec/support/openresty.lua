--- examples/openresty in an nginx of its own, as it stands there, for specs.
local nginx = require("spec.support.nginx")
local uv = require("luv")

local EXAMPLES = assert(os.getenv("KUBE_SPEC_TOP")) .. "/examples/openresty"

local function conf_for(namespace)
  local file = assert(io.open(EXAMPLES .. "/nginx.conf"))
  local text = file:read("*a")
  file:close()
  return (text:gsub("127%.0%.0%.1:8080", "127.0.0.1:@PORT@")
    :gsub("worker_processes 2;", "worker_processes @WORKERS@;")
    :gsub('"default"', '"' .. namespace .. '"'))
end

--- Starts it for the cluster of a kubeconfig; its locations are about this namespace.
-- @param given  further options of nginx.start
return function(kubeconfig, namespace, given)
  local all = {
    conf = conf_for(namespace), env = { KUBECONFIG = kubeconfig },
    prepare = function(prefix) assert(uv.fs_symlink(EXAMPLES, prefix .. "/app")) end,
  }
  for name, value in pairs(given or {}) do all[name] = value end
  return nginx.start(all)
end
