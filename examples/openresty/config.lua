-- Serves a key of a ConfigMap, as it is now: each worker watches the ConfigMap from the first
-- request on.
--
--   content_by_lua_block { require("config").serve("default", "settings", "greeting") }
--
-- 404 when the ConfigMap or the key is not there, 503 while it is not known yet. While the API
-- server is away, the last value goes on being served.
local follow = require("follow")
local k = require("client")
local kube = require("kube")
local semaphore = require("ngx.semaphore")

local config = {}

local PATIENCE = 3 -- seconds that a request waits for the first value

local followed = {} -- by namespace and name: { known =, object = nil when there is none, door = }

-- Lets in who waits for the first value: the door is opened once, and each opens it for the next.
local function open(entry)
  if not entry.known then entry.door:post() end
  entry.known = true
end

local function start(namespace, name)
  local entry = { door = semaphore.new() }
  local where = { namespace = namespace, fieldSelector = "metadata.name=" .. name }
  local task, err = kube.spawn(follow, k, "configmaps", where, {
    replace = function(objects)
      entry.object = objects[1]
      open(entry)
    end,
    change = function(type, object) entry.object = type ~= "DELETED" and object or nil end,
    trouble = function(why) ngx.log(ngx.WARN, "configmap ", namespace, "/", name, ": ", why) end,
  })
  if not task then ngx.log(ngx.ERR, err) end
  return task and entry
end

-- The entry, once its first value is known; else nil.
local function find(namespace, name)
  local key = namespace .. "/" .. name
  followed[key] = followed[key] or start(namespace, name)
  local entry = followed[key]
  if not entry then return nil end
  if not entry.known and entry.door:wait(PATIENCE) then entry.door:post() end
  return entry.known and entry or nil
end

local function value_of(object, key)
  local text = object and object.data and object.data[key]
  local bytes = object and object.binaryData and object.binaryData[key]
  return text or bytes and ngx.decode_base64(bytes)
end

function config.serve(namespace, name, key)
  local entry = find(namespace, name)
  if not entry then
    ngx.header["Retry-After"] = 1
    return ngx.exit(ngx.HTTP_SERVICE_UNAVAILABLE)
  end
  local value = value_of(entry.object, key)
  if not value then return ngx.exit(ngx.HTTP_NOT_FOUND) end
  ngx.header["Cache-Control"] = "no-cache"
  ngx.header["ETag"] = '"' .. entry.object.metadata.resourceVersion .. '"'
  ngx.header["Content-Length"] = #value
  ngx.print(value)
end

return config
