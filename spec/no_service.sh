#!/bin/sh
# Runs a command, as root, that installs packages, and lets none of them start a service: nginx
# would take port 80, now and after each boot.
#   spec/no_service.sh apt-get install nginx
set -eu
policy=/usr/sbin/policy-rc.d # packages ask it whether they may start a service; 101 is no
pid=/run/nginx.pid
[ -x /usr/sbin/nginx ] && had_nginx=1 || had_nginx=

if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi
"$@"
if [ -z "$had_nginx" ] && [ -x /usr/sbin/nginx ]; then
  [ ! -e "$pid" ] || service nginx stop >/dev/null # somebody else's policy let it start
  update-rc.d nginx disable >/dev/null 2>&1 || true
fi
