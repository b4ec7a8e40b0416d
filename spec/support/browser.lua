--- A real browser for specs: headless Chromium, by the WebDriver protocol (W3C).
--
--   local page = browser.start()
--   page:open("http://127.0.0.1:8080/")
--   assert.equal("Pods", page:script("return document.title"))
--   page:close()
--
-- It talks to this machine only, and ends with the spec, however that ends.
local eventually = require("spec.support.eventually")
local json = require("kube.json")
local nginx = require("spec.support.nginx")
local process = require("spec.support.process")
local uv = require("luv")

local browser = {}

local Browser = {}
Browser.__index = Browser

local FLAGS = {
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--window-size=1000,640",
}

--- Sends a command: its value. Throws what the driver says is wrong.
local function command(self, method, path, body)
  local words = { "curl -sS -m 60 -X", method }
  if body then
    words[#words + 1] = "-d " .. process.quote(json.encode(body))
  end
  words[#words + 1] = self.url .. path
  local output = process.run(table.concat(words, " "))
  local answer = json.decode(output)
  if not answer then error("the browser's driver says: " .. output, 3) end
  local value = answer.value
  if type(value) == "table" and value.error then
    error(value.error .. ": " .. tostring(value.message), 3)
  end
  return value
end

local function session_request(profile)
  local arguments = json.array { "--user-data-dir=" .. profile }
  for i, flag in ipairs(FLAGS) do arguments[i + 1] = flag end
  return { capabilities = { alwaysMatch = {
    ["goog:chromeOptions"] = { args = arguments },
    ["goog:loggingPrefs"] = { browser = "ALL" },
  } } }
end

local function open_session(self, directory)
  eventually(function()
    local ok, status = pcall(command, self, "GET", "/status")
    return ok and status.ready
  end, 20)
  local session = command(self, "POST", "/session", session_request(directory .. "/profile"))
  self.url = self.url .. "/session/" .. session.sessionId
end

--- Starts a browser with an empty profile.
function browser.start()
  local directory = assert(uv.fs_mkdtemp((os.getenv("TMPDIR") or "/tmp") .. "/kube-browser-XXXXXX"))
  local port = nginx.free_port()
  local self = setmetatable({ url = "http://127.0.0.1:" .. port }, Browser)
  self._pipe = assert(io.popen(string.format("exec spec/support/browser.sh %d %s", port,
    process.quote(directory)), "w"))
  local ok, problem = pcall(open_session, self, directory)
  if ok then return self end
  self:close()
  error(problem, 0)
end

--- Goes to an address, and waits until it has loaded.
function Browser:open(url) command(self, "POST", "/url", { url = url }) end

--- Runs JavaScript in the page: what it returns.
function Browser:script(text)
  return command(self, "POST", "/execute/sync", { script = text, args = json.array {} })
end

--- What the page wrote to the console since this was asked last, errors of its security policy
-- too: a list of { level =, message = }.
function Browser:console() return command(self, "POST", "/se/log", { type = "browser" }) end

--- Speaks of light or dark, as the user's system would.
function Browser:prefer(scheme)
  command(self, "POST", "/goog/cdp/execute", {
    cmd = "Emulation.setEmulatedMedia",
    params = { features = json.array { { name = "prefers-color-scheme", value = scheme } } },
  })
end

--- Writes a picture of the page into a file (PNG).
function Browser:screenshot(path)
  local encoded = command(self, "GET", "/screenshot")
  local pipe = assert(io.popen("base64 -d > " .. process.quote(path), "w"))
  pipe:write(encoded)
  pipe:close()
end

--- Ends it; nothing of it is left. May be called twice.
function Browser:close()
  local pipe = self._pipe
  self._pipe = nil
  if pipe then pipe:close() end
end

return browser
