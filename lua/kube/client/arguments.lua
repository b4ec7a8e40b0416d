--- How the k:... functions are called: their options, and what may stand in front of them. All of
-- it throws at the caller of the function that asks.
local dynamic = require("kube.client.dynamic")
local options = require("kube.api.options")
local scaling = require("kube.client.scaling")
local wait = require("kube.client.wait")

local arguments = {}

-- ---- options: those of the dynamic client, and where ----

local WHERE = { namespace = "string" }
local WHERE_ALL = { namespace = "string", all_namespaces = "boolean" }
local SPECS = {}
for verb, spec in pairs(dynamic.SPECS) do
  local many = verb == "list" or verb == "watch" or verb == "delete_collection"
  SPECS[verb] = options.merge(spec, many and WHERE_ALL or WHERE)
end

SPECS.wait = options.merge(wait.SPEC, WHERE_ALL)
SPECS.scale = options.merge(scaling.SPEC, WHERE)

--- Splits options: those for the dynamic client, and the rest stays.
function arguments.without_where(given)
  local rest = {}
  for name, value in pairs(given) do
    if name ~= "namespace" and name ~= "all_namespaces" then rest[name] = value end
  end
  return rest
end

--- That it was called with a colon. Throws at the caller of the function `level` above (2).
function arguments.check_self(self, what, level)
  if type(self) ~= "table" or self._mapper == nil then
    error(string.format("call it with a colon: k:%s(...)", what), (level or 2) + 1)
  end
end

--- What every method checks first: how it was called, and its options. Throws at its caller.
function arguments.check(self, given, what)
  arguments.check_self(self, what, 3)
  if type(self.namespace) ~= "string" then
    error("k.namespace must be a string, not a " .. type(self.namespace), 3)
  end
  given = options.check(given, SPECS[what == "each" and "list" or what], what, 3)
  if given.namespace and given.all_namespaces then
    error(what .. ": namespace and all_namespaces exclude each other", 3)
  end
  return given
end

--- "pod/web-0" names both: kind, name, and the arguments that follow, which then may stand one
-- place further to the front.
function arguments.split(self, kind, name, a, b, what)
  arguments.check_self(self, what, 3)
  options.check_type(kind, "string", what .. ": the kind", 3)
  local left, right = kind:match("^([^/]+)/(.+)$")
  if not left then
    options.check_type(name, "string", what .. ": the name", 3)
    return kind, name, a, b
  end
  if name == nil then return left, right, a, b end
  if b ~= nil or type(name) == "string" and what ~= "patch" then
    error(string.format("%s: the name is given twice: %q, %q", what, kind, tostring(name)), 3)
  end
  return left, right, name, a
end

--- A kind alone: of a list, a watch.
function arguments.check_kind(kind, what)
  options.check_type(kind, "string", what .. ": the kind", 3)
  if kind:find("/", 1, true) then
    error(string.format("%s: the kind %q names an object; k:get takes that", what, kind), 3)
  end
end

--- An object that says what it is.
function arguments.check_object(object, what)
  if type(object) ~= "table" then
    error(string.format("%s: an object (a table) is needed, not a %s", what, type(object)), 3)
  end
  if type(object.apiVersion) ~= "string" or type(object.kind) ~= "string" then
    error(string.format("%s: the object needs apiVersion and kind", what), 3)
  end
end

return arguments
