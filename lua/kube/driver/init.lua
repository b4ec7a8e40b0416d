--- How this program waits: looked up at every wait, so that a client made anywhere works
-- everywhere.
--
-- A driver has
--   name      "blocking", "loop"
--   now()     seconds of the engine's monotonic clock
--   time()    seconds of the wall clock
--   sleep(s)  waits
--   yield()   lets the neighbours run
--   spawn(fn, ...) -> task with :join(timeout) and :cancel()
--   waiter()  -> { wait(deadline) -> true | nil, "timeout" | nil, "canceled"; wake();
--             is_waiting() -> whether somebody is in wait: not so after that threw }
local blocking = require("kube.driver.blocking")
local loop = require("kube.driver.loop")

local driver = { run = loop.run }

--- The driver of the code that asks: the loop inside kube.run, else blocking.
function driver.current()
  if loop.is_here() then return loop end
  return blocking
end

return driver
