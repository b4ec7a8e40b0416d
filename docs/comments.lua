--- The comments of a source file, and how they look in Markdown.
--
-- A comment is prose in paragraphs, code (indented) and tables (lines that begin with "|"; a row
-- without a first cell goes on with the row above). Marks are added here: what looks like a name
-- or a call, `k:get(...)`, `all_namespaces`, becomes code.
local comments = {}

-- ---- reading ----

--- What a line of Lua declares: of a function { owner = "Client", name = "get", sep = ":",
-- params = "kind, name" }; of a field of a table, value instead of params | nil.
local function declared(line, owner)
  local of, sep, name, params = line:match("^function ([%w_]+)([.:])([%w_]+)%((.-)%)")
  if of then return { owner = of, name = name, sep = sep, params = params } end
  local value
  name, value = line:match("^  ([%w_]+) = (.-),$")
  if owner and name then return { owner = owner, name = name, sep = ".", value = value } end
  of, name = line:match("^([%w_]+)%.([%w_]+) = {$")
  return of and { owner = of, name = name, sep = "." }
end

--- The comment at the head of a Lua file, and what it declares: head, list; a comment is a list of
-- lines, item.comment that of an item (nil without one).
function comments.of_lua(path)
  local head, items, comment, owner = nil, {}, nil, nil
  for line in io.lines(path) do
    local text = line:match("^%s*%-%-%- ?(.*)$")
    if text then
      comment = { text }
    elseif comment and line:find("^%s*%-%-") then
      comment[#comment + 1] = line:match("^%s*%-%- ?(.*)$")
    else
      head = head or comment
      local item = declared(line, owner)
      if item then
        item.comment = comment
        items[#items + 1] = item
      end
      if line:find("^}") then owner = nil end
      owner = line:match("^local ([%w_]+) = {$") or line:match("^([%w_.]+) = {$") or owner
      comment = nil
    end
  end
  return head, items
end

--- Splits the comment of a function: its text (lines), its parameters (a list of { name =,
-- text = }), and what it returns (text or nil).
function comments.split(comment)
  local text, params, current = {}, {}, nil
  local returns
  for _, line in ipairs(comment) do
    local name, rest = line:match("^@param ([%w_.]+) *(.*)$")
    if name then
      current = { name = name, text = rest }
      params[#params + 1] = current
    elseif line:find("^@return ") then
      current = { text = line:match("^@return (.*)$") }
      returns = current
    elseif current then
      current.text = current.text .. " " .. line:match("^%s*(.*)$")
    else
      text[#text + 1] = line
    end
  end
  return text, params, returns and returns.text
end

--- The sections of a C header: a list of { title = | nil, { comment = | nil, code = }, ... } with
-- lists of lines. What only the preprocessor reads stays out, but for the macros with a value.
function comments.of_c(path)
  local section = {}
  local sections, piece, inside = { section }, nil, nil
  for line in io.lines(path) do
    local title = line:match("^/%* %-+ (.-) %-+ %*/$")
    if title then
      section, piece = { title = title }, nil
      sections[#sections + 1] = section
    elseif inside or line:find("^/%*") then
      if not inside then
        piece = { comment = {}, code = {} }
        section[#section + 1] = piece
      end
      inside = not line:find("%*/$")
      local text = line:gsub("%s*%*/$", ""):gsub("^/?%*%*? ?", "")
      if text ~= "" or #piece.comment > 0 then piece.comment[#piece.comment + 1] = text end
    elseif line == "" then
      piece = nil
    elseif not line:find("^#") and not line:find('^extern "C"') and line ~= "}"
        or line:find("^#define KUBE_[%u_]+ +[%w\"(]") then
      if not piece then
        piece = { code = {} }
        section[#section + 1] = piece
      end
      piece.code[#piece.code + 1] = line
    end
  end
  return sections
end

-- ---- writing: words ----

--- Wraps a text at 100 columns. Its lines begin with `first` and `indent`.
function comments.wrap(text, first, indent)
  local lines, line = {}, first
  for word in text:gmatch("%S+") do
    if #line + #word > 100 then
      lines[#lines + 1] = line:sub(1, -2)
      line = indent
    end
    line = line .. word .. " "
  end
  lines[#lines + 1] = line:sub(1, -2)
  return table.concat(lines, "\n")
end

local ALWAYS_CODE = { '^"[^"]*"()', "^nil, err()", "^%b{}()", "^:[%a_]+%b()()" }

--- Where the word that begins at a place ends, and whether it looks like code: a string, a table, a
-- name with "_", "." or an inner capital, a call of such a name.
local function word_end(text, at)
  for _, pattern in ipairs(ALWAYS_CODE) do
    local to = text:match(pattern, at)
    if to then return to, true end
  end
  local to = text:match("^%*?[%a_][%w_]*()", at)
  if not to then return at + 1, false end
  local is_code = text:sub(at, to - 1):find("[*_]") or text:find("^%l+%u%l", at)
  while true do
    local part = text:match("^[.:][%a_][%w_]+()", to)
      or is_code and (text:match("^%b()()", to) or text:match("^%b{}()", to))
    local joined = text:match("^[-/][%a_][%w_]*()", to)
    if not part and not joined then return to, is_code end
    to, is_code = part or joined, part and true or is_code
  end
end

local function mark_words(text)
  local out, at = {}, 1
  while at <= #text do
    local to, is_code = word_end(text, at)
    local word = text:sub(at, to - 1)
    out[#out + 1] = is_code and "`" .. word .. "`" or word:gsub("[*<]", "\\%0")
    at = to
  end
  return table.concat(out)
end

--- Marks what looks like code and is not marked yet.
function comments.mark(text)
  local marked = (text .. "``"):gsub("([^`]*)(`[^`]*`)", function(words, code)
    return mark_words(words) .. code
  end)
  marked = marked:sub(1, -3):gsub("` = `", " = "):gsub('"` | `"', '" | "')
  return (marked:gsub("` = (%l+)%f[%W]", { ["true"] = " = true`", ["false"] = " = false`" }))
end

-- ---- writing: blocks ----

local function cells_of(row)
  local cells = {}
  for cell in row:gmatch("|([^|]*)%f[|]") do cells[#cells + 1] = cell:match("^%s*(.-)%s*$") end
  return cells
end

--- The rows of a table, each a list of cells: a line without a first cell goes on with its row.
local function rows_of(lines)
  local rows = {}
  for _, line in ipairs(lines) do
    local cells = cells_of(line)
    local row = rows[#rows]
    if cells[1] ~= "" or not row then
      rows[#rows + 1] = cells
    else
      for i, cell in ipairs(cells) do
        if cell ~= "" then row[i] = row[i] .. " " .. cell end
      end
    end
  end
  return rows
end

local function write_row(cells) return "| " .. table.concat(cells, " | ") .. " |" end

--- A table. Its first line is the head when a ruler follows, or when it compares cases.
local function write_table(lines)
  local rows = rows_of(lines)
  local ruled = rows[2] and rows[2][1]:find("^%-+$")
  local head = (ruled or rows[1][1] == "case") and table.remove(rows, 1) or {}
  if ruled then table.remove(rows, 1) end
  for i = 1, #rows[1] do head[i] = head[i] or " " end
  local out = { write_row(head), "|" .. ("---|"):rep(#head) }
  for _, cells in ipairs(rows) do
    if cells[1]:find("^[%a_]+$") then cells[1] = "`" .. cells[1] .. "`" end
    for i, cell in ipairs(cells) do cells[i] = comments.mark(cell) end
    out[#out + 1] = write_row(cells)
  end
  return table.concat(out, "\n")
end

--- A block of code.
function comments.code(lines, language)
  local text = table.concat(lines, "\n")
  if language == "c" and not text:find("[;)]%f[\n]") and not text:find(";$") then language = "" end
  return "```" .. language .. "\n" .. text .. "\n```"
end

local WRITE = {
  prose = function(lines) return comments.wrap(comments.mark(table.concat(lines, " ")), "", "") end,
  code = function(lines, language)
    return (comments.code(lines, language):gsub("\n  ", "\n"))
  end,
  table = write_table,
}

local function kind_of(line)
  if line:find("^%s*|.*|$") then return "table" end
  return line:find("^  ") and "code" or line ~= "" and "prose" or nil
end

--- The Markdown of a comment's text.
-- @param language  of its code
function comments.markdown(lines, language)
  local blocks, block, kind = {}, nil, nil
  for i = 1, #lines + 1 do
    local next_kind = kind_of(lines[i] or "")
    if next_kind ~= kind then
      if kind then blocks[#blocks + 1] = WRITE[kind](block, language) end
      block, kind = {}, next_kind
    end
    if kind then block[#block + 1] = lines[i] end
  end
  return table.concat(blocks, "\n\n")
end

return comments
