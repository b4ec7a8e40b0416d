--- What names and labels look like, and the messages for those that do not. Pure.
-- Sources: apimachinery pkg/api/validate/content; messages are those that the API server gives.
local syntax = {}

local SUBDOMAIN = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
local KEY = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
local KEY_FAULT = "must consist of alphanumeric characters, '-', '_' or '.', and must start and "
  .. "end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used "
  .. "for validation is '" .. KEY .. "')"
local VALUE_FAULT = "a valid label must be an empty string or consist of alphanumeric characters, "
  .. "'-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or "
  .. "'my_value',  or '12345', regex used for validation is '(" .. KEY .. ")?')"

local function is_word(text) -- KEY, as Lua's patterns have it
  return text:find("^%w[-%w_.]*$") ~= nil and text:find("%w$") ~= nil
end

local function is_subdomain(text)
  if text == "" or text:find("[^-a-z0-9.]") then return false end
  for label in (text .. "."):gmatch("(.-)%.") do
    if not label:find("^[a-z0-9]") or not label:find("[a-z0-9]$") then return false end
  end
  return true
end

--- What is wrong with a DNS-1123 subdomain ("example.com", the name of most objects): a list of
-- messages, empty when it is good.
-- @param unit  "characters" for a name, as upstream says it there; "bytes" if left out
function syntax.subdomain_faults(text, unit)
  local faults = {}
  if #text > 253 then faults[1] = "must be no more than 253 " .. (unit or "bytes") end
  if not is_subdomain(text) then
    faults[#faults + 1] = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
      .. "characters, '-' or '.', and must start and end with an alphanumeric character (e.g. "
      .. "'example.com', regex used for validation is '" .. SUBDOMAIN .. "')"
  end
  return faults
end

local function prefix_faults(prefix)
  if prefix == "" then return { "prefix part must be non-empty" } end
  local faults = syntax.subdomain_faults(prefix)
  for i, fault in ipairs(faults) do faults[i] = "prefix part " .. fault end
  return faults
end

--- What is wrong with the key of a label ("app", "example.com/app"), of an annotation or a
-- finalizer: a list of messages.
function syntax.key_faults(text)
  local prefix, name = text:match("^([^/]*)/(.*)$")
  if prefix and name:find("/", 1, true) then
    return { "a valid label key " .. KEY_FAULT .. " with an optional DNS subdomain prefix and '/' "
      .. "(e.g. 'example.com/MyName')" }
  end
  local faults = prefix and prefix_faults(prefix) or {}
  name = name or text
  if name == "" then
    faults[#faults + 1] = "name part must be non-empty"
  elseif #name > 63 then
    faults[#faults + 1] = "name part must be no more than 63 bytes"
  end
  if not is_word(name) then faults[#faults + 1] = "name part " .. KEY_FAULT end
  return faults
end

--- What is wrong with the value of a label: a list of messages.
function syntax.value_faults(text)
  local faults = {}
  if #text > 63 then faults[1] = "must be no more than 63 bytes" end
  if text ~= "" and not is_word(text) then faults[#faults + 1] = VALUE_FAULT end
  return faults
end

return syntax
