--- Objects that one list and one watch tell of: one by its name, or those that selectors choose.
--
-- A member { name =, namespace =, what = (for messages), uid =, object = (as it was seen last),
-- there =, met =, missing = { goal -> what it missed } }. One that leaves the selectors without
-- being deleted, which a watch cannot tell from a deletion, gets a group of its own.
local driver = require("kube.driver")
local errors = require("kube.api.errors")

local Group = {}
Group.__index = Group

local group = {}

local LOOK = 1 -- a look has at least so many seconds: a timeout of 0 asks how things are now

-- ---- members ----

local function key_of(namespace, name) return (namespace or "") .. "/" .. name end

--- Adds a member, which is waited for.
local function add(self, member)
  local key = key_of(member.namespace, member.name)
  self.members[#self.members + 1], self.by_key[key] = member, member
  self.pending = self.pending + 1
  return member
end

--- The resource in the namespace of an object.
local function place_of(self, namespace)
  return namespace and self.resource:namespace(namespace) or self.resource
end

--- The error for what a server gave as an object, and is none | nil.
local function flaw(self, object)
  local metadata = type(object) == "table" and object.metadata
  if type(metadata) == "table" and type(metadata.name) == "string"
      and (metadata.namespace == nil or type(metadata.namespace) == "string") then
    return nil
  end
  return errors.new {
    reason = "Decode",
    message = self.resource:describe(self.name or "*") .. ": the server gave an object without a "
      .. "metadata.name",
  }
end

--- The member for an object of a list or a watch | nil.
local function member_of(self, object)
  local metadata = object.metadata
  return self.name and self.members[1] or self.by_key[key_of(metadata.namespace, metadata.name)]
end

local function new_member(self, object)
  local metadata = object.metadata
  return {
    name = metadata.name, namespace = metadata.namespace,
    what = place_of(self, metadata.namespace):describe(metadata.name),
  }
end

--- The objects of a resource that a query chooses, or the one with a name.
-- @param goals  what is waited for, see goals.lua
-- @param target  { name =, uid = }, a member of another group, or what selectors choose,
--   { labelSelector =, fieldSelector = }
function group.new(resource, goals, target)
  local self = setmetatable({
    resource = resource, goals = goals, name = target.name, members = {}, by_key = {}, pending = 0,
    query = { labelSelector = target.labelSelector, fieldSelector = target.fieldSelector },
  }, Group)
  if target.name then
    self.query = { fieldSelector = { ["metadata.name"] = target.name } }
    add(self, target.what and target or {
      name = target.name, uid = target.uid, what = resource:describe(target.name),
    })
  end
  return self
end

-- ---- judging ----

local function settle(self, member)
  member.met = true
  self.pending = self.pending - 1
end

--- Whether a deletion is over: another object has its name.
local function is_another(member, object)
  member.uid = member.uid or object.metadata.uid
  return object.metadata.uid ~= member.uid
end

--- Takes a look at an object: true | nil, err (what cannot be judged).
local function see(self, member, object)
  if self.goals.deletes and is_another(member, object) then
    settle(self, member)
    return true
  end
  member.object, member.there, member.missing = object, true, {}
  local met = true
  for _, goal in ipairs(self.goals) do
    local good, why = goal.judge(object)
    if good == nil then
      return nil, errors.new { reason = why.reason, message = member.what .. ": " .. why.message }
    end
    if not good then met, member.missing[goal] = false, why or false end
  end
  if met then settle(self, member) end
  return true
end

--- Notes that a member is not there any more.
-- @param object  as it was last, if that is known
local function see_gone(self, member, object)
  member.there = false
  member.object = object or member.object
  if self.goals.deletes then settle(self, member) end
end

--- A member has left the selectors, or was deleted: the group that goes on waiting for it, false if
-- none has to | nil, err.
local function see_left(self, member, object, run)
  if self.name then
    see_gone(self, member, object)
    return false
  end
  local now, err = place_of(self, member.namespace):get(member.name, { timeout = run.time(LOOK) })
  if not now and not errors.predicates.is_not_found(err) then return nil, err end
  if not now then
    see_gone(self, member, object)
    return false
  end
  local good
  err = flaw(self, now)
  if not err then good, err = see(self, member, now) end
  if not good then return nil, err end
  if member.met then return false end
  self.by_key[key_of(member.namespace, member.name)] = nil
  self.pending = self.pending - 1
  local alone = group.new(place_of(self, member.namespace), self.goals, member)
  alone.looked_at = driver.current().now()
  return alone
end

local function left(self, member, object, run)
  local other, err = see_left(self, member, object, run)
  if other == nil then return nil, err end
  if other then run.groups[#run.groups + 1] = other end
  return true
end

-- ---- looking ----

local function not_found(message)
  return errors.new { code = 404, reason = "NotFound", message = message }
end

--- The error where there is no object to wait for.
function group.nothing() return not_found("no matching resources found") end

--- Nothing is there at the first look: true, it may come | nil, err.
local function check_missing(self)
  local member = self.members[1]
  if self.name and self.goals.deletes then
    settle(self, member)
  elseif self.goals.deletes or self.goals.creates then
    return true
  elseif self.name then
    return nil, not_found(member.what .. " not found")
  else
    return nil, group.nothing()
  end
  return true
end

--- Whether there is nothing yet, and the first object that comes decides which ones are meant.
local function is_open(self)
  return self.goals.creates and #self.members == 0
end

--- Judges the objects of a list; selectors choose them at the first look.
local function see_list(self, items, run)
  local first = not self.version and not self.name or is_open(self)
  local present = {}
  for _, object in ipairs(items) do
    local fault = flaw(self, object)
    if fault then return nil, fault end
    local member = first and add(self, new_member(self, object)) or member_of(self, object)
    if member then present[member] = true end
    local good, err = true, nil
    if member and not member.met then good, err = see(self, member, object) end
    if not good then return nil, err end
  end
  local seen_before = self.version or self.name and self.members[1].object
  if not seen_before and not items[1] then return check_missing(self) end
  for _, member in ipairs(self.members) do
    local waits = not member.met and self.by_key[key_of(member.namespace, member.name)]
    if waits and not present[member] and member.there then
      local good, err = left(self, member, nil, run)
      if not good then return nil, err end
    end
  end
  return true
end

--- Looks at all there is now: true | nil, err.
-- @param run  { time = function (least) -> seconds that are left, groups = those to follow }
function Group:look(run)
  local list, err = self.resource:list {
    fieldSelector = self.query.fieldSelector, labelSelector = self.query.labelSelector,
    timeout = run.time(LOOK),
  }
  if not list then return nil, err end
  self.looked_at = driver.current().now()
  local good
  good, err = see_list(self, list.items, run)
  if not good then return nil, err end
  self.version = list.metadata.resourceVersion
  return true
end

-- ---- following ----

--- Whether anything is still waited for.
function Group:is_waiting() return self.pending > 0 or is_open(self) or false end

--- Takes an event: true | nil, err. "again": it must be looked at anew.
local function see_event(self, event, run)
  local object, fault = event.object, flaw(self, event.object)
  if fault then return nil, fault end
  if is_open(self) and event.type ~= "DELETED" then return "again" end
  local member = member_of(self, object)
  if not member or member.met then return true end
  if event.type == "DELETED" then return left(self, member, object, run) end
  return see(self, member, object)
end

--- Reads a watch until nothing is waited for, or time is up: true | nil, err | "again".
local function read(self, watch, run)
  while self:is_waiting() and run.time(0) > 0 do
    local event, err = watch:next(run.time(0))
    if not event then return nil, err end
    local good
    good, err = see_event(self, event, run)
    if good ~= true then return good, err end
  end
  return true
end

--- Follows what was looked at, by watch, until nothing is waited for or time is up: true | nil, err
-- | "again": look anew.
function Group:follow(run)
  if not self:is_waiting() or run.time(0) <= 0 then return true end
  local watch = self.resource:watch {
    fieldSelector = self.query.fieldSelector, labelSelector = self.query.labelSelector,
    resourceVersion = self.version, on_expired = "error",
  }
  local good, err = read(self, watch, run)
  watch:close()
  return good, err
end

return group
