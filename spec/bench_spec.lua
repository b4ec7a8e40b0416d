-- The benchmarks are compared over years: their data must stay what it is, to the byte.
local process = require("spec.support.process")

describe("the data of the benchmarks", function()
  it("is the same bytes as ever", function()
    local out = os.tmpname()
    local output, code = process.run(string.format(
      "python3 -B spec/bench/pods.py 300 '%s' && sha256sum <'%s'; rm -f '%s'", out, out, out))
    assert(code == 0, output)
    assert.equal("ef77d1b25c346dfd1cbe441f57b375461343da99fe5ac24085260199875284e8",
      output:match("^%x+"))
  end)
end)
