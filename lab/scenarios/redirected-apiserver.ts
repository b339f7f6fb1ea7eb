import { addresses, ports } from '../addresses';
import { lureQuery, playLure } from './exec-led-astray';
import type { Scenario } from './scenario';

const CVE = 'CVE-2018-1002102';

export const redirectedApiserver: Scenario = {
  id: 'redirected-apiserver',
  title: 'one node’s answer that makes the apiserver run a command on another',
  story:
    'Before 1.14 kube-apiserver followed a kubelet’s redirect of exec, attach and port-forward to any host, as a GET, with the certificate that it shows to kubelets; containers’ streams were served elsewhere then. Whoever has one node answers 302 with the address of another node’s kubelet and a command: that kubelet sees the apiserver ask, and runs it.',
  needs: 'Root on one node, and an apiserver of before 1.14.',
  evidence:
    'The other node’s kubelet ran the command for the apiserver’s certificate, and the container heard it.',
  attack: ['T1609'],
  setting: {
    name: `kube-apiserver --midplane-emulate-cve=${CVE}`,
    open: 'set: as before 1.14 (StreamingProxyRedirects without ValidateProxyRedirects)',
    fixed: 'unset: no redirect is followed',
  },
  notice:
    'The other kubelet’s log has an exec by kube-apiserver-kubelet-client that is a GET, and that no audit event goes with: the audit log has an exec in another pod, on another node.',
  sources: [
    'CVE-2018-1002102 (kubernetes/kubernetes#85867)',
    'k8s.io/apimachinery pkg/util/net/http.go (ConnectWithRedirects) of 1.13',
  ],
  play: (stage, twin) =>
    playLure(stage, twin, {
      cve: CVE,
      status: 302,
      location: `https://${addresses.node2}:${ports.kubelet}/exec/default/db/db?${lureQuery}&output=1`,
      gain: 'a command run on node-2 by the apiserver itself, and the password there',
    }),
};
