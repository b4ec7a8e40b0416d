--- What the server needs to write and make: names, times, uids, hashes, tokens.
local json = require("kube.json")

local encoding = {}

--- The time as the API writes it: "2026-11-21T07:43:15Z".
function encoding.time(seconds) return os.date("!%Y-%m-%dT%H:%M:%SZ", seconds) end

-- Letters that make no words: apimachinery pkg/util/rand.
local SAFE = "bcdfghjklmnpqrstvwxz2456789"

--- A random suffix such as generateName gets.
function encoding.suffix(length)
  local letters = {}
  for i = 1, length or 5 do
    local at = math.random(#SAFE)
    letters[i] = SAFE:sub(at, at)
  end
  return table.concat(letters)
end

--- A random UUID, version 4.
function encoding.uid()
  return (("xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx"):gsub("[xy]", function(place)
    return string.format("%x", place == "x" and math.random(0, 15) or math.random(8, 11))
  end))
end

--- A short hash of a text in the letters above, as pod-template-hash has it: djb2, 32 bits, which
-- doubles hold exactly; each decimal digit becomes a letter.
function encoding.hash(text)
  local hash = 5381
  for i = 1, #text do hash = (hash * 33 + text:byte(i)) % 4294967296 end
  return (string.format("%.0f", hash):gsub(".", function(digit)
    local at = digit:byte() % #SAFE + 1
    return SAFE:sub(at, at)
  end))
end

-- ---- UTF-8 ----

--- first byte -> the pattern of a well-formed character (RFC 3629)
local CHARACTERS = {
  { 0x00, 0x7F, "^." }, { 0xC2, 0xDF, "^.[\128-\191]" },
  { 0xE0, 0xE0, "^.[\160-\191][\128-\191]" },
  { 0xE1, 0xEC, "^.[\128-\191][\128-\191]" }, { 0xED, 0xED, "^.[\128-\159][\128-\191]" },
  { 0xEE, 0xEF, "^.[\128-\191][\128-\191]" },
  { 0xF0, 0xF0, "^.[\144-\191][\128-\191][\128-\191]" },
  { 0xF1, 0xF3, "^.[\128-\191][\128-\191][\128-\191]" },
  { 0xF4, 0xF4, "^.[\128-\143][\128-\191][\128-\191]" },
}

--- The character that begins at a place of a text | nil.
local function character_at(text, at)
  local first = text:byte(at)
  for _, class in ipairs(CHARACTERS) do
    if first >= class[1] and first <= class[2] then return text:match(class[3], at) end
  end
end

--- The text, with U+FFFD for each byte that is no UTF-8.
function encoding.utf8(text)
  if not text:find("[\128-\255]") then return text end
  local out, at = {}, 1
  while at <= #text do
    local character = character_at(text, at)
    out[#out + 1] = character or "\239\191\189"
    at = at + (character and #character or 1)
  end
  return table.concat(out)
end

-- ---- base64 ----

local STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

--- Base64 of bytes, padded.
function encoding.base64(bytes)
  local out = {}
  for i = 1, #bytes, 3 do
    local a, b, c = bytes:byte(i, i + 2)
    local n = a * 65536 + (b or 0) * 256 + (c or 0)
    for place = 3, 0, -1 do
      local at = math.floor(n / 64 ^ place) % 64 + 1
      out[#out + 1] = STANDARD:sub(at, at)
    end
    if not c then out[#out] = "=" end
    if not b then out[#out - 1] = "=" end
  end
  return table.concat(out)
end

local VALUES = {}
for i = 1, #STANDARD do VALUES[STANDARD:sub(i, i)] = i - 1 end
VALUES["-"], VALUES["_"] = 62, 63

--- The bytes of a base64 text, of either alphabet | nil.
function encoding.from_base64(text)
  text = text:match("^.*[^=]") or ""
  if #text % 4 == 1 then return nil end
  local out, n, bits = {}, 0, 0
  for i = 1, #text do
    local value = VALUES[text:sub(i, i)]
    if not value then return nil end
    n, bits = n * 64 + value, bits + 6
    if bits >= 8 then
      bits = bits - 8
      out[#out + 1] = string.char(math.floor(n / 2 ^ bits))
      n = n % 2 ^ bits
    end
  end
  return table.concat(out)
end

-- ---- continue tokens ----

--- The token that leads on after a key, in the list as it was at a version (-1: as it is then).
function encoding.continue(version, key)
  local text = json.encode({ v = "meta.k8s.io/v1", rv = version, start = key .. "\0" },
    { sort_keys = true })
  return (encoding.base64(text):gsub("=", ""):gsub("%+", "-"):gsub("/", "_"))
end

--- version, key of a token | nil, what is wrong with it.
function encoding.from_continue(token)
  local text = encoding.from_base64(token)
  local value, err = nil, { message = "it is no base64" }
  if text then value, err = json.decode(text) end
  if type(value) ~= "table" then
    return nil, "continue key is not valid: " .. (err and err.message or "it is no object")
  elseif value.v ~= "meta.k8s.io/v1" then
    return nil, "continue key is not valid: server does not recognize this encoded version "
      .. tostring(value.v or "")
  elseif type(value.rv) ~= "number" or type(value.start) ~= "string" then
    return nil, "continue key is not valid: fields are missing"
  end
  return value.rv, (value.start:gsub("%z$", ""))
end

return encoding
