--- Waits by the loop of luv: a program that calls uv.run(), or Neovim.
--
-- The loop watches the engine's descriptor while somebody waits, and no longer: what is open keeps
-- no program alive. Any coroutine may wait, a task or one of the user's own, and is held meanwhile;
-- one inside of a task (a generator) waits in place. In Neovim tasks run where its API may be used
-- (vim.schedule).
local host = require("kube.driver.host")
local lines = require("kube.driver.lines")
local scheduler = require("kube.driver.scheduler")
local task = require("kube.driver.task")

local vim = rawget(_G, "vim")
local uv = vim and (vim.uv or vim.loop) or require("luv")

local luv = { name = "luv", now = host.now, time = os.time }

local LONG = 1e6 -- seconds: uv counts in integers

local fibers -- the scheduler
local poll, poll_fd -- uv's watcher, and the descriptor that it is for
local polled -- the descriptor, while it is watched
local alarm = uv.new_timer()

local run

--- Where nobody waits for what a task threw. (vim.notify is what users put something else in place
-- of that does not wait for a key.)
function luv.report(text)
  if not vim then return io.stderr:write(text, "\n") end
  vim.schedule(function() vim.notify(text, vim.log.levels.ERROR) end)
end

--- Lines of the log; a line on its stderr would stand in the middle of what Neovim shows.
local function notify_line(line, is_warning)
  local level = is_warning and vim.log.levels.WARN or vim.log.levels.INFO
  vim.schedule(function() vim.notify(line, level) end)
end

if vim then lines.set_host(notify_line) end

local function step(how)
  local ok, err = how()
  if not ok then luv.report("kube: " .. tostring(err)) end
end

local function on_readable()
  if vim then step(host.step) end -- Neovim may have no time for us until much later
  run()
end

--- Watches what there is to wait for, and nothing else. (A watcher is stopped and not closed: luv
-- crashes where Lua ends before its loop has heard of that.)
local function watch()
  local awaited = fibers:is_awaited()
  local fd = awaited and host.engine():fd()
  if fd ~= polled then
    if poll then poll:stop() end
    if fd and fd ~= poll_fd then poll, poll_fd = uv.new_poll(fd), fd end
    if fd then poll:start("r", on_readable) end
    polled = fd
  end
  local seconds = fibers:has_work() and 0 or awaited and fibers:time_left(host.now())
  if seconds then
    alarm:start(math.ceil(1000 * math.min(seconds, LONG)), 0, run)
  else
    alarm:stop()
  end
end

local function turn()
  step(host.turn)
  fibers:wake_sleepers(host.now())
  fibers:turn()
  watch()
end

run = vim and vim.schedule_wrap(turn) or turn

--- Somebody can run: at the loop's next turn.
local function notify()
  if not alarm:is_active() or alarm:get_due_in() > 0 then alarm:start(0, 0, run) end
end

fibers = scheduler.new(notify)
fibers.report = luv.report

function luv.start(new) return fibers:start(new) end

function luv.park(waiter, deadline) return fibers:park(waiter, deadline) end

function luv.unpark(waiter) fibers:unpark(waiter) end

function luv.yield() return fibers:yield() end

function luv.is_here() return not fibers:is_inside_task() end

--- The main program, and a callback of uv, cannot be suspended.
function luv.can_wait()
  local thread, is_main = coroutine.running()
  if thread and not is_main then return true end
  return nil, (vim and "Neovim" or "the loop of luv") .. " cannot wait here: call it inside "
    .. "kube.spawn(function() ... end) or another coroutine"
    .. (vim and "" or ", or all of it inside kube.run")
end

--- Runs a group of tasks until it is over: in a coroutine beside the others, else by running uv's
-- loop.
function luv.drive(group, begin)
  if luv.can_wait() then return task.wait_for_group(luv, group, begin) end
  if vim or uv.loop_mode and uv.loop_mode() then
    error("kube.run: the loop of luv runs already: use kube.spawn", 0)
  end
  begin()
  while not task.is_over(group) do
    if not uv.run("once") and not task.is_over(group) then
      error("kube.run: a task yielded to nobody", 0)
    end
  end
  return true
end

return luv
