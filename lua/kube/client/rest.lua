--- The RESTClient: any request to the server, written piece by piece (client-go's rest.Request).
--
--   local rest = kube.rest(config)                     -- of the core group; rest:group_version
--   local pod = rest:get():namespace("default"):resource("pods"):name("web-0"):send()
--   local text = rest:get():abs_path("/healthz"):raw()
--   local lines = rest:get():namespace("default"):resource("pods"):name("web-0"):subresource("log")
--     :param("follow", "true"):stream()
--
-- Nothing is sent, and nothing looked up, before send, raw or stream. A request may be sent again.
local errors = require("kube.api.errors")
local json = require("kube.json")
local options = require("kube.api.options")
local selector = require("kube.api.selector")
local stream = require("kube.client.stream")
local transport = require("kube.client.transport")

local rest = {}

local Rest = {}
Rest.__index = Rest

local Request = {}
Request.__index = Request

--- The REST client of a transport, of the core group.
function rest.on(its_transport)
  return setmetatable({ _transport = its_transport, _group = "", _version = "v1" }, Rest)
end

--- A REST client of another group and version: rest:group_version("apps", "v1").
function Rest:group_version(group, version)
  options.check_self(self, "_transport", "rest:group_version")
  options.check_type(group, "string", "rest:group_version: the group")
  options.check_type(version, "string", "rest:group_version: the version")
  return setmetatable({ _transport = self._transport, _group = group, _version = version }, Rest)
end

-- ---- verbs ----

--- Notes a step of a request for the core: an operation and two values.
local function add(self, operation, value, second)
  local steps = self._steps
  local n = #steps
  steps[n + 1], steps[n + 2], steps[n + 3] = operation, value, second or ""
  return self
end

--- A request with any verb: "GET", "HEAD", ...
function Rest:verb(verb)
  options.check_self(self, "_transport", "rest:verb")
  options.check_type(verb, "string", "rest:verb: the verb")
  local request = setmetatable({ _transport = self._transport, _verb = verb, _steps = {} }, Request)
  return add(request, "group_version", self._group, self._version)
end

--- A GET.
function Rest:get()
  options.check_self(self, "_transport", "rest:get")
  return self:verb("GET")
end

--- A POST, which creates.
function Rest:post()
  options.check_self(self, "_transport", "rest:post")
  return self:verb("POST")
end

--- A PUT, which replaces.
function Rest:put()
  options.check_self(self, "_transport", "rest:put")
  return self:verb("PUT")
end

local PATCH_TYPES = {
  json = "application/json-patch+json", merge = "application/merge-patch+json",
  strategic = "application/strategic-merge-patch+json", apply = "application/apply-patch+yaml",
}

--- A PATCH, whose body is one of type: "json", "merge", "strategic" or "apply".
function Rest:patch(patch_type)
  options.check_self(self, "_transport", "rest:patch")
  local content_type = PATCH_TYPES[patch_type]
  if not content_type then
    error('rest:patch: the type must be "json", "merge", "strategic" or "apply"', 2)
  end
  local request = self:verb("PATCH")
  request._content_type = content_type
  return request
end

--- A DELETE.
function Rest:delete()
  options.check_self(self, "_transport", "rest:delete")
  return self:verb("DELETE")
end

-- ---- pieces ----

--- Segments of a path, one or several, as one text.
local function joined(name, ...)
  local segments = { ... }
  for i = 1, select("#", ...) do -- nil is none
    options.check_type(segments[i], "string", "request:" .. name .. ": a segment", 3)
  end
  return table.concat(segments, "/")
end

--- The namespace; "" is all of them, where that can be.
function Request:namespace(namespace)
  options.check_self(self, "_transport", "request:namespace")
  options.check_type(namespace, "string", "request:namespace: the namespace")
  return add(self, "namespace", namespace)
end

--- The resource, "pods": it stands in lower case.
function Request:resource(resource)
  options.check_self(self, "_transport", "request:resource")
  options.check_type(resource, "string", "request:resource: the resource")
  return add(self, "resource", resource)
end

--- The name of the object.
function Request:name(name)
  options.check_self(self, "_transport", "request:name")
  options.check_type(name, "string", "request:name: the name")
  return add(self, "name", name)
end

--- What is below the object: "status", or "proxy", "metrics".
function Request:subresource(...)
  options.check_self(self, "_transport", "request:subresource")
  return add(self, "subresource", joined("subresource", ...))
end

--- What follows all that. It may be called again, and adds to what it said.
function Request:suffix(...)
  options.check_self(self, "_transport", "request:suffix")
  return add(self, "suffix", joined("suffix", ...))
end

--- In place of /api/v1: a path below that of the server. A '/' at its end stays. It has no query:
-- that is what param, or request_uri, is for.
function Request:abs_path(...)
  options.check_self(self, "_transport", "request:abs_path")
  return add(self, "abs_path", joined("abs_path", ...))
end

local function is_exact(number) return number % 1 == 0 and math.abs(number) < 2 ^ 63 end

--- Throws at the caller of the method that asks.
local function add_param(self, name, value, what)
  options.check_type(name, "string", what .. ": the name", 3)
  if type(value) ~= "string" and type(value) ~= "number" and type(value) ~= "boolean" then
    error(what .. ": the value must be a string, a number or a boolean", 3)
  end
  if type(value) == "number" and is_exact(value) then value = string.format("%d", value) end
  return add(self, "param", name, tostring(value))
end

--- A parameter of the query; the value is a string, a number or a boolean. A name may come again.
function Request:param(name, value)
  options.check_self(self, "_transport", "request:param")
  add_param(self, name, value, "request:param")
  return self
end

--- The values of a parameter: of a list those in it, and of a selector its text. Throws for what is
-- neither: a selector that was left out would choose everything.
local function values_of(name, value)
  if type(value) ~= "table" then return { value } end
  if selector.is(value) or selector.fields.is(value) then
    if value:is_nothing() then error("request:params: " .. name .. " chooses nothing", 3) end
    return { tostring(value) }
  end
  if #value == 0 or next(value, #value) ~= nil then
    error(string.format("request:params: %s must be a value, a list of values or a selector",
      tostring(name)), 3)
  end
  return value
end

--- Several parameters: { name = value, or a list of values, or a selector of kube.selector }.
function Request:params(all)
  options.check_self(self, "_transport", "request:params")
  options.check_type(all, "table", "request:params: the parameters")
  for name, value in pairs(all) do
    for _, one in ipairs(values_of(name, value)) do add_param(self, name, one, "request:params") end
  end
  return self
end

local function unescaped(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(code)
    return string.char(tonumber(code, 16))
  end))
