--- Finalizers of the user's run whenever Lua allocates: also in the middle of decoding an object.
-- What is being read must neither move nor go away under the decoder.
local faults = require("spec.support.faults")
local json = require("kube.json")
local process = require("spec.support.process")

--- Reads a list of 50 objects while finalizers disturb, in a process of its own: with the heap of
-- all specs the collector would seldom come to them. Prints how many objects came.
local READER = [=[
local core = require("kube.core")
local json = require("kube.json")
local kubeconfig, disturb = arg[1], assert((loadstring or load)(arg[2]))

collectgarbage("setpause", 0) -- it always works, and hard
collectgarbage("setstepmul", 1000)

local function with_finalizer(finalize)
  if newproxy then -- 5.1: tables have no __gc there
    local proxy = newproxy(true)
    getmetatable(proxy).__gc = finalize
  else
    setmetatable({}, { __gc = finalize })
  end
end

local engine = assert(core.engine())
local client = assert(core.client(engine, assert(core.config { kubeconfig = kubeconfig })))
local resource = { group = "", version = "v1", resource = "pods" }
local call = assert(client:list(resource, "default", nil, {}))
local runs, objects, decoding = 0, {}, false

local function finalize()
  if not decoding then return end
  runs = runs + 1
  disturb(call, engine)
end

while true do
  for _ = 1, 20 do with_finalizer(finalize) end
  decoding = true
  local ok, object, err = pcall(call.next, call)
  decoding = false
  if not ok then break end -- closed before it was begun
  if object == false then
    assert(engine:wait(10) ~= nil)
  elseif object then
    objects[#objects + 1] = object
  else
    assert(err == nil, tostring(err))
    break
  end
end
call:close()
assert(runs > 0, "no finalizer ran")
for _, object in ipairs(objects) do
  assert(#object.list == 400)
  for i, text in ipairs(object.list) do assert(text == ("%05d"):format(i):rep(10)) end
end
print(#objects + (more or 0)) -- luacheck: ignore
]=]

describe("a finalizer that runs while an object is decoded", function()
  local text = {}
  for i = 1, 400 do text[i] = ("%05d"):format(i):rep(10) end

  local function read(disturb)
    local items = {}
    for i = 1, 50 do items[i] = { list = json.array(text) } end
    local script = faults.script { faults.json { kind = "PodList", metadata = {}, items = items } }
    local output, code = process.run_lua {
      faults.file(READER, ".lua"), faults.kubeconfig { server = script.server }, disturb,
    }
    assert(code == 0, output)
    return tonumber(output)
  end

  it("may wait for the engine", function()
    assert.equal(50, read("local _, engine = ... engine:wait(0.001)"))
  end)

  it("may close what is read: at once, or when the object is whole", function()
    assert.is_true(read("(...):close()") <= 50)
  end)

  it("may read the same call: the next object, or none while one is under way", function()
    assert.equal(50, read([[
      local call = ...
      local ok, object = pcall(call.next, call)
      if ok and object then more = (more or 0) + 1 end]]))
  end)
end)
