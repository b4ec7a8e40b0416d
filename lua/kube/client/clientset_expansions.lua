--- The methods that some typed clients have beyond the verbs: subresources mostly, and what
-- client-go wrote by hand, in its kubernetes/typed/*/*/*_expansion.go.
--
--   clientset:apps_v1():deployments("default"):update_scale("web", { spec = { replicas = 3 } })
--   clientset:core_v1():pods("default"):evict{ metadata = { name = "web-0" } }
--   clientset:core_v1():events("default"):search(pod)
--
-- | method                                            |                                           |
-- |---------------------------------------------------|-------------------------------------------|
-- | get_scale(name, options)                          | a Scale                                   |
-- | update_scale(name, scale, options)                | the Scale                                 |
-- | apply_scale(name, scale, options)                 | the Scale                                 |
-- | update_ephemeral_containers(name, pod, options)   | the Pod                                   |
-- | update_resize(name, pod, options)                 | the Pod                                   |
-- | bind(binding, options)                            | a Status; metadata.name is the pod's      |
-- | evict(eviction, options)                          | the same; evict_v1 and evict_v1beta1 too  |
-- | create_token(name, token_request, options)        | the TokenRequest, with its status.token   |
-- | update_approval(name, request, options)           | the CertificateSigningRequest; in         |
-- |                                                   | certificates_v1beta1 without the name     |
-- | finalize(namespace, options)                      | the Namespace                             |
-- | patch_status(name, patch, options)                | the Node; a strategic merge patch         |
-- | rollback(deployment_rollback, options)            | a Status                                  |
-- | create_with_event_namespace(event, options)       | the Event, in the namespace that it names |
-- | update_with_event_namespace(event, options)       | the same                                  |
-- | patch_with_event_namespace(event, patch, options) | the same, by a strategic merge patch      |
-- | get_logs(name, options)                           | a request: :raw() gives the text,         |
-- |                                                   | :stream() it piece by piece               |
-- | proxy_get(scheme, name, port, path, params)       | the same, of a Pod or a Service           |
-- | search(object, options)                           | the list of the Events about an object,   |
-- |                                                   | or about what an ObjectReference names    |
-- | get_field_selector(name, namespace, kind, uid)    | the fieldSelector of such Events; what is |
-- |                                                   | nil may be anything                       |
--
-- The options are the dynamic client's. Where client-go and this differ:
--
-- | case                                    | client-go               | kube                      |
-- |-----------------------------------------|-------------------------|---------------------------|
-- | evict, without an apiVersion            | policy/v1beta1          | policy/v1                 |
-- | evictions, without a metadata.namespace | refused                 | the client's namespace    |
-- | update_scale, without a metadata.name   | sent, and refused       | the name that was given   |
-- | search, for what does not say its kind  | the kind of its Go type | of any kind               |
local body = require("kube.client.clientset_body")
local dynamic = require("kube.client.dynamic")
local errors = require("kube.api.errors")
local options = require("kube.api.options")
local raw = require("kube.client.clientset_raw")
local selector = require("kube.api.selector")

local expansions = {}

local Resource = dynamic.Resource

-- ---- what each takes ----

local function without(spec, ...)
  spec = options.merge(spec)
  for _, name in ipairs { ... } do spec[name] = nil end
  return spec
end

local WRITE = dynamic.SPECS.update_status
local SPECS = {
  get = without(dynamic.SPECS.get, "subresource"),
  create = WRITE,
  update = WRITE,
  patch = WRITE,
  apply = without(dynamic.SPECS.apply, "subresource"),
  search = without(dynamic.SPECS.list, "fieldSelector"),
}

local with = options.merge -- the options that were given, with ours

-- ---- a subresource, by the table's word ----

local function get(_, what, name_of_method)
  return function(self, name, given)
    options.check_self(self, "_kind", name_of_method)
    given = options.check(given, SPECS.get, name_of_method)
    options.check_type(name, "string", name_of_method .. ": the name")
    return Resource.get(self, name, with(given, { subresource = what[2] }))
  end
end

--- patch_status, which client-go has for nodes.
local function patch(_, what, name_of_method)
  return function(self, name, change, given)
    options.check_self(self, "_kind", name_of_method)
    given = options.check(given, SPECS.patch, name_of_method)
    options.check_type(name, "string", name_of_method .. ": the name")
    dynamic.check_patch(change, {})
    return Resource.patch(self, name, change,
      with(given, { subresource = what[2], type = "strategic" }))
  end
