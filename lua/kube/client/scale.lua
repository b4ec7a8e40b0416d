--- The scale client: how many replicas something has, whatever it is (client-go's scale).
--
--   local scales = kube.scale(config):scales("default")
--   local scale = scales:get("deploy", "web")           -- a Scale of autoscaling/v1
--   scale.spec.replicas = 3
--   scales:update("deploy", scale)
--   scales:patch("carts.shop.example.com", "mine", { spec = { replicas = 3 } })
--
-- It works for all that has a subresource scale: Deployments, StatefulSets, CRDs that say so. The
-- resource is a name as kubectl takes it, or a table { group =, resource = }; with its version,
-- { group =, version =, resource = }, nothing is looked up. k:scale("deploy/web", 3) is shorter.
--
-- | case                      | client-go               | kube                                    |
-- |---------------------------|-------------------------|-----------------------------------------|
-- | apply                     | there is none           | as for other objects                    |
-- | the resource of a patch   | with its version        | as for the other verbs                  |
-- | what has no scale         | NotFound                | the same, and says why                  |
-- | the kind of Scale to send | asked of discovery once | the same, unless the server gave one    |
-- Rules: client-go scale/{client,util}.go.
local dynamic = require("kube.client.dynamic")
local errors = require("kube.api.errors")
local options = require("kube.api.options")
local rest = require("kube.client.rest")
local restmapper = require("kube.client.restmapper")
local scales = require("kube.api.scale")
local schema = require("kube.api.schema")

local scale = {}

local Client = {}
Client.__index = Client

local Scales = {}
Scales.__index = Scales

--- The scale client of a transport: one, which remembers which Scale each resource takes.
function scale.on(its_transport)
  if not its_transport.scale then
    its_transport.scale = setmetatable({
      _dynamic = dynamic.on(its_transport), _mapper = restmapper.on(its_transport),
      _transport = its_transport, _kinds = {},
    }, Client)
  end
  return its_transport.scale
end

--- The scales of a namespace; nil or "" for what is in none.
function Client:scales(namespace)
  options.check_self(self, "_kinds", "scale:scales")
  if namespace ~= nil then options.check_type(namespace, "string", "scales: the namespace") end
  return setmetatable({ _client = self, _namespace = namespace }, Scales)
end

-- ---- which resource ----

local WRITE = dynamic.SPECS.update_status
local SPECS = {
  get = { resourceVersion = "string", timeout = "number" },
  update = WRITE,
  patch = options.merge(WRITE, { type = "string" }),
  apply = options.merge(WRITE, { force = "boolean" }),
}

--- The options that were given, with ours.
local function with_scale(given) return options.merge(given, { subresource = "scale" }) end

--- The resource that is meant: resource | nil, err.
local function resolve(self, what, given)
  if type(what) == "table" and type(what.version) == "string" and what.version ~= "" then
    return what
  end
  return self._client._mapper:resource_for(what, given.timeout)
end

--- Its client in the dynamic client: client | nil, err; and the resource.
local function place(self, what, given)
  local resource, err = resolve(self, what, given)
  if not resource then return nil, err end
  local client = self._client._dynamic:resource(resource)
  if resource.namespaced == false then return client, resource end
  return client:namespace(self._namespace), resource
end

-- ---- which Scale ----

local function key_of(resource) return schema.resource_text(resource) end

local function text_of(value) return type(value) == "string" and value or "" end

--- The apiVersion of the Scale of a resource, of what a server of any age tells of a group-version.
local function find_kind(list, resource)
  local wanted = resource.resource .. "/scale"
  local resources = type(list) == "table" and list.resources
  for _, one in ipairs(type(resources) == "table" and resources or {}) do
    if type(one) == "table" and one.name == wanted then
      local group, version = text_of(one.group), text_of(one.version)
      if group == "" or version == "" then group, version = resource.group, resource.version end
      return schema.group_version(group or "", version)
    end
  end
  return nil, errors.new {
    reason = "NoMatch",
    message = string.format("could not find scale subresource for %s in discovery information",
      schema.resource_text(resource)),
  }
end

--- The same, asked for once: apiVersion | nil, err.
local function kind_of(self, resource)
  local kinds, key = self._client._kinds, key_of(resource)
  if kinds[key] then return kinds[key] end
  local group_version = schema.group_version(resource.group or "", resource.version)
  local path = ((resource.group or "") == "" and "/api/" or "/apis/") .. group_version
  local list, err = rest.on(self._client._transport):get():abs_path(path):send()
  if not list then return nil, err end
  kinds[key], err = find_kind(list, resource)
  return kinds[key], err
end

--- Whether discovery knows that a resource has no scale.
local function lacks_scale(resource)
  local all = resource.subresources
  return all ~= nil and not (" " .. table.concat(all, " ") .. " "):find(" scale ", 1, true)
end

--- What the server gave, as a Scale of autoscaling/v1: scale | nil, err.
local function receive(self, resource, answer, err)
  if answer then
    local scale_of_today, problem = scales.to_v1(answer)
    if scale_of_today then self._client._kinds[key_of(resource)] = answer.apiVersion end
    return scale_of_today, problem
  end
  if errors.predicates.is_not_found(err) and lacks_scale(resource) then
    err.message = string.format("%s: %s have no scale", err.message,
      schema.group_resource_text(resource))
  end
  return nil, err
end

-- ---- verbs ----

--- The Scale of an object, of autoscaling/v1: { metadata =, spec = { replicas = nil for none },
-- status = { replicas =, selector = "app=web" } } | nil, err (reason NotFound).
-- @param given { resourceVersion =, timeout = }
function Scales:get(resource, name, given)
  options.check_self(self, "_client", "scales:get")
  given = options.check(given, SPECS.get, "get")
  options.check_type(name, "string", "get: the name")
  local client, found = place(self, resource, given)
  if not client then return nil, found end
  return receive(self, found, client:get(name, with_scale(given)))
end

--- Updates or applies a Scale in the version that the server takes: the Scale | nil, err.
local function put(self, verb, resource, object, given)
  local client, found = place(self, resource, given)
  if not client then return nil, found end
  local api_version, err = kind_of(self, found)
  if not api_version then return nil, err end
  object, err = scales.to(scales.typed(object), api_version)
  if not object then return nil, err end
  return receive(self, found, client[verb](client, object, with_scale(given)))
end

--- Replaces the Scale of an object, which is named in it: the Scale | nil, err (reason Conflict: it
-- bears a resourceVersion, and somebody was faster).
-- @param object  a Scale as get gave it; apiVersion and kind may be left out
-- @param given { dryRun = "All", fieldManager =, fieldValidation =, timeout = }
function Scales:update(resource, object, given)
  options.check_self(self, "_client", "scales:update")
  given = options.check(given, SPECS.update, "update")
  dynamic.name_of(object, "update")
  return put(self, "update", resource, object, given)
end

--- Patches the Scale of an object: the Scale | nil, err.
-- @param patch  as resource:patch, of the Scale that the server has
-- @param given { type = "merge" (the default) | "json", dryRun = "All", fieldManager =,
--   fieldValidation =, timeout = }
function Scales:patch(resource, name, patch, given)
  options.check_self(self, "_client", "scales:patch")
  given = options.check(given, SPECS.patch, "patch")
  options.check_type(name, "string", "patch: the name")
  dynamic.check_patch(patch, given)
  local client, found = place(self, resource, given)
  if not client then return nil, found end
  return receive(self, found, client:patch(name, patch, with_scale(given)))
end

--- Server-side apply of a Scale: the Scale | nil, err (reason Conflict: another manager owns its
-- replicas; force = true takes them over).
-- @param object  a Scale, as update
-- @param given { fieldManager =, force =, dryRun = "All", fieldValidation =, timeout = }
function Scales:apply(resource, object, given)
  options.check_self(self, "_client", "scales:apply")
  given = options.check(given, SPECS.apply, "apply")
  dynamic.name_of(object, "apply")
  return put(self, "apply", resource, object, given)
end

return scale
