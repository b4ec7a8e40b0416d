--- kube in a worker of nginx, for worker.py: what the worker does beside its neighbours.
local kube = require("kube")
local k = assert(kube.connect())

local in_nginx = {}

local told = { events = 0, lists = 0, pods = 0 }

--- Reads a watch, and forgets what comes.
local function watch()
  local stream = assert(k:watch("pods.v1.", { namespace = "flood" }))
  local event, err = stream:next()
  while event do
    told.events = told.events + 1
    event, err = stream:next()
  end
  error(err or "the watch has ended")
end

--- Lists all pods, again and again, with a pause between.
local function lists()
  while true do
    local list = assert(k:list("pods.v1.", { all_namespaces = true }))
    told.lists, told.pods = told.lists + 1, #list.items
    assert(kube.sleep(0.5))
  end
end

local WORK = { watch = watch, lists = lists }

--- Starts work that goes on: "watch", "lists". "idle" is a worker in which kube has worked.
function in_nginx.load(what)
  if WORK[what] then assert(kube.spawn(WORK[what])) end
  ngx.say(#assert(k:list("pods.v1.", { all_namespaces = true, limit = 1 })).items)
end

--- What was done so far: events, lists, and pods of the last list.
function in_nginx.told() ngx.say(told.events, " ", told.lists, " ", told.pods) end

--- n gets one after the other in one request: seconds.
function in_nginx.gets(n)
  local names = {}
  for name in io.lines(os.getenv("BENCH_NAMES")) do names[#names + 1] = name end
  assert(k:get("pods.v1.", names[1], { namespace = "ns-0" }))
  ngx.update_time()
  local began = ngx.now()
  for i = 1, n do assert(k:get("pods.v1.", names[(i - 1) % #names + 1], { namespace = "ns-0" })) end
  ngx.update_time()
  ngx.say(ngx.now() - began)
end

return in_nginx
