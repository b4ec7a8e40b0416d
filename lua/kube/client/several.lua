--- Lists of several resources, "pods,services" or "all": their objects one after another.
--
-- | case                        | kubectl get                    | kube                           |
-- |-----------------------------|--------------------------------|--------------------------------|
-- | one of them cannot be read  | the others are shown, then the | the error; each has given what |
-- |                             | error                          | comes before it                |
-- | what a list of them is      | a List of v1, as -o json       | the same                       |
-- | a page of it                | there are none                 | limit and continue: BadRequest |
-- | a table of it               | one for each resource          | as = "Table": BadRequest; each |
-- |                             |                                | gives the rows of all          |
-- | a name that is a category   | the category                   | the resource                   |
local errors = require("kube.api.errors")
local json = require("kube.json")
local remembered = require("kube.client.remembered")

local several = {}

local function refuse(given, ...)
  for _, name in ipairs { ... } do
    if given[name] ~= nil then
      return errors.bad_request("the option " .. name .. " is for lists of one resource")
    end
  end
  return true
end

--- The same for as = "Table": each has columns of its own.
local function refuse_tables(given)
  if given.as ~= "Table" then return true end
  return errors.bad_request('as = "Table" is for lists of one resource: each has columns of its '
    .. "own")
end

--- All objects: { apiVersion = "v1", kind = "List", metadata =, items = {...} } | nil, err; where
-- there is but one resource by its name, the list that it has itself.
-- @param clients  of the dynamic client, in their namespaces: a list, with mixed = whether it is
--   not one resource by its name
function several.list(clients, given)
  if not clients.mixed then return clients[1]:list(given) end
  local ok, err = refuse(given, "limit", "continue")
  if ok then ok, err = refuse_tables(given) end
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

--- Opens the list of the client at a place, which is followed by that of the next.
local function open_at(clients, given, its_discovery, at)
  local call, read = clients[at]:open_list(given)
  if not call then return nil, read end
  return call, remembered.reader(its_discovery, read), clients[at + 1] and function()
    return open_at(clients, given, its_discovery, at + 1)
  end
end

--- Starts the first of the lists, which the others follow: call, read, following | nil, err (see
-- kube.client.stream).
function several.open(clients, given, its_discovery)
  if not clients.mixed then return open_at({ clients[1] }, given, its_discovery, 1) end
  local ok, err = refuse(given, "continue")
  if not ok then return nil, err end
  return open_at(clients, given, its_discovery, 1)
end

return several
