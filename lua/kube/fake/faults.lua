--- What may be wrong with a field, in the words of apimachinery's util/validation/field. Each adds
-- a fault { reason =, field =, message = } to a list, which status.invalid tells.
local json = require("kube.json")

local faults = {}

--- A value as Go prints it in such a message.
function faults.shown(value)
  if value == nil then return "null" end
  if type(value) ~= "string" then return json.encode(value, { sort_keys = true }) or "?" end
  return '"' .. value:gsub('[\\"]', "\\%0"):gsub("\n", "\\n") .. '"'
end

--- A value that will not do.
function faults.invalid(list, field, value, why)
  list[#list + 1] = {
    reason = "FieldValueInvalid", field = field,
    message = string.format("Invalid value: %s: %s", faults.shown(value), why),
  }
end

--- A value that is not there.
function faults.required(list, field, why)
  list[#list + 1] = {
    reason = "FieldValueRequired", field = field,
    message = "Required value" .. (why and ": " .. why or ""),
  }
end

--- A value that may not be there, or may not change.
function faults.forbidden(list, field, why)
  list[#list + 1] = {
    reason = "FieldValueForbidden", field = field, message = "Forbidden: " .. why,
  }
end

--- A value that was there before.
function faults.duplicate(list, field, value)
  list[#list + 1] = {
    reason = "FieldValueDuplicate", field = field,
    message = "Duplicate value: " .. faults.shown(value),
  }
end

--- One of some values was needed: the fault of an option of a request.
function faults.unsupported(field, value, supported)
  local texts = {}
  for i, one in ipairs(supported) do texts[i] = faults.shown(one) end
  return { {
    reason = "FieldValueNotSupported", field = field,
    message = string.format("Unsupported value: %s: supported values: %s", faults.shown(value),
      table.concat(texts, ", ")),
  } }
end

return faults
