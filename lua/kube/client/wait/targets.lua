--- Which objects k:wait means: what stands before its options.
--
--   "deploy", "web" | "deploy/web" | object            one
--   "pods", { "a", "b" } | { "pod/a", object, ... }     several, in this order
--   "pods", with labelSelector, fieldSelector or all    those that there are at first
local targets = {}

-- Each of these gives targets, the options | nil, what is wrong.

--- An object itself: its target | nil, what is wrong.
local function of_object(object)
  local metadata = type(object.metadata) == "table" and object.metadata or {}
  if type(object.apiVersion) ~= "string" or type(object.kind) ~= "string"
      or type(metadata.name) ~= "string" then
    return nil, "an object needs apiVersion, kind and metadata.name, and names stand in a list"
  end
  return { object = object, name = metadata.name, uid = metadata.uid }
end

--- "pod/a": its target | nil, what is wrong.
local function of_text(text)
  local kind, name = text:match("^([^/]+)/(.+)$")
  if not kind then return nil, string.format("%q is no kind/name", text) end
  return { kind = kind, name = name }
end

local function of_one(one)
  if type(one) == "string" then return of_text(one) end
  if type(one) == "table" then return of_object(one) end
  return nil, "a list must have objects and texts such as pod/web-0, not a " .. type(one)
end

local function of_list(list, given)
  local all = { many = true }
  for i, one in ipairs(list) do
    local target, fault = of_one(one)
    if not target then return nil, fault end
    all[i] = target
  end
  return all, given
end

local function of_names(kind, names, given)
  local all = { many = true }
  for i, name in ipairs(names) do
    if type(name) ~= "string" then return nil, "a name must be a string, not a " .. type(name) end
    all[i] = { kind = kind, name = name }
  end
  return all, given
end

--- What a kind alone stands for: those that the options choose.
local function of_kind(kind, given)
  local asked = type(given) == "table" and given or {}
  if not (asked.labelSelector or asked.fieldSelector or asked.all) then
    return nil, "the name must be a string or a list of strings, unless labelSelector, "
      .. "fieldSelector or all = true say which objects"
  end
  return { { kind = kind, labelSelector = asked.labelSelector,
    fieldSelector = asked.fieldSelector }, many = true, chosen = true }, given
end

local function of_slash(text, given, more)
  if more ~= nil or type(given) == "string" then
    return nil, string.format("the name is given twice: %q, %q", text, tostring(given))
  end
  local target, fault = of_text(text)
  if not target then return nil, fault end
  return { target }, given
end

local function is_list(value)
  return type(value) == "table" and (value[1] ~= nil or next(value) == nil)
end

local function of_kind_and(kind, name, given)
  if kind:find("/", 1, true) then return of_slash(kind, name, given) end
  if type(name) == "string" then return { { kind = kind, name = name } }, given end
  if is_list(name) and given ~= nil then return of_names(kind, name, given) end
  if name ~= nil and given ~= nil then
    return nil, "the name must be a string or a list of strings, not a " .. type(name)
  end
  return of_kind(kind, name == nil and given or name)
end

local function of_any(kind, name, given)
  if type(kind) == "string" then return of_kind_and(kind, name, given) end
  if type(kind) ~= "table" then return nil, "the kind must be a string, not a " .. type(kind) end
  if is_list(kind) then return of_list(kind, name) end
  local target, fault = of_object(kind)
  if not target then return nil, fault end
  return { target }, name
end

--- What a name excludes: an option | nil.
local function excluded(given)
  given = type(given) == "table" and given or {}
  for _, name in ipairs { "labelSelector", "fieldSelector", "all", "all_namespaces" } do
    if given[name] then return name end
  end
end

--- The targets { { kind = or object =, name =, uid = | labelSelector =, fieldSelector = }, ...,
-- many = whether a list comes back }, and the options. Throws at the caller of the function that
-- asks.
function targets.of(kind, name, given)
  local all, rest = of_any(kind, name, given)
  if not all then error("wait: " .. rest, 3) end
  local other = not all.chosen and excluded(rest)
  if other then error("wait: a name and the option " .. other .. " exclude each other", 3) end
  return all, rest
end

return targets