end

--- A path with its query, as they stand in a URL: request_uri("/api/v1/pods?limit=1"). As kubectl
-- get --raw takes it.
function Request:request_uri(uri)
  options.check_self(self, "_transport", "request:request_uri")
  options.check_type(uri, "string", "request:request_uri: the URI")
  local path, query = uri:match("^([^?]*)%??(.*)$")
  for pair in query:gmatch("[^&]+") do
    local name, value = pair:match("^([^=]*)=?(.*)$")
    add(self, "param", unescaped(name), unescaped(value))
  end
  return add(self, "abs_path", unescaped((path:gsub("+", "%%2B"))))
end

--- A header, in place of ours (Accept, User-Agent, Authorization) or of what was set before.
function Request:header(name, value)
  options.check_self(self, "_transport", "request:header")
  options.check_type(name, "string", "request:header: the name")
  options.check_type(value, "string", "request:header: the value")
  return add(self, "header", name, value)
end

--- The body: bytes as they are, or a table, which is written as JSON.
-- @param body  a string or a table
-- @param content_type  its media type: "application/json", or that of the patch
-- @return the request; what cannot be written as JSON is told by send, raw and stream
function Request:body(body, content_type)
  options.check_self(self, "_transport", "request:body")
  if type(body) ~= "string" and type(body) ~= "table" then
    error("request:body: the body must be a string or a table", 2)
  end
  options.check_type(content_type or "", "string", "request:body: the content type")
  local text, err = body, nil
  if type(body) == "table" then text, err = json.encode(body) end
  if not text then
    self._broken = self._broken or err
    return self
  end
  return add(self, "body", text, content_type or self._content_type or "application/json")
end

--- Seconds that all of it may take, the tries among them; the server is told, too.
function Request:timeout(seconds)
  options.check_self(self, "_transport", "request:timeout")
  options.check_type(seconds, "number", "request:timeout: the seconds")
  return add(self, "timeout", seconds)
end

--- How often it is sent again: instead of the configuration's max_retries.
function Request:max_retries(count)
  options.check_self(self, "_transport", "request:max_retries")
  options.check_type(count, "integer", "request:max_retries: the count")
  return add(self, "max_retries", count)
end

-- ---- sending ----

local function start(self, how)
  if self._broken then return nil, self._broken end
  return self._transport:start(how, self._verb, self._steps)
end

local function content(call) return call:content() end

local function text(call) return call:text() end

--- Sends it and waits: the object that comes, decoded, or the text where it is no JSON | nil, err
-- (what the server says; reason BadRequest: it cannot be sent).
function Request:send()
  options.check_self(self, "_transport", "request:send")
  local call, err = start(self, "rest_send")
  if not call then return nil, err end
  local object, problem = transport.finish(call, content)
  if type(object) == "table" and object.kind == "Status" and object.status == "Failure" then
    return nil, errors.from_status(object) -- a success that says no: Result.Get of client-go
  end
  if object == nil then return nil, problem end
  return object
end

--- Sends it and waits: the bytes that come, whatever they are | nil, err.
function Request:raw()
  options.check_self(self, "_transport", "request:raw")
  local call, err = start(self, "rest_send")
  if not call then return nil, err end
  return transport.finish(call, text)
end

--- Sends it: a stream of the bytes that come, in pieces of any length | nil, err. What the server
-- refuses is told by the stream's first next.
function Request:stream()
  options.check_self(self, "_transport", "request:stream")
  local out = stream.new(function()
    local call, err = start(self, "rest_stream")
    if not call then return nil, err end
    return call, text
  end)
  local ok, err = out:open()
  if not ok then return nil, err end
  return out
end

--- The URL that it would be sent to | nil, err (reason BadRequest: what cannot be).
function Request:url()
  options.check_self(self, "_transport", "request:url")
  if self._broken then return nil, self._broken end
  return self._transport:start("rest_url", self._verb, self._steps)
end

return rest
