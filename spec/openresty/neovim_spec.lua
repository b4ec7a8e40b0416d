-- examples/neovim.lua in a real Neovim, which waits for it on its own loop.
local cluster = require("spec.support.cluster")
local kube = require("kube")
local process = require("spec.support.process")

local COMMAND = "nvim --headless -u NONE -i NONE --cmd 'let g:seconds = 1.2' "
  .. "-c 'luafile examples/neovim.lua'"

local function pod(name)
  return {
    apiVersion = "v1", kind = "Pod", metadata = { name = name, namespace = "default" },
    spec = { containers = { { name = "c", image = "i" } } },
  }
end

local function judge(kubeconfig, name)
  local output, code = process.run(COMMAND, { KUBECONFIG = kubeconfig })
  assert(code == 0, output)
  assert.matches("^%d+ pods, [12] s\n", output)
  assert.matches("\n" .. name:gsub("%-", "%%-") .. "  Running\n", output)
end

describe("neovim.lua", function()
  it("shows the pods of a real cluster", function()
    local name = cluster.unique("nvim")
    assert(cluster.connect("admin"):create(pod(name)))
    judge(cluster.kubeconfig("admin"), name)
  end)

  it("shows those of kube.fake, and says why it cannot", function()
    local server = assert(kube.fake.start { objects = { pod("web-0") } })
    judge(server.kubeconfig, "web-0")
    local kept = process.file(assert(io.open(server.kubeconfig)):read("*a"))
    server:close()
    local output, code = process.run(COMMAND, { KUBECONFIG = kept })
    os.remove(kept)
    assert.equal(1, code)
    assert.matches("ConnectionRefused", output)
  end)
end)