end

--- The apiVersion and kind of the body of a method.
local function body_of(kind, what)
  if not what[3] then return kind.api_version, kind.kind end
  return what[3]:match("^(%S+) (%S+)$")
end

--- create_token(name, token_request, options)
local function create_named(kind, what, name_of_method)
  local api_version, its_kind = body_of(kind, what)
  return function(self, name, object, given)
    options.check_self(self, "_kind", name_of_method)
    given = options.check(given, SPECS.create, name_of_method)
    options.check_type(name, "string", name_of_method .. ": the name")
    object = body.typed(object, api_version, its_kind, name_of_method)
    return Resource.create(self, object, with(given, { subresource = what[2], name = name }))
  end
end

--- bind(binding, options): the object is named as what it is a subresource of.
local function create(kind, what, name_of_method)
  if what.named then return create_named(kind, what, name_of_method) end
  local api_version, its_kind = body_of(kind, what)
  return function(self, object, given)
    options.check_self(self, "_kind", name_of_method)
    given = options.check(given, SPECS.create, name_of_method)
    object = body.typed(object, api_version, its_kind, name_of_method)
    local name = dynamic.name_of(object, name_of_method)
    return Resource.create(self, object, with(given, { subresource = what[2], name = name }))
  end
end

--- update_scale(name, scale, options), finalize(namespace, options); the same for apply.
local function write(kind, what, name_of_method)
  local verb, api_version, its_kind = what[1], body_of(kind, what)
  if what.named then
    return function(self, name, object, given)
      options.check_self(self, "_kind", name_of_method)
      given = options.check(given, SPECS[verb], name_of_method)
      object = body.named(object, api_version, its_kind, name, name_of_method)
      return Resource[verb](self, object, with(given, { subresource = what[2] }))
    end
  end
  return function(self, object, given)
    options.check_self(self, "_kind", name_of_method)
    given = options.check(given, SPECS[verb], name_of_method)
    object = body.typed(object, api_version, its_kind, name_of_method)
    dynamic.name_of(object, name_of_method)
    return Resource[verb](self, object, with(given, { subresource = what[2] }))
  end
end

local BY_ACTION = { get = get, patch = patch, create = create, update = write, apply = write }

-- ---- evictions ----

local PODS = { group = "", version = "v1", resource = "pods" }

local function eviction_version(object)
  local version = type(object) == "table" and object.apiVersion
  return version == "policy/v1beta1" and version or "policy/v1"
end

--- Of pods: either version, as the object says.
local function evict(self, object, given)
  options.check_self(self, "_kind", "evict")
  given = options.check(given, SPECS.create, "evict")
  object = body.typed(object, eviction_version(object), "Eviction", "evict")
  local name = dynamic.name_of(object, "evict")
  return Resource.create(self, object, with(given, { subresource = "eviction", name = name }))
end

--- Of policy/v1 and policy/v1beta1, which send it to the pod as well.
local function evict_by_policy(kind)
  return function(self, object, given)
    options.check_self(self, "_kind", "evict")
    given = options.check(given, SPECS.create, "evict")
    object = body.typed(object, kind.api_version, "Eviction", "evict")
    local name = dynamic.name_of(object, "evict")
    local namespace = object.metadata.namespace or self._namespace
    if not namespace then return body.no_namespace("create", "metadata.namespace") end
    return dynamic.on(self._transport):resource(PODS):namespace(namespace):create(object,
      with(given, { subresource = "eviction", name = name }))
  end
end

--- extensions/v1beta1, which no server has any more: its name is not in metadata.
local function rollback(self, object, given)
  options.check_self(self, "_kind", "rollback")
  given = options.check(given, SPECS.create, "rollback")
  object = body.typed(object, "extensions/v1beta1", "DeploymentRollback", "rollback")
  options.check_type(object.name, "string", "rollback: the name of the object")
  return Resource.create(self, object,
    with(given, { subresource = "rollback", name = object.name }))
end

-- ---- events: core/v1/event_expansion.go, events/v1beta1/event_expansion.go ----

