-- Lets in who the API server knows and allows: TokenReview says whose the bearer token of a request
-- is, SubjectAccessReview whether that user may do something.
--
--   access_by_lua_block { require("access").check { resource = "pods", namespace = "default" } }
--
-- 401 who is not known, 403 who may not, 503 when the API server cannot be asked; what lies behind
-- gets the user's name as X-Remote-User, and not the token. As kube-apiserver does it with a
-- webhook: answers are kept for a while, good ones longer, failures not at all; and no token is
-- kept, but an HMAC of it.
local k = require("client")
local kube = require("kube")
local lrucache = require("resty.lrucache")

local access = {}

local KEEP_YES, KEEP_NO = 60, 10 -- seconds
local PATIENCE = 10 -- seconds that a request waits for an answer
local known = assert(lrucache.new(4096)) -- per worker; what was not asked for longest makes room
local asking = {} -- the tasks that ask right now, by the same keys

local function random_bytes(n)
  local file = assert(io.open("/dev/urandom", "rb"))
  local bytes = assert(file:read(n))
  file:close()
  return bytes
end

local SECRET = random_bytes(32) -- a new one each time nginx is started or reloaded

-- ---- asking once ----

local function ask_in_task(key, ask, ...)
  return kube.spawn(function(...)
    local found, err = ask(...)
    if found then known:set(key, found, found.yes and KEEP_YES or KEEP_NO) end
    asking[key] = nil
    return found, err
  end, ...)
end

-- What ask(...) answers, { yes = true or false, ... } | nil, err. Requests that want to know the
-- same at the same time wait for one answer, which does not end with the request that asked first.
local function answer(key, ask, ...)
  local kept = known:get(key)
  if kept then return kept end
  if not asking[key] then
    local started, err = ask_in_task(key, ask, ...)
    if not started then return nil, err end
    asking[key] = started
  end
  local task = asking[key]
  local found, err = task:join(PATIENCE)
  if asking[key] == task then asking[key] = nil end -- it did not end well: the next one asks anew
  return found, err
end

-- ---- the two questions ----

local function review_token(token)
  local review, err = k:create({
    apiVersion = "authentication.k8s.io/v1", kind = "TokenReview", spec = { token = token },
  }, { timeout = 5 })
  if not review then return nil, err end
  local status = review.status or {}
  return { yes = status.authenticated == true and status.user ~= nil, user = status.user }
end

local function review_access(user, attributes)
  local spec = { user = user.username, uid = user.uid, groups = user.groups, extra = user.extra }
  spec[attributes.path and "nonResourceAttributes" or "resourceAttributes"] = attributes
  local review, err = k:create({
    apiVersion = "authorization.k8s.io/v1", kind = "SubjectAccessReview", spec = spec,
  }, { timeout = 5 })
  if not review then return nil, err end
  local status = review.status or {}
  return { yes = status.allowed == true and not status.denied }
end

-- ---- the request ----

-- The token of "Authorization: Bearer TOKEN", of the characters that RFC 6750 allows.
local function bearer_token()
  local scheme, token = (ngx.var.http_authorization or ""):match("^(%a+) +([%w%-._~+/]+=*)$")
  return scheme and scheme:lower() == "bearer" and token or nil
end

local VERBS = {
  GET = "get", HEAD = "get", POST = "create", PUT = "update", PATCH = "patch", DELETE = "delete",
}

-- What the user wants to do: as the location says; else what the method and the path say.
local function attributes_of(wanted)
  local all = {}
  for name, value in pairs(wanted or {}) do all[name] = value end
  all.verb = all.verb or VERBS[ngx.req.get_method()] or "unknown"
  if not all.resource then all.path = all.path or ngx.var.uri end
  return all
end

local function key_of(token, attributes)
  local words = {}
  for name, value in pairs(attributes or {}) do words[#words + 1] = name .. "=" .. value end
  table.sort(words)
  table.insert(words, 1, token)
  return ngx.hmac_sha1(SECRET, table.concat(words, "\0"))
end

local function refuse(code, reason, message)
  ngx.status = code
  ngx.header["Content-Type"] = "application/json"
  ngx.header["Cache-Control"] = "no-store"
  if code == 401 then ngx.header["WWW-Authenticate"] = 'Bearer realm="kubernetes"' end
  if code == 503 then ngx.header["Retry-After"] = 1 end
  ngx.say(kube.json.encode { code = code, reason = reason, message = message })
  return ngx.exit(ngx.HTTP_OK) -- the answer is complete
end

local function unavailable(err)
  ngx.log(ngx.ERR, "access: ", err) -- kube's errors show no tokens and no bodies
  return refuse(503, "ServiceUnavailable", "the API server cannot be asked now")
end

-- Goes on with the request, or ends it.
-- @param wanted  what to do with which resource, { verb = (by the method), group =, resource =,
--   namespace =, name =, subresource = }; or { verb =, path = }, by default those of the request
function access.check(wanted)
  local token = bearer_token()
  if not token then return refuse(401, "Unauthorized", "a bearer token is needed") end
  local who, err = answer(key_of(token), review_token, token)
  if not who then return unavailable(err) end
  if not who.yes then return refuse(401, "Unauthorized", "the token is not valid") end

  local attributes = attributes_of(wanted)
  local may
  may, err = answer(key_of(token, attributes), review_access, who.user, attributes)
  if not may then return unavailable(err) end
  if not may.yes then
    return refuse(403, "Forbidden", string.format("%s may not %s %s", who.user.username,
      attributes.verb, attributes.resource or attributes.path))
  end
  ngx.req.set_header("X-Remote-User", who.user.username)
  ngx.req.clear_header("Authorization")
end

return access
