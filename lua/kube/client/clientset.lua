--- The clientset: the kinds of Kubernetes, each with the methods that it has (client-go's typed
-- clients, kubernetes.Interface).
--
--   local clientset = kube.clientset(config)
--   clientset:core_v1():pods("default"):list{ labelSelector = "app=web" }
--   clientset:apps_v1():deployments("default"):update(deployment)
--   clientset:core_v1():pods():list()            -- in all namespaces
--   clientset:core_v1():nodes():get("node-1")    -- which are in none
--
-- The names are Go's in snake_case: CoreV1().ConfigMaps() is core_v1():config_maps(). Every
-- group-version that client-go has is there, whether the server serves it or not. A name that is
-- not there throws, and says what is.
--
-- A resource has those that it has in Go of create, update, update_status, delete,
-- delete_collection, get, list (with which comes each), watch, patch, apply and apply_status. They
-- are the dynamic client's, with the same options. Objects may leave out apiVersion and kind, as in
-- Go, where their type says it; those of another kind throw. Where this and client-go differ:
--
-- | case                              | client-go                | kube                           |
-- |-----------------------------------|--------------------------|--------------------------------|
-- | one object of all namespaces      | sent, for the server to  | BadRequest, and nothing is     |
-- |                                   | say NotFound or          | sent: as client-go does for    |
-- |                                   | MethodNotAllowed         | subresources                   |
-- | an object that names another kind | sent as what its type is | throws                         |
local body = require("kube.client.clientset_body")
local discovery = require("kube.client.discovery")
local dynamic = require("kube.client.dynamic")
local expansions = require("kube.client.clientset_expansions")
local options = require("kube.api.options")
local schema = require("kube.api.schema")
local similar = require("kube.api.similar")

local clientset = {}

local Resource = dynamic.Resource

local function data() return require("kube.client.clientset_data") end -- when it is first used

-- ---- what does not exist ----

