-- Applies a file of YAML documents (server-side apply), as kubectl apply --server-side -f does.
--   lua apply.lua FILE [NAMESPACE]
local kube = require("kube")

local path, namespace = arg[1], arg[2]
if not path then
  io.stderr:write("usage: lua apply.lua FILE [NAMESPACE]\n")
  os.exit(2)
end

local file = assert(io.open(path))
local objects = assert(kube.yaml.load_all(file:read("*a")))
file:close()

local k = assert(kube.connect { namespace = namespace })
local applied, err, done = k:apply(objects, { fieldManager = "apply.lua" })
for _, object in ipairs(applied or done or {}) do
  print(string.format("%s/%s applied", object.kind:lower(), object.metadata.name))
end
if not applied then
  io.stderr:write("apply.lua: ", tostring(err), "\n")
  os.exit(1)
end
