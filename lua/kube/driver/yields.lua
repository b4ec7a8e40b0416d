--- Whether this Lua can yield out of what C called: a pcall, the iterator of a `for`. PUC 5.1
-- cannot. Asked by Lua's own functions: those that nginx has in their place yield themselves, which
-- no module may while it is loaded.
local function own(name) return rawget(coroutine, "_" .. name) or coroutine[name] end

local yield = own("yield")
local guarded = own("create")(function() pcall(yield) end)
own("resume")(guarded)

return own("status")(guarded) == "suspended"
