import { addresses, ports } from '../addresses';
import { lureQuery, playLure } from './exec-led-astray';
import type { Scenario } from './scenario';

const CVE = 'CVE-2020-8559';

export const redirectedExec: Scenario = {
  id: 'redirected-exec',
  title: 'one node’s answer that makes kubectl run a command on another',
  story:
    'Before its fix kube-apiserver handed whatever a kubelet answered to an upgrade to its client. Whoever has one node answers an operator’s kubectl exec with 307 and the address of the apiserver itself: another pod, another command. kubectl follows, with the operator’s token, and the apiserver has it run on a node that the attacker never touched.',
  needs:
    'Root on one node, an operator who execs into one of its pods with a token, and an apiserver of before the fix.',
  evidence:
    'A command ran in a container on another node, which heard it; the operator never asked for that.',
  attack: ['T1609'],
  setting: {
    name: `kube-apiserver --midplane-emulate-cve=${CVE}`,
    open: 'set: as before 1.16.13, 1.17.9 and 1.18.6',
    fixed: 'unset: an answer below 400 that is no 101 is an error',
  },
  notice:
    'In the audit log, two execs of one user in the same second, the second of which he never typed: other pod, other command, same sourceIPs. Today kubectl says invalid upgrade response: status code 307.',
  sources: [
    'CVE-2020-8559 (kubernetes/kubernetes#92914)',
    'k8s.io/apimachinery pkg/util/proxy/upgradeaware.go (tryUpgrade)',
    'k8s.io/client-go transport/spdy/spdy.go (Negotiate)',
  ],
  play: (stage, twin) =>
    playLure(stage, twin, {
      cve: CVE,
      status: 307,
      location: `https://${addresses.controlPlane}:${ports.apiserver}/api/v1/namespaces/default/pods/db/exec?${lureQuery}&stdout=true`,
      gain: 'a command run on node-2 in the operator’s name, and the password there',
    }),
};
