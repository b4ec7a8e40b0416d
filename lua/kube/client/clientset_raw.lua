--- The methods of typed clients whose answers are bytes: the logs of a pod, and what a pod or a
-- service says through the server's proxy. As in client-go each gives a request, which is then sent
-- by :raw(), for all of it, or by :stream(), as it comes (rest.lua).
--
--   local pods = clientset:core_v1():pods("default")
--   print(pods:get_logs("web-0", { tailLines = 10 }):raw())
--   for piece in pods:get_logs("web-0", { follow = true }):stream() do io.write(piece) end
--   clientset:core_v1():services("default"):proxy_get("http", "web", "80", "/health"):raw()
--
-- | method                                      | what it takes                                   |
-- |---------------------------------------------|-------------------------------------------------|
-- | get_logs(name, options)                     | of PodLogOptions: container, follow, previous,  |
-- |                                             | sinceSeconds, sinceTime, timestamps, tailLines, |
-- |                                             | limitBytes, insecureSkipTLSVerifyBackend,       |
-- |                                             | stream; and timeout, in seconds                 |
-- | proxy_get(scheme, name, port, path, params) | scheme ("http", "https"), port (a number as     |
-- |                                             | text, or its name) and path may be "" or nil;   |
-- |                                             | params { name = value } of the query, or nil    |
--
-- Sources: client-go kubernetes/typed/core/v1/{pod,service}_expansion.go, apimachinery
-- util/net/port_split.go.
local options = require("kube.api.options")
local rest = require("kube.client.rest")

local raw = {}

--- PodLogOptions: k8s.io/api core/v1/types.go.
local LOG_OPTIONS = {
  container = "string", follow = "boolean", previous = "boolean", sinceSeconds = "integer",
  sinceTime = "string", timestamps = "boolean", tailLines = "integer", limitBytes = "integer",
  insecureSkipTLSVerifyBackend = "boolean", stream = "string", timeout = "number",
}

--- A GET of a subresource of an object of a typed client.
local function request_of(self, name, subresource)
  local resource = self._resource
  return rest.on(self._transport):group_version(resource.group, resource.version):get()
    :namespace(self._namespace):resource(resource.resource):name(name):subresource(subresource)
end

--- pods:get_logs(name, options): a request.
function raw.get_logs(self, name, given)
  options.check_self(self, "_kind", "get_logs")
  given = options.check(given, LOG_OPTIONS, "get_logs")
  options.check_type(name, "string", "get_logs: the name")
  local request = request_of(self, name, "log")
  for option, value in pairs(given) do
    if option ~= "timeout" then request:param(option, value) end
  end
  if given.timeout then request:timeout(given.timeout) end
  return request
end

--- How a proxy is told the scheme and the port of what it asks.
local function target_of(scheme, name, port)
  if scheme ~= "" then return scheme .. ":" .. name .. ":" .. port end
  return port ~= "" and name .. ":" .. port or name
end

--- pods:proxy_get(scheme, name, port, path, params): a request.
function raw.proxy_get(self, scheme, name, port, path, params)
  options.check_self(self, "_kind", "proxy_get")
  options.check_type(name, "string", "proxy_get: the name")
  for what, value in pairs { scheme = scheme or "", port = port or "", path = path or "" } do
    options.check_type(value, "string", "proxy_get: the " .. what)
  end
  local request = request_of(self, target_of(scheme or "", name, port or ""), "proxy")
  if path and path ~= "" then request:suffix(path) end
  return request:params(params or {})
end

return raw
