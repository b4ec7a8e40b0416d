-- One spec, spec/drivers, under each driver that this Lua has. (Under nginx and Neovim, whose Lua
-- is their own: spec/openresty/drivers_spec.lua.)
local drivers = require("spec.support.drivers")

local HOSTS = {
  "blocking", "loop", "luv", "luv's own coroutines", "cqueues", "cqueues' own coroutines",
}

for _, host in ipairs(HOSTS) do
  describe("under " .. host, function()
    local run = drivers.run(host, drivers.start_here)
    for _, name in ipairs(run.names) do it(name, function() run:check(name) end) end
  end)
end
