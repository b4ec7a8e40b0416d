--- Characters as Go reads them, of texts that may be any bytes. Pure.
local runes = {}

--- What stands for bytes that are no UTF-8.
local BROKEN = 0xFFFD

--- What a sequence must reach, by its length: less would be the same character, written longer.
local LEAST = { 0, 0x80, 0x800, 0x10000 }

local function length_of(byte)
  if byte < 0x80 then return 1 end
  if byte >= 0xC2 and byte < 0xE0 then return 2 end
  if byte >= 0xE0 and byte < 0xF0 then return 3 end
  return byte >= 0xF0 and byte < 0xF5 and 4 or nil
end

local function is_valid(code)
  return code <= 0x10FFFF and not (code >= 0xD800 and code < 0xE000)
end

--- The character at a place: code, how many bytes it takes | nil at the end. Bytes that are no
-- UTF-8 are U+FFFD, one by one.
function runes.at(text, at)
  local byte = text:byte(at)
  if not byte then return nil end
  local length = length_of(byte)
  if length == 1 then return byte, 1 end
  if not length then return BROKEN, 1 end
  local code = byte % 2 ^ (7 - length)
  for i = at + 1, at + length - 1 do
    byte = text:byte(i)
    if not byte or byte < 0x80 or byte >= 0xC0 then return BROKEN, 1 end
    code = code * 64 + byte % 64
  end
  if code < LEAST[length] or not is_valid(code) then return BROKEN, 1 end
  return code, length
end

--- The UTF-8 of a code.
local function encode(code)
  if code < 0x80 then return string.char(code) end
  local tail, first = "", 32 -- the lead byte has room for less than this
  repeat
    tail = string.char(0x80 + code % 64) .. tail
    code = (code - code % 64) / 64
    if code < first then return string.char(256 - 2 * first + code) .. tail end
    first = first / 2
  until false
end

--- Whether a character may begin a name: a letter, a digit or _. Of those outside ASCII, letters
-- are all but the blocks that hold punctuation and signs.
function runes.is_word(code)
  if code < 0x80 then return string.char(code):find("[%w_]") ~= nil end
  return code >= 0xC0 and (code < 0x2000 or code >= 0x2C00) and code ~= BROKEN
end

--- "U+002A '*'": a character for people.
function runes.named(code)
  local name = string.format("U+%04X", code)
  if code < 0x20 or code >= 0x7F and code < 0xA0 then return name end
  return name .. " '" .. encode(code) .. "'"
end

local ESCAPES = { a = "\a", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", v = "\v",
  ["\\"] = "\\" }

--- How many hexadecimal digits follow.
local HEX = { x = 2, u = 4, U = 8 }

--- What an escape stands for, which begins behind its backslash: text, its length | nil.
local function escaped(text, at, quote)
  local letter = text:sub(at, at)
  if ESCAPES[letter] then return ESCAPES[letter], 1 end
  if letter == quote then return quote, 1 end
  local count = HEX[letter]
  if count then
    local digits = text:match("^%x+", at + 1) or ""
    if #digits < count then return nil end
    local code = tonumber(digits:sub(1, count), 16)
    if letter == "x" then return string.char(code), 3 end
    if not is_valid(code) then return nil end
    return encode(code), 1 + count
  end
  local octal = text:match("^[0-7][0-7][0-7]", at)
  local code = octal and tonumber(octal, 8)
  if not code or code > 255 then return nil end
  return string.char(code), 3
end

--- The text between quotes, with Go's escapes; single quotes may hold a text too | nil.
function runes.unquote(quoted)
  local quote, text = quoted:sub(1, 1), quoted:sub(2, -2)
  if not text:find("\\", 1, true) then return text end
  local parts, at = {}, 1
  while at <= #text do
    local code, length = runes.at(text, at)
    local part = encode(code)
    if part == quote then return nil end
    if part == "\\" then
      part, length = escaped(text, at + 1, quote)
      if not part then return nil end
      length = length + 1
    end
    parts[#parts + 1] = part
    at = at + length
  end
  return table.concat(parts)
end

return runes
