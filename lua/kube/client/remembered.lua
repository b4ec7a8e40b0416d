--- When the server does not serve any more what discovery remembers: a CRD was deleted, a version
-- is gone. The server then knows not even the path, and says so in plain text; it has done nothing.
--
-- | case                        | kubectl                      | kube                            |
-- |-----------------------------|------------------------------|---------------------------------|
-- | such an answer              | the error; the next command  | once more, with what is served  |
-- |                             | asks what is served          | now; of a stream as kubectl     |
-- Source: cli-runtime resource/visitor.go, kubectl pkg/cmd/util (isNotFound and Invalidate).
local errors = require("kube.api.errors")

local remembered = {}

--- Whether the server does not know the path of what was asked for.
local function is_unknown(err)
  return errors.predicates.is_not_found(err)
    and errors.has_status_cause(err, "UnexpectedServerResponse")
end

--- Finds something by what discovery knows, and uses it; where that is not served any more, once
-- more by what is: what use gives | nil, err.
-- @param find  function () -> found | nil, err
-- @param use   function (found) -> value | nil, err
function remembered.use(its_discovery, find, use)
  local found, err = find()
  if not found then return nil, err end
  local value, problem = use(found)
  if value ~= nil then return value end
  if not is_unknown(problem) then return nil, problem end
  its_discovery:invalidate()
  found, err = find()
  if not found then return nil, err end
  return use(found)
end

--- The reader of a stream, which forgets what is not served any more, for whoever comes next.
function remembered.reader(its_discovery, read)
  return function(call)
    local object, err = read(call)
    if object == nil and is_unknown(err) then its_discovery:invalidate() end
    return object, err
  end
end

return remembered
