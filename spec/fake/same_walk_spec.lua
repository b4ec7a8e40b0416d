-- kube.fake gives the same answers as the real API server: whatever happens, in whatever order.
-- The same random requests go to both; each answer must be the same, and what a watch tells of it.
local kube = require("kube")
local same = require("spec.support.same")

local answers = same.namespace("walk")
local told, config_map = same.told, same.config_map

teardown(same.close)

--- Random numbers, the same in every Lua.
local function dice(seed)
  return function(n)
    seed = (seed * 16807) % 2147483647
    return seed % n + 1
  end
end

local NAMES = { "a", "b", "b.c" }
local VALUES = { "1", "2", "", kube.null }
local FINALIZERS = { kube.null, kube.null, { "x.y/1" }, { "x.y/1", "x.y/2" } }

local PATHS = { "/data/k", "/data/l", "/metadata/labels/on", "/metadata/labels",
  "/metadata/finalizers/0", "/metadata/finalizers/1" }

--- An object of random parts.
local function some_object(roll, name)
  local object = config_map(name, { k = VALUES[roll(3)] }, { on = VALUES[roll(2)] })
  local finalizers = FINALIZERS[roll(4)]
  if finalizers ~= kube.null then object.metadata.finalizers = finalizers end
  return object
end

--- A resourceVersion to be held to: none, that of the object now, or a stale one.
local function some_version(k, roll, name)
  local choice = roll(3)
  if choice == 1 then return nil end
  local now = k:get("cm", name)
  return choice == 2 and now and now.metadata.resourceVersion or "1"
end

--- What may happen: each gives the answer of one request.
local STEPS = {
  create = function(k, roll, name) return k:create(some_object(roll, name)) end,
  update = function(k, roll, name)
    local object = some_object(roll, name)
    object.metadata.resourceVersion = some_version(k, roll, name)
    return k:update(object)
  end,
  merge = function(k, roll, name)
    return k:patch("cm", name, {
      data = { k = VALUES[roll(4)], [roll(2) == 1 and "k" or "l"] = VALUES[roll(4)] },
      metadata = { labels = { on = VALUES[roll(4)] }, finalizers = FINALIZERS[roll(4)],
        resourceVersion = some_version(k, roll, name) },
    })
  end,
  json = function(k, roll, name)
    local path, ops = PATHS[roll(#PATHS)], { "remove", "test", "copy", "move" }
    return k:patch("cm", name, {
      { op = ops[path:find("finalizers") and 1 or roll(4)], from = "/data/k", path = path,
        value = VALUES[roll(3)] },
      { op = "add", path = "/data", value = { k = VALUES[roll(3)] } },
    }, { type = "json" })
  end,
  delete = function(k, roll, name)
    return k:delete("cm", name, { resourceVersion = some_version(k, roll, name) })
  end,
  get = function(k, _, name) return k:get("cm", name) end,
  list = function(k, roll)
    local list, err = k:list("cm", {
      labelSelector = ({ "on", "on=1", "!on", "on notin (1)" })[roll(4)],
      fieldSelector = "metadata.name!=kube-root-ca.crt",
    })
    return list and list.items, err
  end,
}

-- No apply: who owns a field is part of the real one's object, so that applying what is there
-- already may make another version of it.
local ORDER = { "create", "create", "update", "update", "merge", "merge", "json", "json", "delete",
  "delete", "get", "list" }

--- An answer, and whether it was one, or for what reason not. What a patch makes that is no
-- ConfigMap the real one shows whole, with all that only it has.
local function answer_of(value, err)
  if value ~= nil then return value, "good" end
  local status = told(value, err).error
  if status.message:find(" is invalid: patch: ", 1, true) then
    status.message, status.details = "no ConfigMap", nil
  end
  return status, status.reason
end

--- The changes as a watch from that version tells them, up to the object that is made last.
local function changes(k, version)
  local watch = assert(k:watch("cm", { resourceVersion = version,
    fieldSelector = "metadata.name!=kube-root-ca.crt" }))
  local found = {}
  repeat
    found[#found + 1] = assert(watch:next(10))
  until found[#found].object.metadata.name == "the-end"
  watch:close()
  return found
end

--- The same for who sees only what has the label: what comes and goes.
local function transitions(k, version)
  local watch = assert(k:watch("cm", { resourceVersion = version, labelSelector = "on=1" }))
  local found = {}
  repeat
    local event = assert(watch:next(10))
    found[#found + 1] = event.type .. " " .. event.object.metadata.name
  until event.object.metadata.name == "the-end"
  watch:close()
  return found
end

--- How the answers of each seed are spread: a walk that only fails proves little.
local SPREAD = {
  { good = 27, AlreadyExists = 8, Conflict = 10, Invalid = 3, NotFound = 12 },
  { good = 27, AlreadyExists = 6, Conflict = 5, Invalid = 5, NotFound = 17 },
  { good = 21, AlreadyExists = 3, Conflict = 7, Invalid = 3, NotFound = 26 },
  { good = 15, AlreadyExists = 1, Conflict = 3, Invalid = 1, NotFound = 40 },
}

describe("a random walk", function()
  for seed = 1, 4 do
    it("is the same, answer for answer: seed " .. seed, answers(function(k)
      for _, name in ipairs { "a", "b", "b.c", "the-end" } do
        k:patch("cm", name, { metadata = { finalizers = kube.null } })
        k:delete("cm", name)
      end
      local version = assert(k:list("cm")).metadata.resourceVersion
      local roll, walk, spread = dice(seed * 7919), {}, {}
      for i = 1, 60 do
        local step, name = ORDER[roll(#ORDER)], NAMES[roll(#NAMES)]
        local answer, outcome = answer_of(STEPS[step](k, roll, name))
        walk[i] = { step, name, answer }
        spread[outcome] = (spread[outcome] or 0) + 1
      end
      assert(k:create(config_map("the-end", nil, { on = "1" })))
      return { walk = walk, spread = spread, changes = changes(k, version),
        transitions = transitions(k, version) }
    end, same.has { spread = SPREAD[seed] }))
  end
end)
