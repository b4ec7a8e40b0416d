--- Credential plugins: programs beside the loop, whoever's it is.
local kube = require("kube")
local plugin = require("spec.support.plugin")

--- Runs fn(client, plugin), with a plugin of its own.
local function with_plugin(fn)
  local one = plugin.new()
  one:gives { token = plugin.admin_token() }
  fn(assert(kube.connect { kubeconfig = one:kubeconfig() }), one)
  one:remove()
end

return {
  {
    name = "a credential plugin is run, and what it says is kept",
    alone = true,
    run = function(world)
      with_plugin(function(client, one)
        for _ = 1, 3 do
          world.equal("default", assert(client:get("namespaces", "default")).metadata.name)
        end
        world.equal(1, one:runs(), "runs")
        one:does("echo 'log in first' >&2; exit 3")
        local other = assert(kube.connect { kubeconfig = one:kubeconfig { args = { "other" } } })
        local object, err = other:get("namespaces", "default")
        world.fails("Exec", object, err)
        assert(tostring(err):find("log in first", 1, true), tostring(err))
      end)
    end,
  },
  {
    name = "a credential plugin is run, once for all who wait, without holding up the others",
    run = function(world)
      with_plugin(function(client, one)
        local go_on, tasks = one:gives_later { token = plugin.admin_token() }, {}
        for i = 1, 10 do
          tasks[i] = world.start("who waits " .. i, function()
            return assert(client:get("namespaces", "default")).metadata.name
          end)
        end
        world.eventually("the plugin's start", function() return one:runs() > 0 end)
        for _ = 1, 5 do
          assert(world.pods("short"):get("one"))
          assert(kube.sleep(0.001))
        end
        for i = 1, 10 do world.equal(false, tasks[i].task.done or false, "done") end
        go_on()
        for _, name in ipairs(world.finish(tasks)) do world.equal("default", name) end
        world.equal(1, one:runs(), "runs")
      end)
    end,
  },
}
