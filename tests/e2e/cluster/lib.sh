# Sourced by every script here: names, places, addresses, and how a process is started.
# shellcheck shell=bash disable=SC2034
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../../.." && pwd)

# What is built, for every cluster of this user; and one cluster's own state. Clusters of other names or other caches
# share nothing: network namespace, control groups and runtime folder carry a name made from both.
cache=${CALLBOARD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/callboard}/cluster
bin=$cache/bin images=$cache/images manifests=$cache/manifests
name=${E2E_CLUSTER:-e2e}
state=$cache/clusters/$name
id=callboard-$name-$(sha256sum <<<"$state" | cut -c1-6)
run=/run/$id
logs=$state/logs

export E2E_CLUSTER=$name
export KUBECONFIG=$state/kubeconfig
export PATH=$bin/kubernetes:$bin/func:$bin/yq:$PATH

# Inside the network namespace. The bridge of the pods has the one address of node, API server and DNS.
bridge=pods node_ip=10.244.0.1 pod_cidr=10.244.0.0/24
service_cidr=10.97.0.0/16 api_service_ip=10.97.0.1
api_port=6443 etcd_url=http://127.0.0.1:2379 etcd_peer_url=http://127.0.0.1:2380
containerd_socket=$run/containerd.sock

die() {
  echo "tests/e2e/cluster: $1" >&2
  exit 1
}

# How long something took, since the last call.
lap() {
  local now=$EPOCHREALTIME
  printf '%6.1f s  %s\n' "$(((${now/./} - ${lap_start/./}) / 100000))e-1" "$1" >&2
  lap_start=$now
}
lap_start=$EPOCHREALTIME

need_root() {
  [ "$(id -u)" = 0 ] || die "a cluster needs root (namespaces, mounts, control groups); run this as root or with sudo -E"
}

# inside COMMAND...: runs it in the cluster's network namespace. Not `ip netns exec`, which hides the control groups.
inside() {
  nsenter --net="/run/netns/$id" "$@"
}

# start NAME COMMAND...: a process of the cluster with its log and its pid; `restart` finds the command again.
start() {
  local process=$1
  shift
  mkdir -p "$run/processes" "$logs"
  printf '%s\n' '#!/bin/bash' "cd $(printf %q "$PWD")" "exec $(printf '%q ' "$@")" >"$run/processes/$process"
  chmod +x "$run/processes/$process"
  launch "$process"
}

launch() {
  # Not `inside`, whose shell would stand between the pid and the process.
  nsenter --net="/run/netns/$id" setsid "$run/processes/$1" >>"$logs/$1.log" 2>&1 </dev/null &
  echo $! >"$run/processes/$1.pid"
}

# wait_for SECONDS COMMAND...: polls until the command succeeds.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || die "gave up waiting for: $* (logs: $logs)"
    sleep 0.2
  done
}

# Version and source of a Go module. The go.mod of tests/, kubernetes/ and kratix/ are the only places that name versions.
# They are three, because each needs another version of the Kubernetes client.
version_of() {
  module "$1" '{{.Version}}'
}

folder_of() {
  module "$1" '{{.Dir}}'
}

module() {
  local folder=$repository/tests
  case $1 in
    k8s.io/kubernetes) folder=$here/kubernetes ;;
    */kratix) folder=$here/kratix ;;
  esac
  (cd "$folder" && "$repository/tests/go" list -m -f "$2" "$1")
}

# Whether `up` has left it up: what a `run` brought up is that run's alone.
is_up() {
  [ -f "$run/kept" ] && inside kubectl get --raw /readyz >/dev/null 2>&1
}

# lock: one bring-up or take-down of this cluster at a time, until this script ends. What outlives the script must not
# inherit the lock, which is what 9>&- is for.
lock() {
  mkdir -p "$cache/clusters"
  exec 9>"$cache/clusters/$name.lock"
  flock --nonblock 9 || die "cluster $name is in use by another run; wait for it, or choose another name with E2E_CLUSTER=NAME"
}

apply() {
  kubectl apply --server-side --force-conflicts --validate=false "$@" >>"$logs/apply.log"
}

# wait_for_crds MANIFEST: until its CRDs are established. Names and not --all, which dies of a CRD that comes meanwhile.
wait_for_crds() {
  local crds
  mapfile -t crds < <(yq 'select(.kind == "CustomResourceDefinition") | "crd/" + .metadata.name' "$manifests/$1-first.yaml" | grep ^crd/)
  wait_for 60 kubectl wait --for=condition=Established "${crds[@]}" --timeout=20s
}

wait_for_deployments() {
  wait_for 240 kubectl -n "$1" wait --for=condition=Available deployment --all --timeout=10s
}
