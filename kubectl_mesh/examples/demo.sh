#!/bin/sh
# The troubleshooting page's broken mesh, verified from files, and the same mesh repaired.
cd "$(dirname "$0")" || exit 1

verify() {
    echo "\$ kubectl mesh $*"
    echo
    kubectl-mesh "$@"
    code=$?
    echo "exit code $code"
}

verify verify-gateway -f workload-broken.yaml --control-plane-filename control-plane.yaml
test $code = 1 || exit 1
echo
echo "--- the mesh is repaired ---"
echo
verify verify-gateway -f workload-repaired.yaml --control-plane-filename control-plane.yaml
test $code = 0
