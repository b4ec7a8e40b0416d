-- A user's certificate: makes a key and asks the cluster for a certificate of it. Somebody must
-- approve that (kubectl certificate approve NAME); with --approve we do. What comes is kept in
-- DIRECTORY, key and certificate in one private file, with a kubeconfig beside it that uses them.
--   lua certificate.lua USER DIRECTORY [--approve]
local kube = require("kube")
local certificates = kube.certificates

local user, directory, approve = arg[1], arg[2], arg[3] == "--approve"
assert(user and directory, "usage: certificate.lua USER DIRECTORY [--approve]")

local k = assert(kube.connect())
local key = assert(certificates.new_key())
local csr = assert(certificates.new_request(key, { common_name = user }))

-- The kubeconfig in use, but for its user: the certificate is who we are.
local function write_kubeconfig(pair)
  local config = kube.config
  local used = assert(config.view { raw = true, minify = true, flatten = true })
  local context, cluster = used.contexts[1], used.clusters[1]
  local path = directory .. "/" .. user .. ".kubeconfig"
  local into = { kubeconfig = path }
  assert(config.set_cluster(cluster.name, cluster.cluster, into))
  assert(config.set_user(user, { ["client-certificate"] = pair, ["client-key"] = pair }, into))
  assert(config.set_context(context.name, { cluster = cluster.name, user = user,
    namespace = context.context.namespace }, into))
  assert(config.use_context(context.name, into))
  return path
end

local function main()
  local name = string.format("%s-%d", user, os.time())
  if approve then
    kube.spawn(function()
      local ok, err
      repeat -- until it is there
        kube.sleep(0.1)
        ok, err = certificates.approve(k, name, "approved by certificate.lua")
      until ok or not kube.is_not_found(err)
      assert(ok, err)
      print("approved", name)
    end)
  else
    print("waiting for somebody to approve", name)
  end
  local certificate = assert(certificates.request(k, {
    name = name, key = key, csr = csr, usages = { "client auth" },
    signer_name = "kubernetes.io/kube-apiserver-client", expiration_seconds = 3600,
  }))
  local store = assert(certificates.store { directory = directory, prefix = user })
  local pair = assert(store:update(certificate, key))
  print("issued", pair.info.subject, os.date("!until %Y-%m-%dT%H:%M:%SZ", pair.info.not_after))

  local path = write_kubeconfig(pair.path)
  local review = assert(assert(kube.connect { kubeconfig = path }):create {
    apiVersion = "authentication.k8s.io/v1", kind = "SelfSubjectReview",
  })
  print("written", path)
  print("the API server knows us as", review.status.userInfo.username)
end

kube.run(main)
