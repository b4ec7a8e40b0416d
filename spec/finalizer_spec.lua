--- Finalizers of the user's run whenever Lua allocates: also in the middle of decoding an object.
-- What is being read must neither move nor go away under the decoder.
local core = require("kube.core")
local faults = require("spec.support.faults")
local json = require("kube.json")

--- Makes garbage that runs finalize when it is collected.
local function with_finalizer(finalize)
  if newproxy then -- 5.1: tables have no __gc there
    local proxy = newproxy(true)
    getmetatable(proxy).__gc = finalize
  else
    setmetatable({}, { __gc = finalize })
  end
end

describe("a finalizer that runs while an object is decoded", function()
  local pause, speed

  setup(function() -- the collector always works, and hard
    pause, speed = collectgarbage("setpause", 0), collectgarbage("setstepmul", 1000)
  end)

  teardown(function()
    collectgarbage("setpause", pause)
    collectgarbage("setstepmul", speed)
  end)

  local text = {}
  for i = 1, 400 do text[i] = ("%05d"):format(i):rep(10) end

  --- Reads a list of 50 objects while finalizers call disturb(call, engine): the objects, and how
  -- often that was.
  local function read(disturb)
    local items = {}
    for i = 1, 50 do items[i] = { list = json.array(text) } end
    local script = faults.script { faults.json { kind = "PodList", metadata = {}, items = items } }
    local engine = assert(core.engine())
    local config = assert(core.config { kubeconfig = faults.kubeconfig { server = script.server } })
    local client = assert(core.client(engine, config))
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
        assert(engine:wait(10))
      elseif object then
        objects[#objects + 1] = object
      else
        assert.is_nil(err)
        break
      end
    end
    call:close()
    assert.is_true(runs > 0)
    for _, object in ipairs(objects) do assert.same(text, object.list) end
    return #objects
  end

  it("may wait for the engine", function()
    assert.equal(50, read(function(_, engine) engine:wait(0.001) end))
  end)

  it("may close what is read: at once, or when the object is whole", function()
    assert.is_true(read(function(call) call:close() end) <= 50)
  end)

  it("may read the same call: the next object, or none while one is under way", function()
    local more = 0
    local here = read(function(call)
      local ok, object = pcall(call.next, call)
      if ok and object then more = more + 1 end
    end)
    assert.equal(50, here + more)
  end)
end)
