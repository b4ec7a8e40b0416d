#!/bin/sh
# Builds the test control plane, if these very sources were not built before, and prints the path of
# the binary: nothing else goes to stdout. The three newest builds are kept.
set -eu
cd "$(dirname "$0")"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kube-lua
binary=$cache/cluster-$(cat ./*.go go.mod go.sum build.sh | sha256sum | cut -c1-16)

if [ ! -x "$binary" ]; then
  go=$(./go.sh)
  echo "building the test control plane: 4 to 8 minutes the first time" >&2
  mkdir -p "$cache"
  unfinished=$cache/.cluster-$$
  trap 'rm -f "$unfinished"' EXIT
  trap 'exit 1' HUP INT TERM
  # A build of Kubernetes says no version unless told, and kubectl cannot read what it says instead.
  release=$(sed -n 's/^\tk8s.io\/kubernetes \(v[0-9.]*\)$/\1/p' go.mod)
  minor=${release#v1.}
  version=k8s.io/component-base/version
  CGO_ENABLED=0 "$go" build -trimpath -buildvcs=false -o "$unfinished" -ldflags "-s -w \
    -X $version.gitVersion=$release -X $version.gitMajor=1 -X $version.gitMinor=${minor%%.*}" . >&2
  mv "$unfinished" "$binary"
fi
touch "$binary"
ls -t "$cache"/cluster-* | tail -n +4 | xargs -r rm -f
echo "$binary"
