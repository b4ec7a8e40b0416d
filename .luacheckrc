std = "max"
max_line_length = 100
files["**/*_spec.lua"] = { std = "max+busted" }
