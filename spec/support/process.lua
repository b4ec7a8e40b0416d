--- Other programs, for specs: runs one to its end and gives its output and exit code.
local process = {}

--- A word that the shell takes as it is.
function process.quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function assignments(env)
  local words = {}
  for name, value in pairs(env or {}) do
    words[#words + 1] = value and name .. "=" .. process.quote(value) or "-u " .. name
  end
  table.sort(words, function(a, b) return a:sub(1, 2) == "-u" and b:sub(1, 2) ~= "-u" end)
  return table.concat(words, " ")
end

--- Runs a shell command, at most 120 seconds: its output (both streams) and its exit code.
-- @param env  variables to set; false takes one away
function process.run(command, env)
  local pipe = assert(io.popen(string.format(
    "env %s timeout -k 5 120 sh -c %s 2>&1; echo \"exit $?\"", assignments(env),
    process.quote(command))))
  local output = pipe:read("*a")
  pipe:close()
  local text, code = output:match("^(.*)exit (%d+)\n$")
  return text, tonumber(code)
end

--- The text of a file | nil where there is none.
function process.read(path)
  local file = io.open(path, "rb")
  local text = file and file:read("*a")
  if file then file:close() end
  return text
end

--- Whether a process runs: one that ended and was not reaped yet does not.
function process.is_alive(pid)
  local said = process.read(string.format("/proc/%d/stat", pid)) or ""
  local state = said:match("%) (%u)")
  return state ~= nil and state ~= "Z"
end

--- Writes a text into a file of its own, which is the caller's to remove: its path.
function process.file(text)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

--- The interpreter that runs the specs.
process.lua = os.getenv("KUBE_SPEC_LUA") or "lua5.4"

--- Runs a Lua program (a file and its arguments, or -e and a chunk) on the same Lua and tree.
function process.run_lua(arguments, env)
  local words = {}
  for i, word in ipairs(arguments) do words[i] = process.quote(word) end
  return process.run(process.lua .. " " .. table.concat(words, " "), env)
end

--- Runs a text as a program of this Lua: what it printed on both outputs, and its exit status.
function process.run_program(text)
  local path = process.file(text)
  local said, status = process.run_lua { path }
  os.remove(path)
  return said, status
end

return process
