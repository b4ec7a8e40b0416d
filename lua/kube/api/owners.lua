--- Owners: who an object belongs to. When all its owners are gone, the cluster deletes it. Pure.
--
--   local pod = { apiVersion = "v1", kind = "Pod", metadata = { name = "web-0", namespace = "x" } }
--   assert(kube.owners.set_controller_reference(set, pod))
--   kube.owners.is_controlled_by(pod, set)  --> true
--
-- Objects are changed in place. An owner must have been created (the server gives it its uid), and
-- must lie in the namespace of what it owns, or in none. References are to the same owner if group,
-- kind and name are the same: version and uid are brought up to date.
--
--   | case                            | controller-runtime         | kube                       |
--   |---------------------------------|----------------------------|----------------------------|
--   | kind of an owner                | asks a scheme              | owner.apiVersion and .kind |
--   | an owner without a uid          | a reference nobody accepts | throws                     |
--   | to remove a reference not there | an error                   | false                      |
--   | a list that has become empty    | is left out                | is taken out of the object |
--
-- Sources: controller-runtime pkg/controller/controllerutil; apimachinery
-- pkg/apis/meta/v1/controller_ref.go.
local errors = require("kube.api.errors")
local options = require("kube.api.options")

local owners = {}

-- ---- references ----

local function metadata_of(object)
  return type(object.metadata) == "table" and object.metadata or {}
end

local function references_of(object)
  local list = metadata_of(object).ownerReferences
  return type(list) == "table" and list or {}
end

--- An owner must have what makes a reference to it; its uid, too, unless one is only looked for.
local function check(owner, object, what, without_uid)
  options.check_type(owner, "table", what .. ": the owner", 3)
  options.check_type(object, "table", what .. ": the object", 3)
  local metadata = metadata_of(owner)
  local needed = { apiVersion = owner.apiVersion or false, kind = owner.kind or false,
    name = metadata.name or false, uid = without_uid or metadata.uid or false }
  for _, name in ipairs { "apiVersion", "kind", "name", "uid" } do
    if not needed[name] or needed[name] == "" then
      error(string.format("%s: the owner has no %s%s", what, name,
        name == "uid" and "; is it created?" or ""), 3)
    end
  end
end

--- The group of an apiVersion | nil, when it is none.
local function group_of(version)
  if type(version) ~= "string" then return nil end
  if not version:find("/", 1, true) then return "" end
  return version:match("^([^/]*)/[^/]*$")
end

local function is_same(a, b)
  local group = group_of(a.apiVersion)
  return group ~= nil and group == group_of(b.apiVersion) and a.kind == b.kind and a.name == b.name
end

--- Where in a list the reference to the same owner stands | nil.
local function index_of(list, reference)
  for i, one in ipairs(list) do
    if type(one) == "table" and is_same(one, reference) then return i end
  end
end

local FIELDS = { "apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion" }

local function is_equal(a, b)
  for _, field in ipairs(FIELDS) do
    if a[field] ~= b[field] then return false end
  end
  return true
end

local function reference_to(owner, controller, block)
  return {
    apiVersion = owner.apiVersion, kind = owner.kind, name = metadata_of(owner).name,
    uid = metadata_of(owner).uid, controller = controller, blockOwnerDeletion = block,
  }
end

-- ---- what an object has ----

--- The reference to the owner that is the controller of an object | nil.
function owners.controller_of(object)
  options.check_type(object, "table", "kube.owners.controller_of: the object")
  for _, one in ipairs(references_of(object)) do
    if type(one) == "table" and one.controller == true then return one end
  end
end

--- Whether an owner, this very one by its uid, is the controller of an object.
function owners.is_controlled_by(object, owner)
  options.check_type(object, "table", "kube.owners.is_controlled_by: the object")
  options.check_type(owner, "table", "kube.owners.is_controlled_by: the owner")
  local reference, uid = owners.controller_of(object), metadata_of(owner).uid
  return reference ~= nil and uid ~= nil and reference.uid == uid
end

