std = "max"
max_line_length = 100
files["**/*_spec.lua"] = { std = "max+busted" }
files["examples/openresty/*.lua"] = { std = "max+ngx_lua" }
files["spec/bench/clients/in_nginx.lua"] = { std = "max+ngx_lua" }
files["examples/neovim.lua"] = { read_globals = { "vim" } }
