--- What goes wrong, one clear error each: who, what, where, what was tried; never a secret. And the
-- client is of use afterwards.
local assert = require("luassert")
local faults = require("spec.support.faults")
local kube = require("kube")

local failing = { POD = faults.json(faults.object("web", "7")), TOKEN = "s3cr3t-token" }

--- The error must have the reason and all the words, and show no secret.
function failing.fails(object, err, reason, ...)
  assert.is_nil(object)
  assert.is_nil(faults.flaw(err, reason, { ... }))
end

--- A good call on the same client, after a bad one.
function failing.works(pods)
  assert.equal("web", assert(pods:get("web")).metadata.name)
end

--- A client by a kubeconfig, and more options: client | nil, err.
function failing.connect(path, more)
  local given = { kubeconfig = path }
  for name, value in pairs(more or {}) do given[name] = value end
  return kube.connect(given)
end

return failing