--- Whether an object has a reference to an owner, by its group, kind and name.
function owners.is_owned_by(object, owner)
  check(owner, object, "kube.owners.is_owned_by", true)
  return index_of(references_of(object), reference_to(owner)) ~= nil
end

-- ---- what it gets ----

local SPEC = { controller = "boolean", blockOwnerDeletion = "boolean" }

--- The reference to an owner, to be put into metadata.ownerReferences.
-- @param given  { controller = whether it is the one that controls the object,
--   blockOwnerDeletion = whether the owner, deleted in the foreground, stays until the object is
--   gone }, both optional, and not in the reference without a value
function owners.owner_reference(owner, given)
  given = options.check(given, SPEC, "kube.owners.owner_reference")
  check(owner, {}, "kube.owners.owner_reference")
  return reference_to(owner, given.controller, given.blockOwnerDeletion)
end

--- Whether the namespaces of the two fit: true | nil, err.
local function may_own(owner, object)
  local of_owner, of_object = metadata_of(owner).namespace, metadata_of(object).namespace
  if not of_owner or of_owner == "" or of_owner == of_object then return true end
  local message
  if not of_object or of_object == "" then
    message = "cluster-scoped resource must not have a namespace-scoped owner, owner's namespace "
      .. of_owner
  else
    message = string.format("cross-namespace owner references are disallowed, owner's namespace "
      .. "%s, obj's namespace %s", of_owner, of_object)
  end
  return errors.bad_request(message)
end

--- Puts a reference where the one to the same owner is, or behind the others: whether that changes
-- anything.
local function put(reference, object)
  local list = references_of(object)
  local at = index_of(list, reference)
  if at and is_equal(list[at], reference) then return false end
  list[at or #list + 1] = reference
  object.metadata = object.metadata or {}
  object.metadata.ownerReferences = list
  return true
end

--- Makes an object belong to an owner, which need not be its controller. A reference that there is
-- is replaced: it has the options given now, and no others.
-- @param given  as kube.owners.owner_reference
-- @return true, whether the object changed | nil, err (reason BadRequest: of another namespace)
function owners.set_owner_reference(owner, object, given)
  given = options.check(given, SPEC, "kube.owners.set_owner_reference")
  check(owner, object, "kube.owners.set_owner_reference")
  local ok, err = may_own(owner, object)
  if not ok then return nil, err end
  return true, put(reference_to(owner, given.controller, given.blockOwnerDeletion), object)
end

local function already_owned(object, controller)
  local metadata = metadata_of(object)
  return errors.new { reason = "AlreadyOwned",
    message = string.format("Object %s/%s is already owned by another %s controller %s",
      tostring(metadata.namespace or ""), tostring(metadata.name or ""),
      tostring(controller.kind or ""), tostring(controller.name or "")) }
end

--- Makes an owner the controller of an object. An object has one controller at most.
-- @param given  { blockOwnerDeletion = true if left out }
-- @return true, whether the object changed | nil, err (reason AlreadyOwned: by another controller;
--   BadRequest: of another namespace)
function owners.set_controller_reference(owner, object, given)
  given = options.check(given, { blockOwnerDeletion = "boolean" },
    "kube.owners.set_controller_reference")
  check(owner, object, "kube.owners.set_controller_reference")
  local ok, err = may_own(owner, object)
  if not ok then return nil, err end
  local reference = reference_to(owner, true, given.blockOwnerDeletion ~= false)
  local controller = owners.controller_of(object)
  if controller and not is_same(controller, reference) then
    return nil, already_owned(object, controller)
  end
  return true, put(reference, object)
end

--- Takes the reference to an owner, by its group, kind and name, out of an object.
-- @return whether the object changed
function owners.remove_owner_reference(owner, object)
  check(owner, object, "kube.owners.remove_owner_reference", true)
  local list = references_of(object)
  local at = index_of(list, reference_to(owner))
  if not at then return false end
  table.remove(list, at)
  if #list == 0 then object.metadata.ownerReferences = nil end
  return true
end

return owners
