#!/bin/bash
# Starts the test control plane for use by hand, says how to reach it, and runs until Ctrl-C.
# Arguments are the program's own: -dir DIR keeps its logs, flags after -- go to the API server.
set -euo pipefail
binary=$("$(dirname "$0")/build.sh")
coproc cluster { exec "$binary" "$@"; } # holds its stdin: it ends when this script does, however that is
pid=$cluster_PID
IFS= read -r ready <&"${cluster[0]}" || { wait "$pid"; exit 1; }
kubeconfig=$(sed 's/.*"admin":"\([^"]*\)".*/\1/' <<<"$ready")
cat <<END
The control plane is up. Its kubeconfig, and others for other users beside it:
  $kubeconfig
In another terminal:
  export KUBECONFIG=$kubeconfig
  kubectl get nodes
Ctrl-C here stops it.
END
trap 'kill "$pid" 2>/dev/null || true' INT TERM HUP
while kill -0 "$pid" 2>/dev/null; do wait "$pid" || true; done
