--- What a typed client does to the objects that it is given: in Go their type says what they are,
-- here they may leave it out, and are refused when they say something else.
local errors = require("kube.api.errors")

local body = {}

local function copy(object)
  local twin = {}
  for key, value in pairs(object) do twin[key] = value end
  return setmetatable(twin, getmetatable(object))
end

--- Throws, at the caller of the method that asks, for an object that is of another kind.
local function check(object, api_version, kind, what)
  if type(object) ~= "table" then
    error(string.format("%s: the object must be a table, not %s", what, type(object)), 4)
  end
  if object.kind ~= nil and object.kind ~= kind
      or object.apiVersion ~= nil and object.apiVersion ~= api_version then
    error(string.format("%s: the object is %s %s, not %s %s", what,
      tostring(object.apiVersion or api_version), tostring(object.kind or kind), api_version,
      kind), 4)
  end
end

--- The object with its apiVersion and kind, which it may lack: itself, or a copy that has them.
function body.typed(object, api_version, kind, what)
  check(object, api_version, kind, what)
  if object.apiVersion and object.kind then return object end
  object = copy(object)
  object.apiVersion, object.kind = api_version, kind
  return object
end

--- The same for one whose name was given too: its own must not be another.
function body.named(object, api_version, kind, name, what)
  check(object, api_version, kind, what)
  local metadata = type(object.metadata) == "table" and object.metadata or {}
  if type(name) ~= "string" then
    error(string.format("%s: the name must be a string, not %s", what, type(name)), 3)
  elseif metadata.name ~= nil and metadata.name ~= name then
    error(string.format("%s: the name is %q, and that of the object %q", what, name,
      tostring(metadata.name)), 3)
  end
  object = copy(object)
  object.apiVersion, object.kind, object.metadata = api_version, kind, copy(metadata)
  object.metadata.name = name
  return object
end

--- For what can be asked only of one namespace: nil, err. The words are those of client-go's
-- rest/request.go.
-- @param where  what would have said which
function body.no_namespace(what, where)
  return nil, errors.new {
    reason = "BadRequest",
    message = string.format("%s: an empty namespace may not be set %s; %s says which",
      what, what == "create" and "during creation" or "when a resource name is provided", where),
  }
end

return body
