-- The client that all files here share. It is made in init_by_lua, from files alone.
local kube = require("kube")

local k, err = kube.connect()
if not k then error(tostring(err), 0) end -- nginx says "unknown error" of one that is a table

return k
