-- The pods of a namespace in a buffer of Neovim, as they change, below a clock that goes on.
--   :luafile neovim.lua
--   nvim --headless --cmd "let g:seconds = 5" -c "luafile neovim.lua"     prints it in the end
local kube = require("kube")

local k = assert(kube.connect())
local buffer = vim.api.nvim_create_buf(false, true)
local clock, began = vim.loop.new_timer(), os.time()
local pods = {} -- a line each, by name
vim.api.nvim_set_current_buf(buffer)

local function show()
  local lines = vim.tbl_values(pods)
  table.sort(lines)
  table.insert(lines, 1, string.format("%d pods, %d s", #lines, os.time() - began))
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
end

clock:start(0, 250, vim.schedule_wrap(show))

kube.spawn(function() -- Neovim's own API may be used in a task
  local watch, err = k:watch("pods", { timeout = vim.g.seconds })
  local event
  if watch then event, err = watch:next() end
  while event do
    local name, phase = event.object.metadata.name, event.object.status.phase
    pods[name] = event.type ~= "DELETED" and name .. "  " .. phase or nil
    show()
    event, err = watch:next()
  end
  clock:close()
  if not vim.g.seconds then return print(err) end
  local lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
  io.write(err and tostring(err) or table.concat(lines, "\n"), "\n")
  vim.cmd(err and "cquit" or "quitall!")
end)
