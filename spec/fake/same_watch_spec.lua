-- kube.fake gives the same answers as the real API server: watches.
local cluster = require("spec.support.cluster")
local kube = require("kube")
local same = require("spec.support.same")

local answers = same.namespace("watch")
local config_map = same.config_map

teardown(same.close)

--- A ConfigMap whose `v` says which state of it an event shows.
local function labeled(name, value, label)
  return config_map(name, { v = value }, { on = label or "1" })
end

local INITIAL_END = "k8s.io/initial-events-end"

--- "ADDED web 1": an event's type, name and state; or what came instead.
local function word(event, err)
  if not event then return err and err.reason or "end" end
  local object = event.object
  if event.type == "BOOKMARK" then
    local annotations = object.metadata.annotations or {}
    return "BOOKMARK " .. (annotations[INITIAL_END] and "initial-events-end" or "")
  end
  return string.format("%s %s %s", event.type, object.metadata.name,
    object.data and object.data.v or "")
end

--- The next n events' words.
local function take(watch, n)
  local words = {}
  for i = 1, n do words[i] = word(watch:next(10)) end
  return words
end

--- A watch of what is to come.
local function watch_on(k, given)
  given.resourceVersion = assert(k:list("cm")).metadata.resourceVersion
  return assert(k:watch("cm", given))
end

--- Makes, changes and deletes an object: the events are ADDED, MODIFIED, DELETED.
local function live(k, name)
  assert(k:create(labeled(name, "1")))
  assert(k:patch("cm", name, { data = { v = "2" } }))
  assert(k:delete("cm", name))
end

describe("a watch from now", function()
  it("tells first what there is, in the order of a list", answers(function(k)
    for _, name in ipairs { "now-b", "now-a", "now-c" } do
      assert(k:create(labeled(name, "1", "now")))
    end
    local watch = assert(k:watch("cm", { labelSelector = "on=now" }))
    local words = take(watch, 3)
    assert(k:delete("cm", "now-b"))
    words[4] = take(watch, 1)[1]
    watch:close()
    return words
  end, { "ADDED now-a 1", "ADDED now-b 1", "ADDED now-c 1", "DELETED now-b 1" }))

  it("gives whole objects, and in DELETED the last one with a version of its own",
    answers(function(k)
      local watch = watch_on(k, { fieldSelector = "metadata.name=whole" })
      local versions, events = {}, {}
      live(k, "whole")
      for i = 1, 3 do
        local event = assert(watch:next(10))
        versions[i] = tonumber(event.object.metadata.resourceVersion)
        events[i] = event
      end
      watch:close()
      events[4] = versions[1] < versions[2] and versions[2] < versions[3]
      return events
    end, (function()
      local function event(kind, value)
        return { type = kind, object = {
          apiVersion = "v1", kind = "ConfigMap", data = { v = value },
          metadata = {
            name = "whole", namespace = "NS", uid = "(uid)", resourceVersion = "(version)",
            creationTimestamp = "(time)", labels = { on = "1" },
          },
        } }
      end
      return { event("ADDED", "1"), event("MODIFIED", "2"), event("DELETED", "2"), true }
    end)()))

  it("is of one namespace or of all", answers(function(k, server)
    assert(k:create(same.namespace_object(k.namespace .. "-other")))
    local selector = { labelSelector = "on=" .. k.namespace }
    local here = assert(k:watch("cm", selector))
    local all = assert(k:watch("cm", { all_namespaces = true,
      labelSelector = "on=" .. k.namespace }))
    assert(server:resource("configmaps", k.namespace .. "-other"):create(
      labeled("other", "1", k.namespace)))
    assert(k:create(labeled("own", "1", k.namespace)))
    local words = { take(here, 1)[1], table.concat(take(all, 2), ", ") }
    here:close()
    all:close()
    return words
  end, { "ADDED own 1", "ADDED other 1, ADDED own 1" }))

  it("says in the same order to all who watch", answers(function(k)
    local watches, told = {}, {}
    for i = 1, 4 do watches[i] = watch_on(k, { labelSelector = "on=order" }) end
    for i = 1, 6 do
      local object = labeled("order-" .. i % 3, tostring(i), "order")
      if not k:update(object) then assert(k:create(object)) end
    end
    for i, watch in ipairs(watches) do
      told[i] = take(watch, 6)
      watch:close()
    end
    return told
  end, (function()
    local words = { "ADDED order-1 1", "ADDED order-2 2", "ADDED order-0 3", "MODIFIED order-1 4",
      "MODIFIED order-2 5", "MODIFIED order-0 6" }
    return { words, words, words, words }
  end)()))
end)

