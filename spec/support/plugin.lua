--- Credential plugins for specs: a shell script that counts its runs and then does as it is told,
-- and a kubeconfig whose user has it.
local cluster = require("spec.support.cluster")
local json = require("kube.json")
local process = require("spec.support.process")

local plugin = {}

plugin.V1 = "client.authentication.k8s.io/v1"
plugin.BETA = "client.authentication.k8s.io/v1beta1"

--- The text of an ExecCredential.
function plugin.document(status, version)
  return json.encode { kind = "ExecCredential", apiVersion = version or plugin.V1, status = status }
end

--- Seconds since 1970 as RFC 3339 text.
function plugin.moment(seconds) return os.date("!%Y-%m-%dT%H:%M:%SZ", seconds) end

local Plugin = {}
Plugin.__index = Plugin

--- What it does from now on: a shell script, in which $said is the document's path, $runs the
-- number of this run.
function Plugin:does(script)
  local file = assert(io.open(self.path, "w"))
  file:write("#!/bin/sh\necho run >> ", self.counter, "\nruns=$(wc -l < ", self.counter,
    ")\nsaid=", self.said, "\n", script, "\n")
  file:close()
  process.run("chmod 700 " .. self.path)
end

--- It prints an ExecCredential with this status from now on.
function Plugin:gives(status, version)
  local file = assert(io.open(self.said .. ".new", "w"))
  file:write(plugin.document(status, version))
  file:close()
  assert(os.rename(self.said .. ".new", self.said))
  self:does("cat $said")
end

--- It prints an ExecCredential with this status, but not before the function is called that this
-- returns. (It does not outlive its files.)
function Plugin:gives_later(status)
  local gate = self.said .. ".gate"
  self.files[#self.files + 1] = gate
  self:gives(status)
  self:does("until [ -e " .. gate .. " ] || [ ! -e $said ]; do sleep 0.02; done; cat $said")
  return function() assert(io.open(gate, "w")):close() end
end

--- How often it ran.
function Plugin:runs()
  local _, n = (process.read(self.counter) or ""):gsub("run\n", "")
  return n
end

--- The number of a process that its script wrote to $said.pid; nil before.
function Plugin:pid() return (process.read(self.said .. ".pid") or ""):match("%d+") end

--- Whether that process has ended, and was reaped.
function Plugin:is_gone() return select(2, process.run("kill -0 " .. self:pid())) ~= 0 end

--- The path of a kubeconfig for the real control plane with the plugin as its user.
-- @param exec  fields of user.exec beside or instead of the usual ones
-- @param more  { cluster = fields, user = fields }
function Plugin:kubeconfig(exec, more)
  local config = {
    apiVersion = "v1", kind = "Config", ["current-context"] = "test",
    clusters = { { name = "test", cluster = {
      server = cluster.server, ["certificate-authority"] = cluster.ca } } },
    users = { { name = "plugged", user = { exec = {
      apiVersion = plugin.V1, command = self.path, interactiveMode = "Never" } } } },
    contexts = { { name = "test", context = { cluster = "test", user = "plugged" } } },
  }
  for name, value in pairs(exec or {}) do config.users[1].user.exec[name] = value end
  more = more or {}
  for name, value in pairs(more.cluster or {}) do config.clusters[1].cluster[name] = value end
  for name, value in pairs(more.user or {}) do config.users[1].user[name] = value end
  local path = process.file(json.encode(config))
  self.files[#self.files + 1] = path
  return path
end

--- Removes all its files.
function Plugin:remove()
  for _, path in ipairs(self.files) do os.remove(path) end
end

--- A new plugin, which nobody told anything yet.
function plugin.new()
  local path = os.tmpname()
  local self = { path = path, counter = path .. ".runs", said = path .. ".said" }
  self.files = { path, self.counter, self.said, self.said .. ".pid" }
  return setmetatable(self, Plugin)
end

--- The token of the kubeconfig "token": an administrator's.
function plugin.admin_token()
  return assert(process.read(cluster.kubeconfig("token")):match("token: (%S+)"))
end

return plugin
