#!/bin/sh
# Chromium's WebDriver, until the end of stdin: spec/support/browser.lua starts it.
#   browser.sh PORT DIRECTORY    which holds the browser's profile, and is removed in the end
chromedriver --port="$1" >"$2/log" 2>&1 </dev/null &
driver=$!
trap '' INT TERM
cat >/dev/null
kill "$driver"
for pid in $(pgrep -f -- "--user-data-dir=$2/"); do # a browser survives its driver
  kill -9 "$pid" 2>/dev/null
done
wait
rm -rf "$2"
