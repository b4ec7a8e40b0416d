--- Starting a Lua program as a child: which interpreter, and a command that a shell takes.
local launch = {}

--- A word that the shell takes as it is.
local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

--- "Lua 5.4", or "Lua 5.1 jit": only the same can load our modules.
local VERSION = _VERSION .. (rawget(_G, "jit") and " jit" or "")
local PROBE = "io.write(_VERSION, rawget(_G, 'jit') and ' jit' or '')"

--- What the user has every Lua do first is not for ours: it may print.
local NO_INIT = "export LUA_INIT= LUA_INIT_5_2= LUA_INIT_5_3= LUA_INIT_5_4= LUA_INIT_5_5=;"

--- Whether a program is this same Lua.
local function is_ours(program)
  local pipe = io.popen(string.format("%s exec %s -e %s 2>/dev/null", NO_INIT, quote(program),
    quote(PROBE)))
  if not pipe then return false end
  local version = pipe:read("*a")
  pipe:close()
  return version == VERSION
end

--- The interpreter that runs us, as far as the global arg tells, or nil: its name must begin with
-- "lua", for others (a web server, an editor) do not take -e.
local function own_interpreter()
  local words = rawget(_G, "arg")
  if type(words) ~= "table" then return nil end
  local first = 0
  while type(words[first - 1]) == "string" do first = first - 1 end
  local name = words[first]
  return first < 0 and name:match("[^/]*$"):find("^lua") and name or nil
end

local function names()
  local number = _VERSION:match("%d+%.%d+")
  if rawget(_G, "jit") then return { "luajit", "luajit2", "lua" } end
  return { "lua" .. number, "lua" .. number:gsub("%.", ""), "lua" }
end

--- The interpreter for a child: the one that runs us, else the first of the usual names that is of
-- this same version: name | nil, message.
function launch.interpreter()
  local candidates = { own_interpreter() }
  for _, name in ipairs(names()) do candidates[#candidates + 1] = name end
  for _, candidate in ipairs(candidates) do
    if is_ours(candidate) then return candidate end
  end
  return nil, string.format("no interpreter for %s found (tried %s); say which with the option lua",
    VERSION, table.concat(candidates, ", "))
end

--- The command that runs a chunk in another process with the module paths of this one. It first
-- prints the id of that process, in a line. The chunk finds ours in the global parent: only the
-- shell can tell it.
function launch.command(interpreter, chunk)
  local paths = string.format("package.path, package.cpath = %q, %q\n", package.path,
    package.cpath)
  return string.format('echo $$; %s exec %s -e "parent = $PPID" -e %s', NO_INIT,
    quote(interpreter), quote(paths .. chunk))
end

return launch
