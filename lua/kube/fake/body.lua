--- The bodies of requests: bytes to objects, with the checks and words of kube-apiserver.
local json = require("kube.json")
local status = require("kube.fake.status")
local tables = require("kube.fake.tables")
local types = require("kube.fake.types")
local yaml = require("kube.yaml")

local body = {}

--- The media type of a request, without parameters, in lower case.
function body.media_type(request)
  local given = request.headers["content-type"] or ""
  return (given:match("^[^;]*"):match("^.*%S") or ""):lower() -- "%s+$" would be quadratic
end

--- What went wrong with JSON, in Go's words where a text just ends.
local function json_fault(text, err)
  if text:find("^%s*$") then return "unexpected end of JSON input" end
  if err.offset and err.offset >= #text then return "unexpected end of JSON input" end
  return err.message
end

body.json_fault = json_fault

local READERS = {
  ["application/json"] = function(text)
    local value, err = json.decode(text)
    if value ~= nil then return value end
    return nil, json_fault(text, err)
  end,
  ["application/yaml"] = function(text)
    local documents, err = yaml.load_all(text)
    if not documents then return nil, err.message end
    return documents[1] == nil and {} or documents[1]
  end,
}
READERS["application/vnd.kubernetes.protobuf"] = function()
  return nil, status.not_implemented("protobuf", "send application/json")
end

--- The Go type that messages name for what should be an object.
body.GO_STRUCT = 'Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; '
  .. 'Kind string "json:\\"kind,omitempty\\"" }'

local UNRECOGNIZED = "the object provided is unrecognized (must be of type %s): couldn't get "
  .. "version/kind; json parse error: %s (%s)"

local function hex(text)
  return (text:gsub(".", function(c) return string.format("%02x", c:byte()) end))
end

--- What is no object at all; it is shown in hex where it does not even begin like one.
local function unrecognized(resource, why, text)
  local shown = text:find("^{") and text:sub(1, 1024) or hex(text:sub(1, 1024))
  return status.bad_request(UNRECOGNIZED:format(resource.kind, why,
    text == "" and "<empty>" or shown))
end

--- The value of a body | nil, failure.
local function read(request, resource)
  local media = body.media_type(request)
  local reader = READERS[media == "" and "application/json" or media]
  if not reader then return nil, status.unsupported_body() end
  local value, why = reader(request.body)
  if value == nil and type(why) == "table" then return nil, why end
  if value == nil then return nil, unrecognized(resource, why, request.body) end
  if value == json.null then return {} end
  if type(value) ~= "table" or json.is_array(value) then
    return nil, unrecognized(resource, string.format("json: cannot unmarshal %s into %s",
      types.called(value), body.GO_STRUCT), request.body)
  end
  for _, name in ipairs { "kind", "apiVersion" } do
    if value[name] ~= nil and type(value[name]) ~= "string" then
      return nil, unrecognized(resource, string.format("json: cannot unmarshal %s into Go struct "
        .. "field .%s of type string", types.called(value[name]), name), request.body)
    end
  end
  return value
end

-- ---- whether it is of the kind ----

--- "apps", "v1" of "apps/v1"; "", "v1" of "v1".
function body.group_version(api_version)
  local group, version = api_version:match("^(.*)/(.*)$")
  return group or "", version or api_version
end

local function cannot(resource, object, why)
  local _, version = body.group_version(tostring(object.apiVersion or resource.apiVersion))
  return status.bad_request(string.format('%s in version "%s" cannot be handled as a %s: %s',
    tostring(object.kind or resource.kind), version, resource.kind, why))
end

--- What is wrong with kind and apiVersion, or nil. Left out, they are those of the path.
function body.kind_fault(catalog, resource, object)
  local kind, api_version = object.kind or "", object.apiVersion or ""
  if type(kind) ~= "string" or type(api_version) ~= "string" then
    return "json: cannot unmarshal object into Go struct field .kind of type string"
  end
  if kind == "" then kind = resource.kind end
  if api_version == "" then api_version = resource.apiVersion end
  if kind == resource.kind and api_version == resource.apiVersion then return nil end
  local _, version = body.group_version(api_version)
  if not catalog:of_kind(api_version, kind) then
    return string.format('no kind "%s" is registered for version "%s" in scheme '
      .. '"pkg/runtime/scheme.go:111"', kind, api_version)
  end
  return string.format("converting (%s.%s) to (core.%s): unknown conversion", version, kind,
    resource.kind)
end

--- The namespace of an object and that of the path must be one: true | nil, failure.
function body.place(resource, object, namespace)
  local metadata = object.metadata
  local own = metadata.namespace or ""
  if resource.namespaced and own ~= "" and own ~= namespace then
    return nil, status.bad_request("the namespace of the provided object does not match the "
      .. "namespace sent on the request")
  end
  metadata.namespace = resource.namespaced and namespace or nil
  return true
end

--- The name of an object and that of the path must be one: true | nil, failure.
function body.check_name(object, name)
  local own = object.metadata.name or ""
  if own == "" then
    return nil, status.bad_request(string.format("the name of the object (%s based on URL) was "
      .. "undeterminable: name must be provided", name))
  end
  if own == name then return true end
  return nil, status.bad_request(string.format("the name of the object (%s) does not match the "
    .. "name on the URL (%s)", own, name))
end

--- An object as lifecycle takes it: without nulls where the kind has types.
function body.clean(resource, object)
  types.settle(object, resource.custom and "" or resource.kind)
  if not resource.custom then object = tables.deep(object) end
  if object.metadata == nil then object.metadata = {} end
  return object
end

--- The object that a create or update sends | nil, failure.
function body.object(world, request, asked)
  local resource = asked.resource
  local object, failure = read(request, resource)
  if not object then return nil, failure end
  local why = body.kind_fault(world.catalog, resource, object)
    or types.fault(object, resource.custom and "" or resource.kind)
  if why then return nil, cannot(resource, object, why) end
  object = body.clean(resource, object)
  local ok
  ok, failure = body.place(resource, object, asked.namespace)
  if not ok then return nil, failure end
  return object
end

return body
