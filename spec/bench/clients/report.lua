--- What every Lua client shares: what to ask for, and how it talks to the harness (measure.py).
local report = {}

local data = os.getenv("BENCH_DATA")

--- The names of the pods to get: as many as there are gets, round and round.
function report.names()
  local known, names = {}, {}
  for name in io.lines(data .. "/names.txt") do known[#known + 1] = name end
  for i = 1, tonumber(os.getenv("BENCH_GETS")) do names[i] = known[(i - 1) % #known + 1] end
  return names
end

--- The JSON of each pod.
function report.texts()
  local texts = {}
  local head = #'{"type":"ADDED","object":'
  for line in io.lines(data .. "/watch.json") do
    if #texts == tonumber(os.getenv("BENCH_PODS")) then break end
    texts[#texts + 1] = line:sub(head + 1, -2)
  end
  return texts
end

--- The first object is there: shows it.
function report.show(name)
  io.write(name, "\n")
  io.flush()
end

--- All is warm: what follows is measured.
function report.ready()
  io.write("ready\n")
  io.flush()
  io.read("*l")
end

--- All is done. The count and the sum (of the lengths of what came) show that it was consumed.
function report.done(count, sum)
  io.write(("done %d %d\n"):format(count, sum))
  io.flush()
  io.read("*l")
end

return report
