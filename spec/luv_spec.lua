-- What is luv's own: its loop, its callbacks, and coroutines that the user resumes himself. (What
-- all drivers have in common: spec/drivers.)
local cluster = require("spec.support.cluster")
local kube = require("kube")
local process = require("spec.support.process")
local uv = require("luv")

local k = cluster.connect()
local PATIENCE = 20

--- Runs the loop until nothing is left to do, and not for ever: whether it came to that.
local function run_loop(seconds)
  local over
  local timer = uv.new_timer()
  uv.update_time() -- else it counts from when the loop last ran, which may be long ago
  timer:start(1000 * (seconds or PATIENCE), 0, function()
    over = true
    uv.stop()
  end)
  timer:unref()
  uv.run()
  timer:stop()
  return not over
end

--- Calls fn in a callback of the loop.
local function soon(fn)
  local timer = uv.new_timer()
  timer:start(1, 0, function()
    timer:close()
    fn()
  end)
end

local function go(fn) assert(coroutine.resume(coroutine.create(fn))) end

local function get() return assert(k:get("namespaces", "default", { timeout = PATIENCE })) end

local function quiet_watch()
  return assert(k:watch("configmaps", { fieldSelector = "metadata.name=never" }))
end

describe("the loop of luv", function()
  setup(function()
    get()
    kube.use("luv")
  end)

  teardown(function() kube.use(nil) end)

  it("runs what a callback spawns", function()
    local n = 0
    soon(function()
      kube.spawn(function()
        get()
        n = n + 1
      end)
    end)
    assert.is_true(run_loop())
    assert.equal(1, n)
  end)

  it("is not blocked by a callback that asks: it is told what to do instead", function()
    local pod, err
    soon(function() pod, err = k:get("namespaces", "default") end)
    assert.is_true(run_loop())
    assert.is_nil(pod)
    assert.is_true(kube.is_cannot_wait(err))
    local ok, problem
    soon(function() ok, problem = pcall(kube.run, function() end) end)
    assert.is_true(run_loop())
    assert.is_false(ok)
    assert.matches("the loop of luv runs already: use kube.spawn", problem, 1, true)
  end)

  it("is not awaited in the main program: a join is told so, and has its results later", function()
    local task = kube.spawn(function()
      get()
      return "result"
    end)
    local result, err = task:join()
    assert.is_nil(result)
    assert.is_true(kube.is_cannot_wait(err))
    assert.is_true(run_loop())
    assert.equal("result", task:join())
  end)

  it("goes on beside what waits, and ends when nobody does", function()
    local ticks = 0
    local timer = uv.new_timer()
    timer:start(1, 1, function()
      ticks = ticks + 1
      if ticks == 20 then timer:close() end
    end)
    go(function() quiet_watch():next(0.03) end)
    assert.is_true(run_loop())
    assert.equal(20, ticks)
  end)

  it("holds a coroutine of the user's own that waits, whatever is collected meanwhile", function()
    local n = 0
    for _ = 1, 10 do
      go(function()
        get()
        n = n + 1
      end)
    end
    collectgarbage()
    collectgarbage()
    assert.is_true(run_loop())
    assert.equal(10, n)
  end)

  it("ends when the stream that somebody reads is closed", function()
    local watch, ended
    go(function()
      watch = quiet_watch()
      watch:next()
      ended = true
    end)
    soon(function() watch:close() end)
    assert.is_true(run_loop())
    assert.is_true(ended)
  end)

  it("does not mind a coroutine that the user resumes while it waits", function()
    local got
    local thread = coroutine.create(function() got = get() end)
    for _ = 1, 5 do assert(coroutine.resume(thread)) end
    assert.is_true(run_loop())
    assert.equal("default", got.metadata.name)
  end)

  if coroutine.close then
    it("forgets a coroutine that was closed while it waited", function()
      local thread = coroutine.create(function() kube.sleep(0.01) end)
      assert(coroutine.resume(thread))
      coroutine.close(thread)
      assert.is_true(run_loop())
    end)
  end

  it("lets a task wait for a callback of the user's own", function()
    assert.equal("called", kube.run(function()
      local thread = coroutine.running()
      soon(function() assert(coroutine.resume(thread, "called")) end)
      local word = coroutine.yield()
      get()
      return word
    end))
  end)

  it("says so when a task yields and nobody can resume it", function()
    local ok, problem = pcall(kube.run, function() coroutine.yield() end)
    assert.is_false(ok)
    assert.matches("a task yielded to nobody", problem, 1, true)
    assert.equal(1, kube.run(function() return 1 end))
  end)

  it("tells tasks that kube.run left behind that they are canceled", function()
    local other
    local ok = pcall(kube.run, function()
      other = kube.spawn(function() return select(2, kube.sleep(60)).reason end)
      kube.sleep(0.001)
      error("all is lost", 0)
    end)
    assert.is_false(ok)
    assert.equal("Canceled", kube.run(function() return other:join(PATIENCE) end))
  end)

  it("goes on with what is under way when kube.use chooses another driver", function()
    local n = 0
    go(function()
      get()
      kube.sleep(0.01)
      n = n + 1
    end)
    kube.use(nil)
    get()
    kube.run(function()
      kube.spawn(function()
        get()
        n = n + 1
      end)
    end)
    kube.use("luv")
    assert.is_true(run_loop())
    assert.equal(2, n)
  end)

  it("reports what a coroutine of the user's own throws after it had waited", function()
    local path = process.file([[
      local kube, uv = require("kube"), require("luv")
      kube.use("luv")
      coroutine.wrap(function() kube.sleep(0.001) error("own trouble") end)()
      uv.run()
      print("went on")]])
    local said, code = process.run_lua { path }
    os.remove(path)
    assert.equal(0, code)
    assert.matches("kube: a coroutine failed: [^\n]*own trouble\n", said)
    assert.matches("went on", said, 1, true)
  end)

  it("leaves no crash behind where Lua ends right after kube.run", function()
    local path = process.file([[
      local kube = require("kube")
      kube.use("luv")
      kube.run(function() kube.spawn(function() kube.sleep(0.001) end) kube.sleep(0) end)
      print("the end")]])
    local said, code = process.run_lua { path }
    os.remove(path)
    assert.equal("the end\n", said)
    assert.equal(0, code)
  end)
end)
