import { addresses, ports } from '../addresses';
import { lureQuery, playLure } from './exec-led-astray';
import { playOf } from './play';

export const redirectedExec = playOf({
  steps: [
    'admin: kubectl run db --env=PASSWORD=…',
    'attacker: has node-1: answers 307, Location: https://10.0.0.10:6443/api/v1/namespaces/default/pods/db/exec?command=…',
    'operator: kubectl exec web -- date',
    'admin: journalctl -u kubelet, on node-2',
    'attacker: nc -l -p 4444',
  ],
  play: (stage) =>
    playLure(stage, {
      status: 307,
      location: `https://${addresses.controlPlane}:${ports.apiserver}/api/v1/namespaces/default/pods/db/exec?${lureQuery}&stdout=true`,
      gain: 'a command run on node-2 in the operator’s name, and the password there',
    }),
});
