--- When a worker of nginx is to quit: told by a timer that is due in eleven days, and sooner only
-- because nginx ends it.
local core = require("kube.core")
local errors = require("kube.api.errors")
local ngx = require("ngx")

local exit = {}

local LONG = 1e6 -- seconds

local listeners = {}
local watched, near

--- An error of the host.
function exit.failure(why, advice)
  return errors.new {
    reason = "System",
    message = "nginx: " .. tostring(why) .. (advice and ": " .. advice or ""),
  }
end

--- Starts a timer that runs now: true | nil, err.
function exit.timer(fn, ...)
  local ok, err = ngx.timer.at(0, fn, ...)
  if ok then return true end
  return nil, exit.failure(err, "kube needs one for its work; raise lua_max_pending_timers")
end

--- Whether Lua states come and go with the requests (lua_code_cache off): then nothing may outlive
-- what is waited for, a timer of eleven days least of all.
function exit.is_transient() return core.states() > 1 end

--- Whether the worker is to quit.
function exit.is_near() return near or ngx.worker.exiting() end

--- Calls listener() in a light thread of its own once the worker is to quit.
function exit.listen(listener) listeners[#listeners + 1] = listener end

--- Calls the listeners, if it is time for it and they were not called yet.
function exit.look()
  if near or not ngx.worker.exiting() then return end
  near = true
  for _, listener in ipairs(listeners) do ngx.thread.spawn(listener) end
end

-- In another timer: nobody hears a semaphore that a timer posts that nginx ended early.
local function on_timer(ended_early)
  watched = false
  if ended_early then return ngx.timer.at(0, exit.look) end
  exit.watch()
end

--- Sees to it that the listeners are called: true | nil, err. Where states come and go, whoever
-- lasts looks himself.
function exit.watch()
  if watched or exit.is_transient() then return true end
  local ok, err = ngx.timer.at(LONG, on_timer)
  if not ok and ngx.worker.exiting() then ok = exit.timer(exit.look) end
  watched = ok
  if ok then return true end
  return nil, exit.failure(err, "raise lua_max_pending_timers")
end

return exit
