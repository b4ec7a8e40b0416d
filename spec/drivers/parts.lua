--- The spec that all drivers share: its cases in their order. A case is { name =, run = function
-- (world), alone = whether it needs no tasks }; it ends without an error, or has failed.
local PARTS = { "streams", "closing", "tasks", "deadlines", "turns", "credentials",
  "histories", "garbage" }

local parts = {}

--- All cases, or those for a host that has no tasks.
function parts.cases(without_tasks)
  local cases = {}
  for _, part in ipairs(PARTS) do
    for _, case in ipairs(require("spec.drivers.cases." .. part)) do
      if case.alone or not without_tasks then cases[#cases + 1] = case end
    end
  end
  return cases
end

return parts
