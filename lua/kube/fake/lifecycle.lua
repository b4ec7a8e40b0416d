--- How objects are born and change, for requests and for controllers: the registry of
-- kube-apiserver (its rest.BeforeCreate, BeforeUpdate and strategies).
--
-- `world` is what a server has: { store =, catalog =, time = function () -> seconds }.
-- Objects that are given become the server's: types are right (kube.fake.types), the namespace is
-- set. A result is a record | nil, failure (see kube.fake.status).
local defaults = require("kube.fake.defaults")
local encoding = require("kube.fake.encoding")
local faults = require("kube.fake.faults")
local status = require("kube.fake.status")
local store = require("kube.fake.store")
local tables = require("kube.fake.tables")
local validate = require("kube.fake.validate")

local lifecycle = {}

local function now(world) return encoding.time(world.time()) end

-- ---- creating ----

--- An object can be made only in a namespace that is there to stay: true | nil, failure.
function lifecycle.check_namespace(world, resource, metadata)
  if not resource.namespaced then return true end
  local namespaces = world.catalog.namespaces
  local namespace = world.store:get(namespaces, metadata.namespace)
  if not namespace then return nil, status.not_found(namespaces, metadata.namespace) end
  if namespace.object.metadata.deletionTimestamp then
    local name = metadata.name or metadata.generateName or ""
    return nil, status.terminating(resource, name, metadata.namespace)
  end
  return true
end

--- What only the server says of an object.
local function own(world, resource, metadata)
  metadata.uid = encoding.uid()
  metadata.creationTimestamp = now(world)
  metadata.generation = resource.generation and 1 or nil
  metadata.deletionTimestamp, metadata.deletionGracePeriodSeconds = nil, nil
  metadata.resourceVersion, metadata.managedFields, metadata.selfLink = nil, nil, nil
end

--- The address of a service: the next of 10.96.0.0/16, unless it says which, or None.
local function address(world, object)
  local spec = object.spec
  if spec.type == "ExternalName" then return end
  if (spec.clusterIP or "") == "" then
    world.services = (world.services or 9) + 1
    spec.clusterIP = string.format("10.96.%d.%d", math.floor(world.services / 250) % 256,
      world.services % 250 + 1)
  end
  spec.clusterIPs = { spec.clusterIP }
end

--- Gives a name where only the beginning of one is given: names that are taken are not tried.
local function generate_name(world, resource, metadata)
  local prefix = metadata.generateName
  if (metadata.name or "") ~= "" or (prefix or "") == "" then return end
  repeat
    metadata.name = prefix:sub(1, 58) .. encoding.suffix()
  until not world.store:get(resource, store.key(metadata.namespace, metadata.name))
end

local function complete(world, resource, object)
  defaults.fill(resource, object)
  if resource == world.catalog.services then address(world, object) end
end

local function check_create(world, resource, object)
  local found, name = validate.create(resource, object), object.metadata.name or ""
  if found[1] then return nil, status.invalid(resource, name, found) end
  local there = world.store:get(resource, store.key(object.metadata.namespace, name))
  if there then
    local going = there.object.metadata.deletionTimestamp ~= nil
    return nil, status.already_exists(resource, name, going)
  end
  return true
end

--- Creates an object: record | nil, failure.
-- @param dry_run  whether only to tell what would be
function lifecycle.create(world, resource, object, dry_run)
  local ok, failure = lifecycle.check_namespace(world, resource, object.metadata)
  if not ok then return nil, failure end
  generate_name(world, resource, object.metadata)
  own(world, resource, object.metadata)
  if resource.status then object.status = nil end
  complete(world, resource, object)
  ok, failure = check_create(world, resource, object)
  if not ok then return nil, failure end
  if dry_run then return store.record(resource, object) end
  return world.store:put(resource, object)
end

--- Puts an object that is there from the start: what it says of its status and uid stays.
function lifecycle.load(world, resource, object)
  local metadata = object.metadata
  local uid, created, generation = metadata.uid, metadata.creationTimestamp, metadata.generation
  generate_name(world, resource, metadata)
  own(world, resource, metadata)
  metadata.uid = uid or metadata.uid
  metadata.creationTimestamp = created or metadata.creationTimestamp
  metadata.generation = generation or metadata.generation
  complete(world, resource, object)
  local ok, failure = check_create(world, resource, object)
  if not ok then return nil, failure end
  return world.store:put(resource, object)
end

-- ---- updating ----

--- Whether the version that an update is based on is the newest: true | nil, failure.
local function check_version(record, metadata)
  local version = metadata.resourceVersion or ""
  if version == "" or version == "0" then return true end
  if not version:find("^%d+$") then
    return nil, status.unknown(string.format('strconv.ParseUint: parsing "%s": invalid syntax',
      version))
  end
  if version == record.object.metadata.resourceVersion then return true end
  return nil, status.conflict(record.resource, metadata.name)
end

