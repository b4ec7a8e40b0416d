--- A text in quotes, as Go's time package has it in its messages: one line, whatever it holds.

local function escape(byte) return string.format("\\x%02x", byte:byte()) end

return function(text)
  text = text:gsub('["\\]', "\\%0"):gsub("[%z\1-\31\128-\255]", escape)
  return '"' .. text .. '"'
end
