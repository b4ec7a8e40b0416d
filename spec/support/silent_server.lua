local cluster = require("spec.support.cluster")
local kube = require("kube")
local process = require("spec.support.process")

--- A server that takes one connection and never answers: client, and function () -> "closed" once
-- the connection is closed ("open" if it is not after 20 s).
return function()
  local path = process.file([[
import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(1); s.settimeout(20)
print(s.getsockname()[1], flush=True)
try:
  c, _ = s.accept(); c.settimeout(20)
  while c.recv(65536): pass
  print("closed", flush=True)
except ConnectionResetError: print("closed", flush=True)
except socket.timeout: print("open", flush=True)
]])
  local pipe = assert(io.popen("exec python3 " .. path))
  local port = assert(pipe:read("*l"))
  local config = assert(kube.config.load {
    kubeconfig = cluster.kubeconfig("anonymous"), server = "http://127.0.0.1:" .. port,
  })
  local pods = kube.dynamic(config):resource { version = "v1", resource = "pods" }
  return pods:namespace("default"), function()
    local state = pipe:read("*l")
    pipe:close()
    os.remove(path)
    return state
  end
end
