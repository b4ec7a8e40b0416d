--- The rules of single kinds. Each function adds to a list of faults (see kube.fake.faults).
local faults = require("kube.fake.faults")
local selector = require("kube.api.selector")
local syntax = require("kube.api.selector.syntax")
local tables = require("kube.fake.tables")

local rules = {}

local forbidden, invalid, required = faults.forbidden, faults.invalid, faults.required

local LABEL_FAULT = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters "
  .. "or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or "
  .. "'123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

--- What is wrong with a DNS-1123 label, the name of a namespace or service: a list of messages.
function rules.label_faults(name)
  local why = {}
  if #name > 63 then why[1] = "must be no more than 63 characters" end
  if not (name:find("^[a-z0-9][-a-z0-9]*$") and name:find("[a-z0-9]$")) then
    local dotted = #syntax.subdomain_faults(name) == 0
    why[#why + 1] = dotted and "must not contain dots" or LABEL_FAULT
  end
  return why
end

-- ---- what must be there ----

local function check_containers(found, spec, field)
  local containers = spec and spec.containers or {}
  local names = {}
  if #containers == 0 then required(found, field .. ".containers") end
  for i, container in ipairs(containers) do
    local at = string.format("%s.containers[%d]", field, i - 1)
    if (container.name or "") == "" then
      required(found, at .. ".name")
    else
      for _, why in ipairs(rules.label_faults(container.name)) do
        invalid(found, at .. ".name", container.name, why)
      end
      if names[container.name] then faults.duplicate(found, at .. ".name", container.name) end
      names[container.name] = true
    end
    if (container.image or "") == "" then required(found, at .. ".image") end
  end
end

--- A selector must choose the pods of its own template.
local function check_workload(found, object)
  local spec = object.spec or {}
  local template = spec.template or {}
  local labels = template.metadata and template.metadata.labels
  if not spec.selector then required(found, "spec.selector") end
  local chosen, err = selector.from_label_selector(spec.selector)
  if not chosen then
    invalid(found, "spec.selector", spec.selector, err.message)
  elseif chosen:empty() then
    invalid(found, "spec.selector", spec.selector, "empty selector is invalid for deployment")
  elseif not chosen:matches(labels) then
    invalid(found, "spec.template.metadata.labels", labels,
      "`selector` does not match template `labels`")
  end
  if type(spec.replicas) == "number" and spec.replicas < 0 then
    invalid(found, "spec.replicas", spec.replicas, "must be greater than or equal to 0")
  end
  check_containers(found, template.spec, "spec.template.spec")
end

local KEY_FAULT = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
  .. "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
  .. "'[-._a-zA-Z0-9]+')"

--- What is wrong with a key of data: a message | nil.
local function data_key_fault(key)
  if #key > 253 then return "must be no more than 253 characters" end
  if not key:find("^[-._%w]+$") then return KEY_FAULT end
  if key == "." then return "must not be '.'" end
  if key:sub(1, 2) == ".." then
    return key == ".." and "must not be '..'" or "must not start with '..'"
  end
end

local function check_data(found, object)
  for _, field in ipairs { "data", "binaryData" } do
    for _, key in ipairs(tables.names(object[field])) do
      local why = data_key_fault(key)
      if why then invalid(found, string.format("%s[%s]", field, key), key, why) end
    end
  end
end

local function check_service(found, object)
  local spec = object.spec
  if spec.type ~= "ExternalName" and spec.clusterIP ~= "None" and #(spec.ports or {}) == 0 then
    required(found, "spec.ports")
  end
end

local KINDS = {
  Service = check_service,
  ConfigMap = check_data,
  Secret = check_data,
  Pod = function(found, object) check_containers(found, object.spec, "spec") end,
  Deployment = check_workload,
  ReplicaSet = check_workload,
}

--- The rules of a kind for an object that is to be.
function rules.create(found, resource, object)
  local check = not resource.custom and KINDS[resource.kind]
  if check then check(found, object) end
end

-- ---- what may not change ----

local FIXED = { -- what may not change, by kind
  Deployment = { "selector" },
  ReplicaSet = { "selector" },
}

local function check_fixed(found, resource, new, old)
  for _, name in ipairs(FIXED[resource.kind] or {}) do
    if not tables.same(new.spec and new.spec[name], old.spec and old.spec[name]) then
      invalid(found, "spec." .. name, new.spec and new.spec[name], "field is immutable")
    end
  end
end

--- A ConfigMap or Secret may say that it stays as it is.
local function check_immutable_data(found, new, old)
  if old.immutable ~= true then return end
  local why = "field is immutable when `immutable` is set"
  if new.immutable ~= true then forbidden(found, "immutable", why) end
  for _, field in ipairs { "data", "binaryData" } do
    if not tables.same(new[field], old[field]) then forbidden(found, field, why) end
  end
end

--- The rules of a kind for an object that is to take the place of another.
function rules.update(found, resource, new, old)
  if resource.custom then return end
  check_fixed(found, resource, new, old)
  if KINDS[resource.kind] == check_data then check_immutable_data(found, new, old) end
end

return rules
