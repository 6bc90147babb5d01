"""The texts of the help: examples that work when they are pasted, and what holds for all flags."""

NOTES = """\
Exit codes, the same for every form of output:
  0    verified, no difference (warnings allowed)
  1    differences found
  2    usage error, or a file that can't be used
  3    could not be determined: never shown as fine
  130  interrupted

Flags follow the command. kubectl refuses to start a plugin where a flag stands before its name
(kubectl -n x mesh …), as it can't know which of the words after that flag is the plugin.
On Windows kubectl turns every exit code but 0 into 1: scripts there call kubectl-mesh.exe, or
read `verdict` of -o json.
"""

SNAPSHOT_NOTES = """\
Exit codes:
  0    written; what could not be read is in the file too, with its reason
  2    usage error, or a file that can't be written
  3    a cluster gave no answer at all, or the file would not give the same verdict
"""

EXAMPLES = {
    "": """\
# The active context is a workload cluster; its control plane runs in context "control-plane"
kubectl mesh verify-endpoints --control-plane-context control-plane

# Why is istio-ingressgateway not ready, or without an address?
kubectl mesh verify-gateway --control-plane-context control-plane
""",
    "verify-endpoints": """\
# The active context is a workload cluster; its control plane runs in context "control-plane"
kubectl mesh verify-endpoints --control-plane-context control-plane

# The control-plane cluster itself
kubectl mesh verify-endpoints --context control-plane

# A whole mesh: control plane and workload clusters side by side; every context of the kubeconfig
kubectl mesh verify-endpoints --contexts control-plane,workload
kubectl mesh verify-endpoints --all-contexts

# The address is known, the control plane is out of reach
kubectl mesh verify-endpoints --expect-address 10.64.30.71

# Objects from files; those of the other cluster are captured there in the same way
kubectl get -n istio-system svc,ep,endpointslices,pods,deploy,cm -o yaml > workload.yaml
kubectl mesh verify-endpoints -f workload.yaml --expect-address 10.64.30.71
""",
    "verify-gateway": """\
# Why is istio-ingressgateway not ready, or without an address? Both clusters are looked at
kubectl mesh verify-gateway --control-plane-context control-plane

# The gateways of every cluster in the kubeconfig; those without any don't count
kubectl mesh verify-gateway --all-contexts

# Gateways in every namespace; one of them
kubectl mesh verify-gateway --control-plane-context control-plane -A
kubectl mesh verify-gateway --control-plane-context control-plane -A --gateway test-gw

# A gateway that is meant to have no load balancer
kubectl mesh verify-gateway --control-plane-context control-plane --ignore LoadBalancerMissing
""",
    "snapshot": """\
# For somebody who has no access to the clusters
kubectl mesh snapshot mesh.json.gz --control-plane-context control-plane
kubectl mesh verify-gateway -f mesh.json.gz

# The whole mesh in one file
kubectl mesh snapshot mesh.json.gz --all-contexts

# For a public issue
kubectl mesh snapshot mesh.json --control-plane-context control-plane --redact
""",
    "help": """\
# What kubectl mesh verify-gateway --help prints
kubectl mesh help verify-gateway
""",
    "version": """\
# What to say in a bug report
kubectl mesh version -o yaml
""",
    "completion": """\
# kubectl mesh <TAB>: kubectl asks an executable of this name on the PATH; not in krew's folder
mkdir -p ~/.local/bin
kubectl mesh completion kubectl > ~/.local/bin/kubectl_complete-mesh
chmod +x ~/.local/bin/kubectl_complete-mesh

# kubectl-mesh <TAB>, called directly, in this bash or zsh, or in every new one
source <(kubectl mesh completion bash)
source <(kubectl mesh completion zsh)

# The same in fish
kubectl mesh completion fish > ~/.config/fish/completions/kubectl-mesh.fish
""",
}
