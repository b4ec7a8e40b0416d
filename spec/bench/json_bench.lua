--- CPU seconds of decoding, and Lua memory: lua5.4 spec/bench/json_bench.lua LIST.json
-- LIST.json is a list of objects as the API serves it; lua-cjson is compared with
-- when it is installed. Items are decoded one by one and dropped, as a list of the API is.
local json = require("kube.core").json
local have_cjson, cjson = pcall(require, "cjson")

local file = assert(io.open(assert(arg[1], "which file?"), "rb"))
local text = file:read("*a")
file:close()

local items = {}
for _, item in ipairs(assert(json.decode(text)).items) do
  items[#items + 1] = assert(json.encode(item))
end

local function measure(label, run)
  local times = {}
  for i = 1, 5 do
    collectgarbage()
    collectgarbage()
    local start = os.clock()
    run()
    times[i] = os.clock() - start
  end
  table.sort(times)
  print(("%-40s min %.3f s  median %.3f s"):format(label, times[1], times[3]))
end

local function each(decode, options)
  return function()
    for i = 1, #items do decode(items[i], options) end
  end
end

local function held(options)
  collectgarbage()
  collectgarbage()
  local before, objects = collectgarbage("count"), {}
  for i = 1, #items do objects[i] = json.decode(items[i], options) end
  collectgarbage()
  return (collectgarbage("count") - before) / 1024, objects -- which keeps them alive till now
end

local strip = { strip_managed_fields = true }
local fields = { fields = json.projection({ "metadata.name", "status.phase" }) }

print(("%s, %d items, %.1f MB"):format(_VERSION, #items, #text / 1e6))
measure("decode, item by item", each(json.decode))
measure("decode, managedFields stripped", each(json.decode, strip))
measure("decode, two fields", each(json.decode, fields))
measure("decode, the whole text", function() json.decode(text) end)
if have_cjson then
  measure("lua-cjson, item by item", each(function(item) return cjson.decode(item) end))
  measure("lua-cjson, the whole text", function() cjson.decode(text) end)
end
print(("all objects held: %.1f MB"):format((held())))
print(("managedFields stripped: %.1f MB"):format((held(strip))))