--- The client for the namespace of an event, which must be the client's own, if that has one:
-- resource | nil, err.
local function at_event(self, event, verb)
  local namespace = event.metadata.namespace
  if self._namespace and namespace ~= self._namespace then
    return nil, errors.new {
      reason = "BadRequest",
      message = string.format("can't %s an event with namespace '%s' in namespace '%s'", verb,
        tostring(namespace or ""), self._namespace),
    }
  end
  if not namespace then return body.no_namespace(verb, "metadata.namespace") end
  return Resource.namespace(self, namespace)
end

local function with_event_namespace(kind, what, name_of_method)
  local verb = what[1]
  return function(self, event, given)
    options.check_self(self, "_kind", name_of_method)
    given = options.check(given, SPECS[verb], name_of_method)
    event = body.typed(event, kind.api_version, kind.kind, name_of_method)
    if verb == "update" then dynamic.name_of(event, name_of_method) end
    if type(event.metadata) ~= "table" then
      error(name_of_method .. ": the event needs its metadata", 2)
    end
    local resource, err = at_event(self, event, verb)
    if not resource then return nil, err end
    return resource[verb](resource, event, given)
  end
end

local function patch_with_event_namespace(kind, _, name_of_method)
  return function(self, event, change, given)
    options.check_self(self, "_kind", name_of_method)
    given = options.check(given, SPECS.patch, name_of_method)
    event = body.typed(event, kind.api_version, kind.kind, name_of_method)
    local name = dynamic.name_of(event, name_of_method)
    dynamic.check_patch(change, {})
    local resource, err = at_event(self, event, "patch")
    if not resource then return nil, err end
    return resource:patch(name, change, with(given, { type = "strategic" }))
  end
end

local function get_field_selector(_, name, namespace, kind, uid)
  local fields = { kind = kind, name = name, namespace = namespace, uid = uid }
  local terms = {}
  for _, field in ipairs { "kind", "name", "namespace", "uid" } do
    if fields[field] ~= nil then
      options.check_type(fields[field], "string", "get_field_selector: the " .. field)
      terms[#terms + 1] = "involvedObject." .. field .. "=" .. selector.fields.escape(fields[field])
    end
  end
  return table.concat(terms, ",")
end

--- What events call the object: of an ObjectReference itself, of another object what is in its
-- metadata (tools/reference/ref.go).
local function reference_to(object)
  local metadata = object.metadata or object
  return metadata.name or "", metadata.namespace or "", object.kind, metadata.uid
end

local function search(self, object, given)
  options.check_self(self, "_kind", "search")
  given = options.check(given, SPECS.search, "search")
  options.check_type(object, "table", "search: the object")
  local name, namespace, kind, uid = reference_to(object)
  if self._namespace and namespace ~= self._namespace then
    return nil, errors.new {
      reason = "BadRequest",
      message = string.format("won't be able to find any events of namespace '%s' in namespace "
        .. "'%s'", namespace, self._namespace),
    }
  end
  local chosen = get_field_selector(nil, name, namespace, kind, uid)
  return Resource.list(self, with(given, { fieldSelector = chosen }))
end

-- ---- all ----

local function as_it_is(method) return function() return method end end

-- Those that the table's word does not tell; "Kind.name" before "name".
local BY_NAME = {
  evict = as_it_is(evict),
  ["Eviction.evict"] = evict_by_policy,
  rollback = as_it_is(rollback),
  create_with_event_namespace = with_event_namespace,
  update_with_event_namespace = with_event_namespace,
  patch_with_event_namespace = patch_with_event_namespace,
  get_field_selector = as_it_is(get_field_selector),
  search = as_it_is(search),
  get_logs = as_it_is(raw.get_logs),
  proxy_get = as_it_is(raw.proxy_get),
}

--- A method beyond the verbs.
-- @param kind { kind =, api_version =, accessor = } of the resource
-- @param name  of the method
-- @param what  its row in clientset_data
function expansions.method(kind, name, what)
  local make = BY_NAME[kind.kind .. "." .. name] or BY_NAME[name] or BY_ACTION[what[1]]
  return make(kind, what, name)
end

--- Whether a method asks for one object of the client's own namespace.
function expansions.needs_namespace(kind, what)
  return what[2] ~= nil and kind.kind ~= "Eviction"
end

return expansions
