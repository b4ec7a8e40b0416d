-- One spec, spec/drivers, inside nginx and Neovim, in the Lua that they have.
local drivers = require("spec.support.drivers")
local nginx = require("spec.support.nginx")
local process = require("spec.support.process")
local uv = require("luv")

local top, build = assert(os.getenv("KUBE_SPEC_TOP")), assert(os.getenv("KUBE_SPEC_BUILD"))

-- ---- nginx ----

local FOR_SPECS = { "KUBE_SPEC_CLUSTER", "KUBE_SPEC_FAULTS", "KUBE_DRIVERS_ONLY",
  "KUBE_DRIVERS_ROUNDS", "KUBE_DRIVERS_SEED", "TMPDIR" }

--- In a request, and in a timer that the request waits for.
local PAGES = [[
  location = /request { content_by_lua_block { run() ngx.say("ended") } }
  location = /timer { content_by_lua_block {
    local ended
    assert(ngx.timer.at(0, function() run() ended = true end))
    while not ended do ngx.sleep(0.05) end
    ngx.say("ended")
  } } ]]

local INIT = string.format([[
  init_by_lua_block {
    package.path = %q .. "/?.lua;" .. package.path
    function run() assert(loadfile(%q .. "/spec/drivers/main.lua"))() end
  } ]], top, top)

local function in_nginx(page)
  return function(env, log)
    for _, name in ipairs(FOR_SPECS) do env[name] = os.getenv(name) end
    local server = nginx.start { server = PAGES, http = INIT, env = env,
      prepare = function(prefix) assert(uv.fs_symlink(log, prefix .. "/logs/error.log")) end }
    local ok, code, body = pcall(server.curl, server, page, { "-m", "110" })
    server:stop()
    return string.format("%s %s %s\n", tostring(ok), tostring(code), tostring(body))
  end
end

-- ---- Neovim ----

local function in_neovim(env, log)
  env.LUA_PATH = string.format("%s/lua/?.lua;%s/lua/?/init.lua;%s/?.lua;;", top, top, top)
  env.LUA_CPATH = build .. "/luajit/?.so;;"
  local command = string.format("exec nvim --headless -u NONE -i NONE -n -c 'luafile %s' 2>%s",
    top .. "/spec/drivers/main.lua", process.quote(log))
  local said, code = process.run(command, env)
  return string.format("%sexit %s\n", said, tostring(code))
end

-- ---- all of them ----

local HOSTS = {
  { "nginx", in_nginx("/request") },
  { "nginx's own threads", in_nginx("/request") },
  { "nginx's own threads", in_nginx("/timer"), "in a timer" },
  { "nvim", in_neovim },
  { "nvim's own coroutines", in_neovim },
}

for _, host in ipairs(HOSTS) do
  describe(string.format("under %s %s", host[1], host[3] or ""), function()
    local run = drivers.run(host[1], host[2])
    for _, name in ipairs(run.names) do it(name, function() run:check(name) end) end
  end)
end
