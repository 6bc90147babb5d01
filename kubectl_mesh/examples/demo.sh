#!/bin/sh
# The troubleshooting page's broken mesh, verified from files, and the same mesh repaired.
cd "$(dirname "$0")" || exit 1

verify() {
    echo "\$ kubectl mesh verify-endpoints $*"
    echo
    kubectl-mesh verify-endpoints "$@"
    code=$?
    echo "exit code $code"
}

verify -f workload-broken.yaml --control-plane-filename control-plane.yaml
test $code = 1 || exit 1
echo
echo "--- the mesh is repaired ---"
echo
verify -f workload-repaired.yaml --control-plane-filename control-plane.yaml
test $code = 0
