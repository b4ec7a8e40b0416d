--- What nobody holds any more goes away in any order, and takes nothing with it that is needed.
local kube = require("kube")

return {
  {
    name = "streams, tasks and clients are dropped in any order",
    run = function(world)
      for _ = 1, 6 do
        local kept, readers = {}, {}
        for i = 1, 12 do
          local watch = world.pods("flow"):watch()
          local list = world.pods("slow"):each()
          kept[#kept + 1], kept[#kept + 2] = watch, list
          local reader = assert(kube.spawn(function() return watch:next() end))
          readers[i] = { what = "reader " .. i, task = reader }
          kept[#kept + 1] = reader
          kept[#kept + 1] = world.faults.connect { server = world.faults.blackhole }
          kept[#kept + 1] = kept[#kept]:each("pods")
          list:next(0)
        end
        assert(kube.sleep(math.random() * 0.005))
        while #kept > 0 do
          local thing = table.remove(kept, math.random(#kept))
          if thing.cancel then thing:cancel() end
          if math.random() < 0.1 then
            collectgarbage()
            assert(kube.sleep(0))
          end
        end
        for _, reader in ipairs(readers) do
          local _, err = reader.task:join(world.PATIENCE)
          assert(err == nil or kube.is_canceled(err), err)
        end
        collectgarbage()
      end
      assert(world.pods("short"):get("one"))
    end,
  },
  {
    name = "who waits is held, though nobody knows of him",
    run = function(world)
      local n = 0
      for i = 1, 30 do
        kube.spawn(function()
          if i % 3 == 0 then
            assert(kube.sleep(0.01))
          elseif i % 3 == 1 then
            assert(world.pods("short"):get("one"))
          else
            assert(world.pods("slow"):list())
          end
          n = n + 1
        end)
        if i % 10 == 0 then
          kube.sleep(0)
          collectgarbage()
          collectgarbage()
        end
      end
      world.eventually("all of them", function()
        collectgarbage()
        return n == 30
      end)
    end,
  },
  {
    name = "the collector at work all the time",
    run = function(world)
      local pause, step = collectgarbage("setpause", 0), collectgarbage("setstepmul", 1000)
      local tasks = {}
      for i = 1, 30 do
        tasks[i] = world.start("reader " .. i, function()
          local reason
          for _ = 1, 3 do
            assert(world.pods("short"):get("one"))
            world.equal(world.LENGTH, #assert(world.pods("slow"):list()).items, "objects")
            local watch = world.pods("flow"):watch()
            assert(watch:next(world.PATIENCE))
            reason = kube.with_timeout(0.003, function()
              local _, err
              for _ = 1, world.LENGTH do _, err = watch:next() end
              return err and err.reason
            end)
            watch:close()
          end
          return reason == nil or reason == "Timeout"
        end)
      end
      local results = world.finish(tasks)
      collectgarbage("setpause", pause)
      collectgarbage("setstepmul", step)
      for i, right in ipairs(results) do world.equal(true, right, "reader " .. i) end
    end,
  },
  {
    name = "tasks that have ended are not kept by deadlines that they had",
    run = function()
      local function round()
        local last
        for i = 1, 400 do
          last = assert(kube.spawn(function()
            return kube.with_timeout(3600, function()
              kube.sleep(0)
              kube.sleep(0.0005)
              assert(kube.spawn(function() kube.sleep(0.0001) end)):join(1800 + i)
              return ("x"):rep(2000) .. i
            end)
          end))
        end
        last:join(20)
        kube.sleep(0.01)
        last = nil -- luacheck: ignore 311
        collectgarbage()
        collectgarbage()
        return collectgarbage("count")
      end
      round()
      local before = round()
      for _ = 1, 3 do round() end
      local grown = round() - before
      assert(grown < 400, grown .. " KB more")
    end,
  },
}