--- The names in tables that somebody may ask for.
local function names_in(...)
  local names, seen = {}, {}
  for _, from in ipairs { ... } do
    for name, value in pairs(from) do
      local is_one = type(value) ~= "string" and not name:find("^_") and not name:find("^open_")
      if is_one and not seen[name] then
        names[#names + 1], seen[name] = name, true
      end
    end
  end
  table.sort(names)
  return names
end

--- Throws at the code that asked for a name: from an __index.
local function absent(owner, name, names, elsewhere)
  local hint = elsewhere or similar.hint(name, names)
  if hint == "" then hint = "; it has " .. table.concat(names, ", ") end
  error(string.format("%s has no %s%s", owner, name, hint), 3)
end

--- Names that are looked for without being asked for: fields of ours, and what is no name.
local function is_private(name) return type(name) ~= "string" or name:find("^_") ~= nil end

-- ---- the verbs that want to know the kind ----

local Typed = {}

--- A verb of the dynamic client whose object is of the kind. That of a subresource may be another.
local function typed(verb, needs_name)
  return function(self, object, given)
    options.check_self(self, "_kind", verb)
    given = options.check(given, dynamic.SPECS[verb], verb)
    if not given.subresource then
      object = body.typed(object, self._kind.api_version, self._kind.kind, verb)
    end
    if needs_name then dynamic.name_of(object, verb) end
    return Resource[verb](self, object, given)
  end
end

Typed.create = typed("create", false)
Typed.update = typed("update", true)
Typed.update_status = typed("update_status", true)
Typed.apply = typed("apply", true)
Typed.apply_status = typed("apply_status", true)

-- Those that need nothing but what a dynamic resource has are its own: what they throw, they throw
-- at their caller.
for _, verb in ipairs { "delete", "delete_collection", "get", "list", "watch", "patch" } do
  Typed[verb] = Resource[verb]
end

-- Those that all namespaces can be asked.
local OF_MANY = { list = true, watch = true, delete_collection = true }

-- ---- resources ----

--- A method that needs a namespace, of a client that has none.
local function nowhere(name, accessor)
  local where = accessor .. "(namespace)"
  return function() return body.no_namespace(name, where) end
end

--- The verbs of a kind, and what they come with.
local function add_verbs(methods, kind, everywhere)
  for verb in kind.verbs:gmatch("%S+") do
    local here = not everywhere or OF_MANY[verb]
    methods[verb] = here and Typed[verb] or nowhere(verb, kind.accessor)
  end
  if methods.list then methods.each, methods.open_list = Resource.each, Resource.open_list end
  if methods.watch then methods.open_watch = Resource.open_watch end
end

local function add_expansions(methods, kind, everywhere)
  for name, what in pairs(kind.expansions) do
    methods[name] = expansions.method(kind, name, what)
    if everywhere and expansions.needs_namespace(kind, what) then
      methods[name] = nowhere(name, kind.accessor)
    end
  end
end

--- The metatable of the clients of a kind.
-- @param everywhere  whether it is for all namespaces of what has one
local function class_of(kind, everywhere)
  local methods = { _resource = kind.resource, _kind = kind }
  add_verbs(methods, kind, everywhere)
  add_expansions(methods, kind, everywhere)
  local name_of_kind = kind.api_version .. " " .. kind.resource.resource
  return {
    __index = setmetatable(methods, {
      __index = function(_, name)
        if not is_private(name) then absent(name_of_kind, name, names_in(methods)) end
      end,
    }),
  }
end

--- What a row of the table says.
local function kind_of(group, accessor, row)
  return {
    accessor = accessor, kind = row[1], namespaced = row[2], verbs = row[3],
    expansions = row[4] or {},
    api_version = schema.group_version(group.group, group.version),
    resource = {
      group = group.group, version = group.version, resource = (accessor:gsub("_", "")),
    },
  }
end

--- Throws for a namespace that is none, at the caller of the method that asks.
local function check_namespace(kind, namespace)
  if namespace ~= nil and not kind.namespaced then
    error(kind.accessor .. ": these are in no namespace", 3)
  elseif namespace ~= nil and type(namespace) ~= "string" then
    error(string.format("%s: the namespace must be a string, not %s", kind.accessor,
      type(namespace)), 3)
  end
end

local function check_self(self, class, what)
  if getmetatable(self) ~= class then
    error(string.format("%s: call it with a colon, not a dot", what), 3)
  end
end

--- core_v1:pods(namespace): the method that gives the clients of a resource.
local function getter_of(class, group, accessor, row)
  local kind = kind_of(group, accessor, row)
  local inside, everywhere
  return function(self, namespace)
    check_self(self, class, accessor)
    check_namespace(kind, namespace)
    if namespace == "" then namespace = nil end
    if kind.namespaced and not namespace then
      everywhere = everywhere or class_of(kind, true)
      return setmetatable({ _transport = self._transport }, everywhere)
    end
    inside = inside or class_of(kind, false)
    return setmetatable({ _transport = self._transport, _namespace = namespace }, inside)
  end
end

-- ---- group-versions ----

--- "; networking_v1 has it", for a resource that is elsewhere.
local function elsewhere_hint(accessor)
  local homes = {}
  for name, group in pairs(data()) do
    if type(group[accessor]) == "table" then homes[#homes + 1] = name end
  end
  table.sort(homes)
  return homes[1] and string.format("; %s %s it", table.concat(homes, ", "),
    #homes == 1 and "has" or "have") or nil
end

--- The metatable of the clients of a group-version. Their methods are made when they are asked for.
local function group_class(name, group)
  local class = {}
  class.__index = setmetatable({}, {
    __index = function(methods, accessor)
      if is_private(accessor) then return nil end
      local row = group[accessor]
      if type(row) ~= "table" then
        absent(name, accessor, names_in(group), elsewhere_hint(accessor))
      end
      methods[accessor] = getter_of(class, group, accessor, row)
      return methods[accessor]
    end,
  })
  return class
end

-- ---- the clientset ----

local Clientset = {}
local clientset_class = { __index = Clientset }

--- The discovery client of the same server: one, which remembers what it read.
function Clientset:discovery() return discovery.on(self._transport) end

--- clientset:core_v1(): the method that gives the clients of a group-version.
local function group_getter(name, group)
  local class = group_class(name, group)
  return function(self)
    check_self(self, clientset_class, name)
    return setmetatable({ _transport = self._transport }, class)
  end
end

setmetatable(Clientset, {
  __index = function(_, name)
    if is_private(name) then return nil end
    local group = data()[name]
    if not group then absent("the clientset", name, names_in(data(), Clientset)) end
    Clientset[name] = group_getter(name, group)
    return Clientset[name]
  end,
})

--- A clientset on a transport. Nothing is sent, and nothing is made before it is asked for.
function clientset.on(its_transport)
  return setmetatable({ _transport = its_transport }, clientset_class)
end

return clientset
