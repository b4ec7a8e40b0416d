--- Nobody starves: neither the neighbours nor the network, whatever one task does.
local kube = require("kube")

return {
  {
    name = "kube.sleep(0) in a loop starves neither the neighbours nor the network",
    run = function(world)
      local over, spins, ticks = false, { 0, 0 }, 0
      local tasks = {}
      for i = 1, 2 do
        tasks[i] = world.start("spinner " .. i, function()
          while not over do
            spins[i] = spins[i] + 1
            assert(kube.sleep(0))
          end
        end)
      end
      tasks[3] = world.start("the ticker", function()
        while not over do
          ticks = ticks + 1
          assert(kube.sleep(0.001))
        end
      end)
      for _ = 1, 5 do
        world.equal(world.LENGTH, #assert(world.pods("slow"):list()).items, "objects")
        assert(world.pods("short"):get("one"))
      end
      over = true
      world.finish(tasks)
      assert(spins[1] > 5 and spins[2] > 5 and ticks > 5,
        string.format("%d and %d spins, %d ticks", spins[1], spins[2], ticks))
      local least, most = math.min(spins[1], spins[2]), math.max(spins[1], spins[2])
      assert(most <= least + 2, string.format("unfair: %d and %d spins", spins[1], spins[2]))
    end,
  },
  {
    name = "kube.sleep(0) alone lets the network go on",
    run = function(world)
      local done
      local task = world.start("the get", function()
        assert(world.pods("short"):get("one"))
        done = true
      end)
      local deadline = kube.now() + world.PATIENCE
      while not done and kube.now() < deadline do assert(kube.sleep(0)) end
      world.finish { task }
    end,
  },
  {
    name = "who reads a fast list lets the neighbours run between its objects",
    run = function(world)
      local over, turns, gets = false, 0, 0
      local list = world.pods("endless"):each()
      local tasks = {
        world.start("the reader", function()
          local n = 0
          while not over do
            local object, err = list:next(world.PATIENCE)
            if not object then error(err or "the end", 0) end
            n = n + 1
          end
          return n
        end),
        world.start("the neighbour", function()
          while not over do
            turns = turns + 1
            assert(kube.sleep(0))
          end
        end),
        world.start("the one who asks", function()
          for _ = 1, 10 do
            assert(world.pods("short"):get("one"))
            gets = gets + 1
          end
        end),
      }
      assert(kube.sleep(0.15))
      local answered = world.eventually("the gets", function() return gets == 10 end)
      over = true
      local read = world.finish(tasks)[1]
      list:close()
      assert(answered and turns >= 5, turns .. " turns")
      assert(read >= 1000, read .. " objects: a turn for each of them is too much")
    end,
  },
  {
    name = "short waits of many are all in time",
    run = function(world)
      local tasks, late = {}, 0
      for i = 1, 200 do
        local seconds = (i % 20) / 1000
        tasks[i] = world.start("sleeper " .. i, function()
          for _ = 1, 5 do
            local before = kube.now()
            assert(kube.sleep(seconds))
            local took = kube.now() - before
            if took < seconds - 0.002 then error("it woke after " .. took .. " s", 0) end
            late = math.max(late, took - seconds)
          end
        end)
      end
      world.finish(tasks)
      assert(late < 2, late .. " s late")
    end,
  },
}
