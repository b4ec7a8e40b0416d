--- The rules of objects: names, labels, what must be there, what may not change. Each function
-- gives a list of faults (see kube.fake.faults). No schema is validated.
-- Source: apimachinery pkg/api/validation/objectmeta.go
local faults = require("kube.fake.faults")
local rules = require("kube.fake.rules")
local syntax = require("kube.api.selector.syntax")
local tables = require("kube.fake.tables")

local validate = {}

local forbidden, invalid, required = faults.forbidden, faults.invalid, faults.required

-- ---- metadata ----

--- The prefix of a name with its last dash made good: something will follow.
local function unmasked(prefix)
  if #prefix < 2 or prefix:sub(-1) ~= "-" then return prefix end
  return prefix:sub(1, -3) .. "a"
end

local function check_name(found, resource, metadata)
  local name, prefix = metadata.name or "", metadata.generateName or ""
  local find = resource.names == "label" and rules.label_faults or syntax.subdomain_faults
  if prefix ~= "" then
    for _, why in ipairs(find(unmasked(prefix), "characters")) do
      invalid(found, "metadata.generateName", prefix, why)
    end
  end
  if name == "" then
    return required(found, "metadata.name", "name or generateName is required")
  end
  for _, why in ipairs(find(name, "characters")) do
    invalid(found, "metadata.name", name, why)
  end
end

local function check_labels(found, labels, field)
  for _, key in ipairs(tables.names(labels)) do
    for _, why in ipairs(syntax.key_faults(key)) do invalid(found, field, key, why) end
    for _, why in ipairs(syntax.value_faults(labels[key])) do
      invalid(found, field, labels[key], why)
    end
  end
end

local ANNOTATIONS = 256 * 1024 -- bytes of all keys and values

local function check_annotations(found, annotations)
  local size, field = 0, "metadata.annotations"
  for _, key in ipairs(tables.names(annotations)) do
    size = size + #key + #annotations[key]
    for _, why in ipairs(syntax.key_faults(key:lower())) do invalid(found, field, key, why) end
  end
  if size > ANNOTATIONS then
    found[#found + 1] = {
      reason = "FieldValueTooLong", field = field,
      message = string.format("Too long: may not be more than %d bytes", ANNOTATIONS),
    }
  end
end

local STANDARD_FINALIZERS = { kubernetes = true, orphan = true, foregroundDeletion = true }

local function check_finalizers(found, finalizers)
  for i, name in ipairs(finalizers or {}) do
    local field = string.format("metadata.finalizers[%d]", i - 1)
    for _, why in ipairs(syntax.key_faults(name)) do
      invalid(found, "metadata.finalizers", name, why)
    end
    if not name:find("/", 1, true) and not STANDARD_FINALIZERS[name] then
      invalid(found, field, name,
        "name is neither a standard finalizer name nor is it fully qualified")
    end
  end
end

local function check_owners(found, owners)
  for _, owner in ipairs(owners or {}) do
    for _, name in ipairs { "apiVersion", "kind", "name", "uid" } do
      if not owner[name] or owner[name] == "" then
        invalid(found, "metadata.ownerReferences." .. name, "",
          name == "apiVersion" and "version must not be empty" or "must not be empty")
      end
    end
  end
end

local function check_metadata(found, resource, metadata)
  check_name(found, resource, metadata)
  check_labels(found, metadata.labels, "metadata.labels")
  check_annotations(found, metadata.annotations)
  check_owners(found, metadata.ownerReferences)
  check_finalizers(found, metadata.finalizers)
end

--- The faults of an object that is to be created.
function validate.create(resource, object)
  local found = {}
  check_metadata(found, resource, object.metadata)
  rules.create(found, resource, object)
  return found
end

-- ---- updates ----

--- Faults that upstream finds twice on its way: once for all kinds, once for this one.
local function twice(found, check, ...)
  check(found, ...)
  check(found, ...)
end

local function check_immutable(found, new, old)
  for _, name in ipairs { "uid", "deletionTimestamp", "deletionGracePeriodSeconds" } do
    if new[name] ~= old[name] then
      invalid(found, "metadata." .. name, new[name], "field is immutable")
    end
  end
end

local function check_new_finalizers(found, new, old)
  if not old.deletionTimestamp then return end
  local known, added = {}, {}
  for _, name in ipairs(old.finalizers or {}) do known[name] = true end
  for _, name in ipairs(new.finalizers or {}) do
    if not known[name] then added[#added + 1] = faults.shown(name) end
  end
  if added[1] then
    table.sort(added)
    forbidden(found, "metadata.finalizers", "no new finalizers can be added if the object is "
      .. "being deleted, found new finalizers []string{" .. table.concat(added, ", ") .. "}")
  end
end

--- The faults of an object that is to take the place of another.
function validate.update(resource, object, old)
  local found = {}
  twice(found, check_immutable, object.metadata, old.metadata)
  twice(found, check_new_finalizers, object.metadata, old.metadata)
  for _, fault in ipairs(validate.create(resource, object)) do found[#found + 1] = fault end
  rules.update(found, resource, object, old)
  return found
end

return validate
