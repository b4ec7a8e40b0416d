--- What the server says of its objects, as OpenAPI v3: an index, and a document for each
-- group-version. Its URL bears a hash, and what is there never changes: it is asked for once.
--
--   local apps = assert(kube.discovery(config):openapi_v3():schema("apps/v1"))
--   print(apps.components.schemas["io.k8s.api.apps.v1.Deployment"].description)
-- Rules: client-go openapi/client.go, openapi3/root.go.
local errors = require("kube.api.errors")
local helper = require("kube.client.discovery_helper")
local json = require("kube.json")
local options = require("kube.api.options")
local schema = require("kube.api.schema")
local transport = require("kube.client.transport")

local openapi = {}

local OpenAPI = {}
OpenAPI.__index = OpenAPI

--- The documents of a transport's server. Those that were read are shared by all that ask.
function openapi.on(its_transport)
  if not its_transport.openapi then its_transport.openapi = {} end
  return setmetatable({ _transport = its_transport, _texts = its_transport.openapi }, OpenAPI)
end

-- ---- pure ----

--- The key of a group-version in the index: "apis/apps/v1", "api/v1".
function openapi.path_of(group_version)
  local group, version = helper.split(group_version)
  if group == "" then return "api/" .. version end
  return "apis/" .. group .. "/" .. version
end

--- The group-version of a key: "apps/v1", "v1"; nil where it is none ("apis/apps", "version").
function openapi.group_version_of(path)
  local group, version = path:match("^apis/([^/]*)/([^/]*)")
  if group then return schema.group_version(group, version) end
  return path:match("^api/([^/]*)")
end

-- ---- with a server ----

--- Forgets the texts that an index has not any more: a server that changes for ever must not fill
-- the memory.
local function forget_old(texts, paths)
  local current = {}
  for _, entry in pairs(paths) do
    local url = type(entry) == "table" and entry.serverRelativeURL
    if type(url) == "string" then current[url] = true end
  end
  for url in pairs(texts) do
    if not current[url] then texts[url] = nil end
  end
end

--- The index: a table of "apis/apps/v1" -> { serverRelativeURL = }, also of paths that are no
-- group-version's | nil, err. Asks the server once; see discovery:invalidate.
function OpenAPI:paths()
  if not self._paths then
    local call, err = self._transport:start("openapi_v3")
    if not call then return nil, err end
    local index, problem = transport.finish(call, function(c) return c:next() end)
    if not index then return nil, problem end
    local paths = type(index) == "table" and index.paths
    self._paths = type(paths) == "table" and paths or {}
    forget_old(self._texts, self._paths)
  end
  return self._paths
end

--- The group-versions that have a document, sorted: a list of "apps/v1" | nil, err.
function OpenAPI:group_versions()
  local paths, err = self:paths()
  if not paths then return nil, err end
  local names = {}
  for path in pairs(paths) do
    names[#names + 1] = type(path) == "string" and openapi.group_version_of(path) or nil
  end
  table.sort(names)
  return names
end

local function read_text(call) return call:text() end

--- The text at a URL of the index: text | nil, err.
local function text_of(self, url)
  if self._texts[url] then return self._texts[url] end
  local call, err = self._transport:start("openapi_v3_schema", url)
  if not call then return nil, err end
  local text, problem = transport.finish(call, read_text)
  if text and url:find("[?&]hash=") then self._texts[url] = text end
  return text, problem
end

--- The document of a group-version ("apps/v1"): a table, yours to change | nil, err (reason
-- NotFound: the server has none).
function OpenAPI:schema(group_version)
  options.check_type(group_version, "string", "openapi_v3:schema: the group-version")
  local paths, err = self:paths()
  if not paths then return nil, err end
  local entry = paths[openapi.path_of(group_version)]
  if type(entry) ~= "table" or type(entry.serverRelativeURL) ~= "string" then
    return nil, errors.new {
      reason = "NotFound",
      message = string.format("GroupVersion (%s) not found as OpenAPI V3 path", group_version),
    }
  end
  local text, problem = text_of(self, entry.serverRelativeURL)
  if not text then return nil, problem end
  return json.decode(text)
end

return openapi
