-- The live page on an API server in memory, whose pods come and go, until Ctrl-C:
-- make demo-openresty
local kube = require("kube")
local uv = require("luv")

kube.use("luv")

local here = assert(uv.fs_realpath(arg[0]:match("^(.*)/[^/]*$") or "."))

-- ---- the world: kube.fake ----

local LABELS = { app = "web" }

local function pod_spec(image) return { containers = { { name = "app", image = image } } } end

local function pod(name, image)
  return { apiVersion = "v1", kind = "Pod", metadata = { name = name }, spec = pod_spec(image) }
end

local WEB = {
  apiVersion = "apps/v1", kind = "Deployment", metadata = { name = "web" },
  spec = {
    replicas = 3, selector = { matchLabels = LABELS },
    template = { metadata = { labels = LABELS }, spec = pod_spec("web:1") },
  },
}

local SETTINGS = {
  apiVersion = "v1", kind = "ConfigMap", metadata = { name = "settings" },
  data = { greeting = "Hello from a ConfigMap\n" },
}

-- Its pods take their time, to be seen.
local function start_world()
  local world = assert(kube.fake.start {
    pods = { scheduled_after = 0.7, ready_after = 2.5, gone_after = 1.5 },
  })
  local k = assert(world:connect())
  for _, object in ipairs { SETTINGS, WEB, pod("cache-0", "valkey:8"), pod("db-0", "pg:18") } do
    assert(k:create(object))
  end
  return world, k
end

local function set_state(k, name, state, restarts)
  local container = {
    name = "app", restartCount = restarts, ready = state.running ~= nil, state = state,
  }
  assert(k:patch("pod", name, { status = { containerStatuses = { container } } },
    { subresource = "status" }))
end

local function roll(k, image)
  local path = "/spec/template/spec/containers/0/image"
  assert(k:patch("deploy/web", { { op = "replace", path = path, value = image } },
    { type = "json" }))
end

-- What happens, one after the other, again and again.
local EVENTS = {
  function(k) assert(k:patch("deploy/web", { spec = { replicas = 5 } })) end,
  function(k) assert(k:create(pod("report", "report:3"))) end,
  function(k) set_state(k, "db-0", { waiting = { reason = "CrashLoopBackOff" } }, 4) end,
  function(k) roll(k, "web:" .. os.time()) end,
  function(k) assert(k:delete("pod/report")) end,
  function(k) set_state(k, "db-0", { running = { startedAt = os.date("!%Y-%m-%dT%TZ") } }, 5) end,
  function(k) assert(k:patch("deploy/web", { spec = { replicas = 3 } })) end,
}

-- Until it is canceled.
local function play(k)
  while true do
    for _, happen in ipairs(EVENTS) do
      if not kube.sleep(4) then return end
      happen(k)
    end
  end
end

-- ---- nginx, with the configuration beside this file ----

local function free_port()
  local listener = uv.new_tcp()
  listener:bind("127.0.0.1", 0)
  local port = listener:getsockname().port
  listener:close()
  return port
end

-- Its directory: what the configuration expects in it, and the configuration with another port.
local function new_prefix(port)
  local prefix = assert(uv.fs_mkdtemp((os.getenv("TMPDIR") or "/tmp") .. "/kube-demo-XXXXXX"))
  assert(uv.fs_mkdir(prefix .. "/logs", 448))
  assert(uv.fs_mkdir(prefix .. "/tmp", 448))
  assert(uv.fs_symlink(here, prefix .. "/app"))
  assert(uv.fs_symlink("/usr/lib/nginx/modules", prefix .. "/modules"))
  local file = assert(io.open(here .. "/nginx.conf"))
  local text = file:read("*a"):gsub("127%.0%.0%.1:8080", "127.0.0.1:" .. port)
  file:close()
  file = assert(io.open(prefix .. "/nginx.conf", "w"))
  file:write(text)
  file:close()
  return prefix
end

local function show_log(prefix)
  local file = io.open(prefix .. "/logs/error.log")
  if file then io.stderr:write(file:read("*a")) end
end

-- nginx must not outlive us, nor hear of Ctrl-C before we do. Root's workers would become somebody
-- who need not be able to read these files.
local function start_nginx(kubeconfig, port, on_exit)
  local prefix = new_prefix(port)
  local directives = "daemon off;" .. (uv.getuid() == 0 and " user root;" or "")
  local nginx
  nginx = assert(uv.spawn("setpriv", {
    args = { "--pdeathsig", "TERM", "nginx", "-p", prefix, "-c", prefix .. "/nginx.conf",
      "-e", "logs/error.log", "-g", directives },
    env = {
      "KUBECONFIG=" .. kubeconfig, "PATH=" .. os.getenv("PATH") .. ":/usr/sbin",
      "LUA_PATH=" .. package.path, "LUA_CPATH=" .. package.cpath,
    },
    detached = true,
  }, function(code)
    nginx:close()
    if code ~= 0 then show_log(prefix) end
    os.execute("rm -rf '" .. prefix .. "'")
    on_exit()
  end))
  return nginx
end

-- ---- the demo ----

local HELLO = [[

  Pods as they change   http://127.0.0.1:%d/
  A ConfigMap's key     http://127.0.0.1:%d/greeting
  To change something   kubectl --kubeconfig %s delete pod cache-0

  Ctrl-C ends it.
]]

local demo

local function stop() demo:cancel() end

local function main()
  local world, k = start_world()
  local port = free_port()
  local nginx = start_nginx(world.kubeconfig, port, stop)
  print(string.format(HELLO, port, port, world.kubeconfig))
  io.flush()
  local _, problem = kube.spawn(play, k):join()
  if not nginx:is_closing() then nginx:kill("sigterm") end
  world:close()
  if problem and not kube.is_canceled(problem) then error(problem, 0) end
end

demo = kube.spawn(main)

local signals = {}
for i, name in ipairs { "sigint", "sigterm", "sighup" } do
  signals[i] = uv.new_signal()
  signals[i]:start(name, stop)
end

local problem
kube.spawn(function()
  local _
  _, problem = demo:join()
  for _, signal in ipairs(signals) do signal:close() end
end)

uv.run()
if problem then error(tostring(problem), 0) end
