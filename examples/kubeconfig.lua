-- Makes a kubeconfig for a service account's token, as kubectl config would, and shows it.
--   lua kubeconfig.lua FILE SERVER TOKEN
local kube = require("kube")

local file, server, token = ...
if not token then
  io.stderr:write("usage: kubeconfig.lua FILE SERVER TOKEN\n")
  os.exit(2)
end

local options = { kubeconfig = file, timeout = 5 } -- another may be writing it: wait so long
assert(kube.config.set_cluster("robot", { server = server }, options))
assert(kube.config.set_user("robot", { token = token }, options))
assert(kube.config.set_context("robot", { cluster = "robot", user = "robot" }, options))
assert(kube.config.use_context("robot", options))

-- Without raw = true a view shows no secrets.
io.write(kube.yaml.dump(assert(kube.config.view { kubeconfig = file })))
