#!/bin/sh
# A node of the days before configuration files.
exec /usr/local/bin/kubelet \
  --kubeconfig=/var/lib/kubelet/kubeconfig \
  --client-ca-file /etc/kubernetes/ca.pem \
  --node-labels='zone=a,role=worker' \
  --register-node \
  --v 2
