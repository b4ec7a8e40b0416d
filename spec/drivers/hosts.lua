--- The places where cases run: name -> { main = function (all) that runs all() where this host runs
-- programs; enter = function (fn) that runs fn() to its end where one may wait; tasks = whether
-- kube.spawn is there }.
local kube = require("kube")

local hosts = {}

local function call(fn) return fn() end

hosts.blocking = { main = call, enter = call }

hosts.loop = { main = call, enter = kube.run, tasks = true }

-- ---- luv ----

local function use_luv(all)
  kube.use("luv")
  all()
end

hosts.luv = { main = use_luv, enter = kube.run, tasks = true }

--- In coroutines of one's own, begun by a callback of a loop that runs already.
hosts["luv's own coroutines"] = { main = use_luv, tasks = true, enter = function(fn)
  local uv = require("luv")
  local timer = uv.new_timer()
  timer:start(0, 0, function()
    timer:close()
    local ok, problem = coroutine.resume(coroutine.create(fn))
    if not ok then error(problem) end
  end)
  uv.run()
end }

-- ---- cqueues ----

local function in_controller(fn)
  local controller = require("cqueues").new()
  controller:wrap(fn)
  assert(controller:loop())
end

hosts["cqueues"] = { main = call, tasks = true, enter = function(fn)
  in_controller(function() kube.run(fn) end)
end }

hosts["cqueues' own coroutines"] = { main = call, tasks = true, enter = in_controller }

-- ---- nginx: the worker calls main in a request or a timer ----

hosts.nginx = { main = call, enter = kube.run, tasks = true }

hosts["nginx's own threads"] = { main = call, enter = call, tasks = true }

-- ---- Neovim ----

--- The messages of many errors would wait for a key, and nothing runs meanwhile. And Neovim 0.7
-- itself lets a function of vim.schedule lie now and then until 'updatetime' is over: 4 s.
local function until_quit(all)
  vim.o.updatetime = 50 -- luacheck: ignore 112 113
  vim.notify = function(text) io.stderr:write(text, "\n") end -- luacheck: ignore 112 113
  coroutine.wrap(function()
    all()
    vim.cmd("qall!") -- luacheck: ignore 113
  end)()
end

hosts.nvim = { main = until_quit, enter = kube.run, tasks = true }

hosts["nvim's own coroutines"] = { main = until_quit, enter = call, tasks = true }

return hosts
