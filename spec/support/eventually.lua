--- Waits until check() gives something true, and returns it. Fails after `seconds` (5).
local kube = require("kube")

return function(check, seconds)
  local deadline = kube.now() + (seconds or 5)
  repeat
    local found = check()
    if found then return found end
    kube.sleep(0.02)
  until kube.now() > deadline
  error("it did not come true in time", 2)
end