--- A PUT with another uid is meant for an object that is no more: true | nil, failure.
local function check_uid(record, metadata)
  local resource, uid, real = record.resource, metadata.uid, record.object.metadata.uid
  if not uid or uid == "" or uid == real then return true end
  return nil, status.conflict(resource, metadata.name, string.format("StorageError: invalid object,"
    .. " Code: 4, Key: /registry/%s/%s, ResourceVersion: 0, AdditionalErrorMsg: Precondition "
    .. "failed: UID in precondition: %s, UID in object meta: %s", resource.resource, record.key,
    uid, real))
end

--- What an update cannot change comes from the old object.
local function carry(metadata, old)
  if (metadata.uid or "") == "" then metadata.uid = old.uid end
  metadata.deletionTimestamp = metadata.deletionTimestamp or old.deletionTimestamp
  metadata.deletionGracePeriodSeconds = metadata.deletionGracePeriodSeconds
    or old.deletionGracePeriodSeconds
  metadata.creationTimestamp, metadata.generation = old.creationTimestamp, old.generation
  metadata.managedFields, metadata.selfLink = nil, nil
end

--- The object that an update of the subresource status makes.
local function with_status(world, resource, object, old)
  local new = tables.shallow(old)
  new.status, new.metadata = object.status, object.metadata
  if resource == world.catalog.deployments then new.metadata.labels = old.metadata.labels end
  return new
end

--- The object that an update of the main resource makes.
local function without_status(world, resource, object, old)
  if resource.status then object.status = old.status end
  if resource == world.catalog.namespaces then object.spec = old.spec end
  local spec = object.spec
  if resource == world.catalog.services and spec and (spec.clusterIP or "") == "" then
    spec.clusterIP, spec.clusterIPs = old.spec.clusterIP, old.spec.clusterIPs
  end
  return object
end

--- What metadata.generation counts the changes of.
local function counted(resource, object)
  local rest = tables.shallow(object)
  rest.metadata, rest.kind, rest.apiVersion = nil, nil, nil
  if resource.status then rest.status = nil end
  if resource.kind == "Deployment" then rest.annotations = object.metadata.annotations end
  return rest
end

local function count(resource, object, old)
  if not resource.generation or tables.same(counted(resource, object), counted(resource, old)) then
    return
  end
  object.metadata.generation = (old.metadata.generation or 0) + 1
end

local function check_address(found, object, old)
  local new, before = tables.get(object, "spec", "clusterIP"), tables.get(old, "spec", "clusterIP")
  if new ~= before and before ~= nil then
    faults.invalid(found, "spec.clusterIPs[0]", { new }, "may not change once set")
  end
end

local function check_update(world, resource, object, old)
  local found = validate.update(resource, object, old)
  if resource == world.catalog.services then check_address(found, object, old) end
  if not found[1] then return true end
  return nil, status.invalid(resource, object.metadata.name, found)
end

--- Whether an object has waited for nothing but its last finalizer.
local function is_over(world, resource, metadata)
  return metadata.deletionTimestamp ~= nil and #(metadata.finalizers or {}) == 0
    and metadata.deletionGracePeriodSeconds == 0 and resource ~= world.catalog.namespaces
end

--- Puts an object in the place of another: record | nil, failure. Nothing is written if nothing
-- changes, and an object that was only kept by its finalizers goes with the last of them.
-- @param given  { status = whether it is the subresource, dry_run =, patch = whether it is a patch,
--   whose uid is a change and not a precondition }
function lifecycle.update(world, record, object, given)
  local resource, old, metadata = record.resource, record.object, object.metadata
  local ok, failure = true, nil
  if not given.patch then ok, failure = check_uid(record, metadata) end
  if ok then ok, failure = check_version(record, metadata) end
  if not ok then return nil, failure end
  carry(metadata, old.metadata)
  if given.status then
    object = with_status(world, resource, object, old)
  else
    object = without_status(world, resource, object, old)
  end
  object = tables.deep(object)
  defaults.fill(resource, object)
  if not given.status then count(resource, object, old) end
  ok, failure = check_update(world, resource, object, old)
  if not ok then return nil, failure end
  if store.same(record, object) then return record end
  if given.dry_run then return store.record(resource, object, record.version) end
  if is_over(world, resource, object.metadata) then
    world.store:remove(resource, record.key)
    return store.record(resource, object, record.version)
  end
  return world.store:put(resource, object)
end

--- Writes an object as it is: for controllers, whose changes are nobody's requests.
-- @param change  function (copy of the object), which changes it; its metadata and status too are
--   copies, and what is below may only be replaced
function lifecycle.change(world, record, change)
  local object = tables.shallow(record.object)
  object.metadata = tables.shallow(object.metadata)
  object.status = object.status and tables.shallow(object.status)
  change(object)
  if store.same(record, object) then return record end
  if is_over(world, record.resource, object.metadata) then
    return world.store:remove(record.resource, record.key)
  end
  return world.store:put(record.resource, object)
end

return lifecycle
