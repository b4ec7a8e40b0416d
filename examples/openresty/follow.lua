-- Follows the objects of a kind, in a task of its own: reads them all, then hears of every change.
--
--   kube.spawn(follow, k, "pods", { namespace = "default" }, {
--     replace = function(objects) end,        -- all there are, at first and after trouble
--     change = function(type, object) end,    -- "ADDED", "MODIFIED", "DELETED"
--     trouble = function(err) end,            -- what is known may be old: it goes on trying
--   })
--
-- k:watch alone would connect again by itself; here the trouble is to be heard of, and what was
-- deleted during it. Returns when it is canceled, which the end of an nginx worker is, too.
local kube = require("kube")

local MIN_REST, MAX_REST = 0.5, 8 -- seconds between tries
local CONNECTION = 120 -- seconds that one watch lasts: a dead connection is noticed by then

local function with(options, more)
  local all = {}
  for name, value in pairs(options) do all[name] = value end
  for name, value in pairs(more) do all[name] = value end
  return all
end

-- One connection: the version up to which all was heard, and what was wrong unless it ended well.
local function hear(k, kind, where, version, on)
  local watch, err = k:watch(kind, with(where, {
    resourceVersion = version, allowWatchBookmarks = true, resume = false,
    timeoutSeconds = CONNECTION,
  }))
  if not watch then return nil, err end
  local event
  event, err = watch:next()
  while event do
    version = event.object.metadata.resourceVersion
    if event.type ~= "BOOKMARK" then on.change(event.type, event.object) end
    event, err = watch:next()
  end
  watch:close()
  return version, err
end

return function(k, kind, where, on)
  local rest = MIN_REST
  while true do
    local list, err = k:list(kind, with(where, { timeout = 10 }))
    if list then
      on.replace(list.items)
      rest = MIN_REST
      local version = list.metadata.resourceVersion
      while not err do version, err = hear(k, kind, where, version, on) end
    end
    if kube.is_canceled(err) then return end
    on.trouble(err)
    if not kube.sleep(rest * (0.5 + math.random())) then return end
    rest = math.min(rest * 2, MAX_REST)
  end
end
