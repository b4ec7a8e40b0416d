--- Tables of options: a misspelt option or one of a wrong type is the programmer's error.
local similar = require("kube.api.similar")

local options = {}

local function names_of(spec)
  local names = {}
  for name in pairs(spec) do names[#names + 1] = name end
  table.sort(names)
  return names
end

--- What may have been meant, or all that there is.
local function known(name, spec)
  local hint = similar.hint(name, names_of(spec))
  return hint ~= "" and hint or "; the options are " .. table.concat(names_of(spec), ", ")
end

--- "an integer", "a table"; "nil".
local function with_article(kind)
  if kind == "nil" then return kind end
  return (kind:match("^[aeiou]") and "an " or "a ") .. kind
end

--- What a value is that should be of a type of Lua or an integer.
local function called(value, kind)
  if value ~= value then return "NaN" end
  if kind == "integer" and type(value) == "number" then return tostring(value) end
  return with_article(type(value))
end

local function is_integer(value) return type(value) == "number" and value % 1 == 0 end

--- Whether a value is of a type of a spec: a type of Lua, "integer", or a function that tells.
-- @return true | false, what it must be
local function fits(value, kind)
  if type(kind) == "function" then return kind(value) end
  if kind == "integer" then return is_integer(value) end
  if value ~= value then return false end
  return kind == "any" or type(value) == kind
end

--- Checks a table of options against a spec { name = "string" | "integer" | "boolean" | ... }.
-- nil counts as an empty table. Throws with the position of the caller `level` above.
-- A spec may hold functions (value) -> true | false, "what it must be".
-- @return the table, never nil
function options.check(given, spec, what, level)
  level = (level or 2) + 1
  if given == nil then return {} end
  if type(given) ~= "table" then
    error(string.format("%s: the options must be a table, not a %s", what, type(given)), level)
  end
  for name, value in pairs(given) do
    local kind = spec[name]
    if not kind then
      error(string.format("%s: unknown option %q%s", what, tostring(name),
        known(tostring(name), spec)), level)
    end
    local good, must_be = fits(value, kind)
    if not good then
      error(string.format("%s: the option %s must be %s%s", what, name,
        must_be or with_article(kind), must_be and "" or ", not " .. called(value, kind)), level)
    end
  end
  return given
end

--- A table that has all that the given specs, or tables of options, have; the last one wins.
function options.merge(...)
  local all = {}
  for _, one in ipairs { ... } do
    for name, value in pairs(one) do all[name] = value end
  end
  return all
end

--- Throws unless an argument has the type.
function options.check_type(value, kind, what, level)
  if not fits(value, kind) then
    error(string.format("%s must be %s, not %s", what, with_article(kind),
      called(value, kind)), (level or 2) + 1)
  end
  return value
end

--- Throws unless a method was called with its object, which has that field: with a colon.
function options.check_self(self, field, what, level)
  if type(self) ~= "table" or self[field] == nil then
    error(what .. ": call it with a colon, not a dot", (level or 2) + 1)
  end
end

return options