describe("a watch from a version", function()
  it("tells what came after the list, all of it and nothing else", answers(function(k)
    assert(k:create(labeled("old", "1")))
    local version = assert(k:list("cm")).metadata.resourceVersion
    live(k, "late")
    assert(k:create(labeled("late", "3")))
    local watch = assert(k:watch("cm", { resourceVersion = version, labelSelector = "on=1" }))
    local words = take(watch, 4)
    assert(k:patch("cm", "old", { data = { v = "2" } }))
    words[5] = take(watch, 1)[1]
    watch:close()
    return words
  end, { "ADDED late 1", "MODIFIED late 2", "DELETED late 2", "ADDED late 3", "MODIFIED old 2" }))

  it("of an object goes on after that object's change", answers(function(k)
    local made = assert(k:create(labeled("own-version", "1")))
    assert(k:patch("cm", "own-version", { data = { v = "2" } }))
    local watch = assert(k:watch("cm", { fieldSelector = "metadata.name=own-version",
      resourceVersion = made.metadata.resourceVersion }))
    local words = take(watch, 1)
    watch:close()
    return words
  end, { "MODIFIED own-version 2" }))

  it("says nothing of what changed nothing", answers(function(k)
    local made = assert(k:create(labeled("silent", "1")))
    local watch = assert(k:watch("cm", { fieldSelector = "metadata.name=silent",
      resourceVersion = made.metadata.resourceVersion }))
    assert(k:update(labeled("silent", "1")))
    assert(k:patch("cm", "silent", { data = { v = "1" } }))
    assert(k:patch("cm", "silent", { data = { v = "2" } }))
    local words = take(watch, 1)
    watch:close()
    return words
  end, { "MODIFIED silent 2" }))

  it("says MODIFIED where a finalizer holds what is deleted", answers(function(k)
    local object = labeled("held", "1")
    object.metadata.finalizers = { "x.y/1", "x.y/2" }
    local watch = watch_on(k, { fieldSelector = "metadata.name=held" })
    assert(k:create(object))
    assert(k:delete("cm", "held"))
    assert(k:delete("cm", "held"))
    assert(k:patch("cm", "held", { metadata = { finalizers = { "x.y/2" } } }))
    assert(k:patch("cm", "held", { metadata = { finalizers = kube.null } }))
    local found = {}
    for i = 1, 4 do
      local event = assert(watch:next(10))
      local metadata = event.object.metadata
      found[i] = string.format("%s%s, %d left", event.type,
        metadata.deletionTimestamp and " going" or "", #(metadata.finalizers or {}))
    end
    watch:close()
    return found
  end, { "ADDED, 2 left", "MODIFIED going, 2 left", "MODIFIED going, 1 left",
    "DELETED going, 1 left" })) -- as it was last

  it("0 begins with what there is", answers(function(k)
    assert(k:create(labeled("zero", "1", "zero")))
    local watch = assert(k:watch("cm", { resourceVersion = "0", labelSelector = "on=zero" }))
    local words = take(watch, 1)
    watch:close()
    return words
  end, { "ADDED zero 1" }))
end)

describe("a watch with a selector", function()
  it("says ADDED and DELETED of what comes and goes by its labels", answers(function(k)
    assert(k:create(labeled("moving", "1", "off")))
    local version = assert(k:list("cm")).metadata.resourceVersion
    for i, label in ipairs { "in", "in", "off", "off", "in" } do
      assert(k:update(labeled("moving", tostring(i + 1), label)))
    end
    assert(k:delete("cm", "moving"))
    local watch = assert(k:watch("cm", { resourceVersion = version, labelSelector = "on=in" }))
    local words = take(watch, 5)
    watch:close()
    return words
  end, { "ADDED moving 2", "MODIFIED moving 3", "DELETED moving 3", "ADDED moving 6",
    "DELETED moving 6" }))

  it("shows in such a DELETED the state before, with the version of the change",
    answers(function(k)
      local made = assert(k:create(labeled("left", "1", "left")))
      local changed = assert(k:update(labeled("left", "2", "gone")))
      local watch = assert(k:watch("cm", { labelSelector = "on=left",
        resourceVersion = made.metadata.resourceVersion }))
      local event = assert(watch:next(10))
      watch:close()
      return { event, event.object.metadata.resourceVersion == changed.metadata.resourceVersion }
    end, { { type = "DELETED", object = {
      apiVersion = "v1", kind = "ConfigMap", data = { v = "1" },
      metadata = {
        name = "left", namespace = "NS", uid = "(uid)", resourceVersion = "(version)",
        creationTimestamp = "(time)", labels = { on = "left" },
      },
    } }, true }))

  it("of fields tells of one object only", answers(function(k)
    local version = assert(k:list("cm")).metadata.resourceVersion
    live(k, "field-a")
    live(k, "field-b")
    live(k, "field-a")
    local watch = assert(k:watch("cm", { resourceVersion = version,
      fieldSelector = "metadata.name=field-b" }))
    local words = take(watch, 3)
    watch:close()
    watch = assert(k:watch("cm", { resourceVersion = version,
      fieldSelector = "metadata.name!=field-a", labelSelector = "on" }))
    words[4] = table.concat(take(watch, 3), ", ")
    watch:close()
    return words
  end, { "ADDED field-b 1", "MODIFIED field-b 2", "DELETED field-b 2",
    "ADDED field-b 1, MODIFIED field-b 2, DELETED field-b 2" }))

  it("that is bad is refused", answers(function(k)
    local found = {}
    for i, given in ipairs { { fieldSelector = "data.v=1" }, { labelSelector = "a=b=c" } } do
      local watch = assert(k:watch("cm", given))
      found[i] = same.told(watch:next(10))
      watch:close()
    end
    return found
  end, {
    same.failure(400, "BadRequest", '"data.v" is not a known field selector: only '
      .. '"metadata.name", "metadata.namespace"'),
    same.failure(400, "BadRequest", "found '=', expected: ',' or 'end of string'"),
  }))
end)

describe("a watch with bookmarks", function()
  it("tells where what was there ended", answers(function(k)
    for _, name in ipairs { "mark-b", "mark-a" } do
      assert(k:create(labeled(name, "1", "mark")))
    end
    local watch = assert(k:watch("cm", { sendInitialEvents = true, allowWatchBookmarks = true,
      resourceVersionMatch = "NotOlderThan", labelSelector = "on=mark" }))
    local words = take(watch, 2)
    table.sort(words)
    local bookmark = assert(watch:next(10))
    words[3] = bookmark
    assert(k:create(labeled("mark-c", "1", "mark")))
    words[4] = take(watch, 1)[1]
    words[5] = tonumber(bookmark.object.metadata.resourceVersion) > 0
    watch:close()
    return words
  end, { "ADDED mark-a 1", "ADDED mark-b 1", { type = "BOOKMARK", object = {
    kind = "ConfigMap", apiVersion = "v1", metadata = {
      resourceVersion = "(version)", annotations = { [INITIAL_END] = "true" },
    },
  } }, "ADDED mark-c 1", true }))

  it("tells it where there is nothing, too", answers(function(k)
    local watch = assert(k:watch("deploy", { sendInitialEvents = true, allowWatchBookmarks = true,
      resourceVersionMatch = "NotOlderThan", labelSelector = "nobody" }))
    local event = assert(watch:next(10))
    watch:close()
    return { word(event), event.object.kind, event.object.apiVersion }
  end, { "BOOKMARK initial-events-end", "Deployment", "apps/v1" }))

  it("needs the match of the version", answers(function(k)
    local watch = assert(k:watch("cm", { sendInitialEvents = true, allowWatchBookmarks = true }))
    local answer = same.told(watch:next(10))
    watch:close()
    return answer
  end, same.failure(422, "Invalid", 'ListOptions.meta.k8s.io "" is invalid: '
    .. "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch "
    .. "to NotOlderThan", {
      group = "meta.k8s.io", kind = "ListOptions", causes = { {
        reason = "FieldValueForbidden", field = "resourceVersionMatch",
        message = "Forbidden: sendInitialEvents requires setting resourceVersionMatch to "
          .. "NotOlderThan",
      } },
    })))
end)

describe("a watch from too long ago", function()
  --- A resource of which the server remembers nothing as early as version 1. The real one began a
  -- moment ago and has forgotten nothing; but of a new CRD it never knew more.
  local function later_than_one(k, server)
    if server.name == "fake" then return server:resource("configmaps", k.namespace) end
    local group = k.namespace .. ".example.com"
    assert(k:create {
      apiVersion = "apiextensions.k8s.io/v1", kind = "CustomResourceDefinition",
      metadata = { name = "things." .. group },
      spec = {
        group = group, scope = "Namespaced", names = { plural = "things", kind = "Thing" },
        versions = { { name = "v1", served = true, storage = true,
          schema = { openAPIV3Schema = { type = "object" } } } },
      },
    })
    return server:resource("things", k.namespace, group)
  end

  it("ends at once with Expired", answers(function(k, server)
    local resource = later_than_one(k, server)
    return cluster.eventually(function()
      local watch = resource:watch { resourceVersion = "1", on_expired = "error" }
      local event, err = watch:next(10)
      watch:close()
      if server.name == "real" and (kube.is_not_found(err) or kube.is_too_many_requests(err)) then
        return nil -- the CRD is not served yet
      end
      return { same.told(event, err), kube.is_gone(err), kube.is_expired(err) }
    end)
  end, { same.failure(410, "Expired", "too old resource version: 1 (version)"), false, true }))
end)
