--- Configurations: who we are, and which server. Reads files and nothing else. A configuration
-- shows where, never who: none of its fields holds a token or a key.
local core = require("kube.core")
local options = require("kube.api.options")

local config = {}

local Config = {}
Config.__index = Config

--- Shows where, never who: a configuration holds secrets.
function Config:__tostring()
  return string.format("kube.config: %s (%s)", self.server, self.source)
end

local SPEC = {
  kubeconfig = "string", context = "string", cluster = "string", user = "string",
  namespace = "string", server = "string",
}

--- The options that config.load takes.
config.SPEC = SPEC

--- Loads a configuration as kubectl does: an explicit file, else the list in KUBECONFIG, else
-- ~/.kube/config, else the service account of a pod.
-- @param given { kubeconfig = path, context = instead of current-context, cluster =, user =,
--   namespace = (these three instead of the context's), server = URL instead of the cluster's },
--   all optional
-- @return config with the fields server (a URL), namespace ("default" when nothing says another),
--   context ("" in a pod) and source (the files that were read, or "in-cluster") | nil, err (reason
--   Config: every place that was looked at, and why it would not do)
function config.load(given)
  given = options.check(given, SPEC, "kube.config.load")
  local handle, err = core.config(given)
  if not handle then return nil, err end
  local self = handle:describe()
  self._handle = handle
  return setmetatable(self, Config)
end

--- Whether a value is a configuration that kube.config.load made.
function config.is(value) return getmetatable(value) == Config end

return config
