--- Lists of several resources, "pods,services" or "all": their objects one after another.
--
-- | case                        | kubectl get                    | kube                           |
-- |-----------------------------|--------------------------------|--------------------------------|
-- | one of them cannot be read  | the others are shown, then the | the error; each has given what |
-- |                             | error                          | comes before it                |
-- | what a list of them is      | a List of v1, as -o json       | the same                       |
-- | a page of it                | there are none                 | limit and continue: BadRequest |
-- | a name that is a category   | the category                   | the resource                   |
local errors = require("kube.api.errors")
local json = require("kube.json")

local several = {}

local function refuse(given, ...)
  for _, name in ipairs { ... } do
    if given[name] ~= nil then
      return nil, errors.new {
        reason = "BadRequest", message = "the option " .. name .. " is for lists of one resource",
      }
    end
  end
  return true
end

--- All objects: { apiVersion = "v1", kind = "List", metadata =, items = {...} } | nil, err; where
-- there is but one resource by its name, the list that it has itself.
-- @param clients  of the dynamic client, in their namespaces: a list, with mixed = whether it is
--   not one resource by its name
function several.list(clients, given)
  if not clients.mixed then return clients[1]:list(given) end
  local ok, err = refuse(given, "limit", "continue")
  if not ok then return nil, err end
  local items, n = json.array {}, 0
  for _, client in ipairs(clients) do
    local list, problem = client:list(given)
    if not list then return nil, problem end
    for _, item in ipairs(list.items) do
      n = n + 1
      items[n] = item
    end
  end
  return { apiVersion = "v1", kind = "List", metadata = { resourceVersion = "" }, items = items }
end

-- ---- one by one ----

-- For a stream it looks like one call, and is the one that is at hand.
local Calls = {}
Calls.__index = Calls

function Calls:id() return self._call:id() end
function Calls:request() return self._call:request() end
function Calls:list_head() return self._call:list_head() end
function Calls:info() return self._call:info() end
function Calls:close() self._call:close() end

--- Starts the next list: true | nil, err.
local function advance(self)
  local call, read = self._clients[self._at + 1]:open_list(self._given)
  if not call then return nil, read end
  if self._call then self._call:close() end
  self._at, self._call, self._read = self._at + 1, call, read
  return true
end

local function next_object(self)
  while true do
    local object, err = self._read(self._call)
    if object ~= nil or err or self._at == #self._clients then return object, err end
    local ok, problem = advance(self)
    if not ok then return nil, problem end
  end
end

--- Starts: what looks like a call, and how to read it | nil, err (see kube.client.stream).
function several.open(clients, given)
  if not clients.mixed then return clients[1]:open_list(given) end
  local ok, err = refuse(given, "continue")
  if not ok then return nil, err end
  local self = setmetatable({ _clients = clients, _given = given, _at = 0 }, Calls)
  ok, err = advance(self)
  if not ok then return nil, err end
  return self, next_object
end

return several
