--- The names that kubectl takes, found in an index of resources. Pure.
--
-- A name is a plural, a singular, a short name or a kind, in any case, alone or with its group or
-- its version and group: deploy, Deployment, deployments.apps, deployments.v1.apps, `pods.v1.`
-- (with its last dot: in any group, the core one first). The rest of a group may be left out:
-- ing.networking. Names of resources go before short names, these before kinds.
--
-- | case                              | kubectl                     | kube                        |
-- |-----------------------------------|-----------------------------|-----------------------------|
-- | colliding names                   | at random with short names  | the server's group order    |
-- | a version and a part of the group | not found                   | found                       |
-- | a part of the group               | short names before names    | names before short names    |
-- | a kind                            | as it is written, or in     | in any case                 |
-- |                                   | lower case                  |                             |
-- Sources: kubectl's resource builder (cli-runtime resource/builder.go), client-go
-- restmapper/shortcut.go, apimachinery runtime/schema ParseResourceArg.
local names = {}

--- The ways to read a name, the likeliest first: { name =, version = | nil, group = | nil }.
function names.readings(text)
  text = text:lower()
  local name, rest = text:match("^([^.]+)%.(.*)$")
  if not name then return { { name = text } } end
  local readings = {}
  local version, group = rest:match("^([^.]+)%.(.*)$")
  if version then readings[1] = { name = name, version = version, group = group } end
  readings[#readings + 1] = { name = name, group = rest }
  return readings
end

local function in_group(own, group) return group == nil or group == "" or own == group end

local function in_group_like(own, group)
  return group ~= nil and group ~= "" and own:sub(1, #group) == group
end

--- Those of a list that a reading can mean, or nil.
local function pick(list, reading, grouped)
  local picked
  for _, resource in ipairs(list or {}) do
    if (not reading.version or resource.version == reading.version)
        and grouped(resource.group, reading.group) then
      picked = picked or {}
      picked[#picked + 1] = resource
    end
  end
  return picked
end

local function search(index, text)
  local readings = names.readings(text)
  for _, reading in ipairs(readings) do
    local by_name, by_short = index.by_name[reading.name], index.by_short[reading.name]
    local found = pick(by_name, reading, in_group) or pick(by_short, reading, in_group)
      or pick(by_name, reading, in_group_like) or pick(by_short, reading, in_group_like)
    if found then return found end
  end
  for _, reading in ipairs(readings) do
    local by_kind = index.by_kind[reading.name]
    local found = pick(by_kind, reading, in_group) or pick(by_kind, reading, in_group_like)
    if found then return found end
  end
end

local MOST = 1000 -- texts that are remembered: users of a program may write a name in many ways

--- All resources that a name can stand for, the likeliest first, or nil. What was found is
-- remembered in the index: programs ask for few names, and for these again and again.
function names.all(index, text)
  local found = index.found[text]
  if found then return found end
  found = search(index, text)
  if not found then return nil end
  if index.remembered == MOST then index.found, index.remembered = {}, 0 end
  index.found[text], index.remembered = found, index.remembered + 1
  return found
end

--- The resource that a name stands for, or nil.
function names.find(index, text)
  local found = names.all(index, text)
  return found and found[1]
end

local function add(list, seen, resources)
  for _, resource in ipairs(resources) do
    local key = resource.group .. "/" .. resource.resource
    if not seen[key] then list[#list + 1] = resource end
    seen[key] = true
  end
end

--- The resources that a list of names stands for, each once: "pods,services", "all,secrets".
-- A category goes after the names, so that no CRD can change what a name means (kubectl: before).
-- @return list, with mixed = true when the text is more than one name | nil, what nobody is called
function names.several(index, text)
  local list, seen = { mixed = text:find(",", 1, true) ~= nil }, {}
  for name in (text .. ","):gmatch("%s*([^,]-)%s*,") do
    local one = names.find(index, name)
    local members = not one and index:expand(name:lower())
    if not one and not members then return nil, name end
    list.mixed = list.mixed or not one
    add(list, seen, members or { one })
  end
  return list
end

return names
