--- Whether this Lua can yield out of what C called: a pcall, the iterator of a `for`. PUC 5.1 cannot.
-- Asked by Lua's own functions: those that nginx has in their place yield themselves, which no
-- module may while it is loaded.
local create = coroutine._create or coroutine.create
local resume = coroutine._resume or coroutine.resume
local status = coroutine._status or coroutine.status
local yield = coroutine._yield or coroutine.yield

local guarded = create(function() pcall(yield) end)
resume(guarded)

return status(guarded) == "suspended"
