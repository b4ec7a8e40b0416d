-- Whatever the credential, and whatever goes wrong with it: nothing that kube shows shows it. Each
-- secret in here holds a mark of spec/support/secrets.lua. (Whether anything that the suite prints
-- shows one, spec/run.sh looks.)
local faults = require("spec.support.faults")
local json = require("kube.json")
local kube = require("kube")
local marks = require("spec.support.secrets")
local plugin = require("spec.support.plugin")
local proxies = require("spec.support.proxies")

-- A JWT that lasts; its signature is the secret.
local ID_TOKEN = "eyJhbGciOiJub25lIn0.eyJleHAiOjk5OTk5OTk5OTksImlzcyI6IngifQ.SECRETMARK-id"

-- What must not be seen; those of real keys beside the marks.
local secrets = {}
for _, mark in ipairs(marks) do secrets[#secrets + 1] = mark end
local key_text = faults.read(faults.alice_key)
local key_data = faults.sh("base64 -w0 %s", faults.alice_key)
secrets[#secrets + 1] = key_text:match("\n(.-)\n")
secrets[#secrets + 1] = key_data:sub(41, 80)

-- ---- looking ----

local function look(text, where)
  for _, secret in ipairs(secrets) do
    if text:find(secret, 1, true) then
      -- the text itself would be printed
      error(string.format("%s shows the secret %s...", where, secret:sub(1, 6)), 0)
    end
  end
end

--- Fails if a secret is anywhere in a value: its text, keys and fields, theirs, their metatables.
local function shows_none(value, where, seen)
  seen = seen or {}
  look(tostring(value), where)
  if type(value) ~= "table" or seen[value] then return end
  seen[value] = true
  for key, field in pairs(value) do
    shows_none(key, where .. "'s key", seen)
    shows_none(field, where .. "." .. tostring(key), seen)
  end
  shows_none(getmetatable(value), where .. "'s metatable", seen)
end

-- ---- credentials ----

local function oidc(more)
  local config = { ["client-id"] = "c", ["idp-issuer-url"] = "https://127.0.0.1:1",
    ["client-secret"] = "SECRETMARK-client", ["refresh-token"] = "SECRETMARK-refresh" }
  for name, value in pairs(more) do config[name] = value end
  return { user = { ["auth-provider"] = { name = "oidc", config = config } } }
end

--- name -> function (plugin) -> fields of faults.kubeconfig, and more options of kube.connect (nil)
local KINDS = {
  ["a token"] = function() return { token = "SECRETMARK-token" } end,
  ["a name and a password"] = function()
    return { user = { username = "me", password = "SECRETMARK-password" } }
  end,
  ["a token in a file"] = function()
    return { user = { tokenFile = faults.file("SECRETMARK-file") } }
  end,
  ["what a plugin is given, and the token that it gives"] = function(one)
    one:gives { token = "SECRETMARK-given" }
    return { user = { exec = { apiVersion = plugin.V1, command = one.path,
      interactiveMode = "Never", args = { "--secret", "SECRETMARK-argument" },
      env = { { name = "SECRET", value = "SECRETMARK-variable" } } } } }
  end,
  ["what a plugin says that fails"] = function(one)
    one:does("echo '{\"token\": \"SECRETMARK-output\"'; exit 1")
    return { user = { exec = { apiVersion = plugin.V1, command = one.path,
      interactiveMode = "Never", args = { "SECRETMARK-argument" } } } }
  end,
  ["a plugin's answer that is no good"] = function(one)
    one:gives { token = { "SECRETMARK-list" }, clientKeyData = "SECRETMARK-key" }
    return { user = { exec = { apiVersion = plugin.V1, command = one.path,
      interactiveMode = "Never" } } }
  end,
  ["an id-token that holds"] = function() return oidc { ["id-token"] = ID_TOKEN } end,
  ["an id-token that is none"] = function() return oidc { ["id-token"] = "SECRETMARK-id" } end,
  ["a refresh-token and a client's secret"] = function() return oidc {} end,
  ["a proxy's password"] = function()
    return { token = "SECRETMARK-token",
      cluster = { ["proxy-url"] = proxies.with_user("http_user", "me:SECRETMARK-proxy") } }
  end,
  ["a password of a proxy that is not there"] = function()
    return { cluster = { ["proxy-url"] = "http://me:SECRETMARK-proxy@127.0.0.1:1" } }
  end,
  ["a key in a file"] = function()
    return { cert = faults.alice_cert, key = faults.alice_key }
  end,
  ["a key in the kubeconfig"] = function()
    return { cert = faults.alice_cert, user = { ["client-key-data"] = key_data } }
  end,
  ["options of the script"] = function()
    return {}, { token = "SECRETMARK-option", proxy_url = "http://me:SECRETMARK-proxy@127.0.0.1:1" }
  end,
  ["a password of the script"] = function()
    return {}, { username = "me", password = "SECRETMARK-option" }
  end,
}

-- ---- what goes wrong ----

local POD = faults.json(faults.object("web", "7"))

--- name -> function () -> the URL of a server
local SERVERS = {
  ["that refuses who we are"] = function()
    return faults.script({ faults.status(401, "Unauthorized", "who are you?") }, "https").server
  end,
  ["that refuses what we want"] = function()
    return faults.script({ faults.status(403, "Forbidden", "not you") }, "https").server
  end,
  ["that answers half"] = function()
    return faults.script({ { announce = #POD, body = POD:sub(1, 20), ["then"] = "reset" } },
      "https").server
  end,
  ["that talks nonsense"] = function()
    return faults.script({ "<html>" }, "https").server
  end,
  ["that hangs up"] = function() return faults.hangs_up end,
  ["that is not there"] = function() return faults.closed:gsub("^http:", "https:") end,
  ["that is another"] = function() return faults.script({ POD }, "https_other").server end,
}

describe("no secret is shown where there is", function()
  local one

  before_each(function() one = plugin.new() end)
  after_each(function() one:remove() end)

  --- The options of kube.connect for a kind of credential and a server.
  local function options_for(make, server)
    local fields, options = make(one)
    fields.server, fields.ca = server, faults.ca
    options = options or {}
    options.kubeconfig = faults.kubeconfig(fields)
    return options
  end

  for kind, make in pairs(KINDS) do
    describe(kind .. ":", function()
      it("by a configuration or a client", function()
        local options = options_for(make, "https://127.0.0.1:1")
        local config = assert(kube.config.load(options))
        assert.matches("^kube%.config: https://127%.0%.0%.1:1", tostring(config))
        shows_none(config, "the configuration")
        shows_none(assert(kube.connect(config)), "the client")
        shows_none(assert(kube.connect(options)), "the client of options")
        shows_none(assert(kube.dynamic(config)), "the dynamic client")
        shows_none(assert(kube.config.contexts { kubeconfig = options.kubeconfig }), "contexts")
      end)

      it("by a view of the kubeconfig", function()
        local path = options_for(make, "https://127.0.0.1:1").kubeconfig
        for _, more in ipairs { {}, { minify = true }, { flatten = true } } do
          more.kubeconfig = path
          local view = assert(kube.config.view(more))
          assert.equal("somebody", view.users[1].name)
          local exec = view.users[1].user.exec
          if exec then exec.args = nil end -- which it shows, as kubectl does
          shows_none(view, "the view")
          shows_none(json.encode(view), "the view as JSON")
        end
        shows_none(assert(kube.config.get_users { kubeconfig = path }), "the users")
      end)

      for name, server in pairs(SERVERS) do
        it("by a call to a server " .. name, function()
          local options = options_for(make, (server()))
          local k = assert(kube.connect(options))
          for _, call in ipairs {
            function() return k:get("pods", "web") end,
            function() return k:create(faults.object("web")) end,
          } do
            local object, err = call()
            assert(object == nil and kube.is_error(err), "it went well")
            shows_none(err, "the error")
            local _, trace = xpcall(function() error(err) end, function(problem)
              shows_none(problem, "what was thrown")
              return debug.traceback(tostring(problem))
            end)
            shows_none(trace, "the trace")
          end
          shows_none(k, "the client after it")
        end)
      end
    end)
  end
end)

describe("no secret is shown", function()
  it("where it stands at the wrong place", function()
    for _, wrong in ipairs {
      { tokn = "SECRETMARK" }, { token = { "SECRETMARK" } }, { "SECRETMARK" },
      { server = { token = "SECRETMARK" } },
    } do
      for _, fn in ipairs { kube.config.load, kube.connect } do
        local _, trace = xpcall(function() return assert(fn(wrong)) end, function(problem)
          return debug.traceback(tostring(problem))
        end)
        shows_none(trace, "the trace")
      end
    end
  end)

  it("where it makes a configuration wrong", function()
    for _, user in ipairs {
      { token = "SECRETMARK\nX-Evil: 1" }, { token = "SECRETMARK", username = "me" },
      { ["client-key-data"] = "SECRETMARK!" }, { ["client-certificate-data"] = "SECRETMARK" },
      { exec = { command = "a", args = "SECRETMARK" } }, { exec = "SECRETMARK" },
      { ["auth-provider"] = { name = "gcp", config = { ["access-token"] = "SECRETMARK" } } },
    } do
      local path = faults.kubeconfig { server = "https://127.0.0.1:1", user = user }
      local k, err = kube.connect { kubeconfig = path }
      shows_none(k or err, "what comes of it")
    end
  end)
end)
