--- The namespace controller: empties a namespace that is being deleted, then lets it go.
local deletion = require("kube.fake.deletion")
local work = require("kube.fake.work")

local namespaces = {}

local NOTICE = 0.05 -- seconds in which a namespace can be seen Terminating

--- Deletes what is in a namespace: how many objects are still there.
local function empty(world, name)
  local left = 0
  for _, resource in ipairs(world.catalog.all) do
    if resource.namespaced then
      for _, record in ipairs(world.store:list(resource, name .. "/")) do
        local gone = false
        if not record.object.metadata.deletionTimestamp then
          _, gone = deletion.delete(world, record, {})
        end
        if not gone then left = left + 1 end
      end
    end
  end
  return left
end

local function reconcile(world, name)
  local resource = world.catalog.namespaces
  local record = world.store:get(resource, name)
  if not record or not record.object.metadata.deletionTimestamp then return end
  if empty(world, name) > 0 or #(record.object.metadata.finalizers or {}) > 0 then return end
  record = world.store:get(resource, name)
  if record then world.store:remove(resource, name) end
end

--- Starts it.
function namespaces.start(world)
  local queue = work.queue(world, function(name) reconcile(world, name) end)
  world.store:listen(function(event)
    local metadata = event.record.object.metadata
    if event.resource == world.catalog.namespaces then
      if event.type == "MODIFIED" and metadata.deletionTimestamp then
        queue:add(metadata.name, NOTICE)
      end
    elseif event.type == "DELETED" and metadata.namespace then
      queue:add(metadata.namespace, NOTICE)
    end
  end)
end

return namespaces
