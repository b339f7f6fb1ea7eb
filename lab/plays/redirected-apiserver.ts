import { addresses, ports } from '../addresses';
import { lureQuery, playLure } from './exec-led-astray';
import { playOf } from './play';

export const redirectedApiserver = playOf({
  steps: [
    'admin: kubectl run db --env=PASSWORD=…',
    'attacker: has node-1: answers 302, Location: https://10.0.0.12:10250/exec/default/db/db?command=…',
    'operator: kubectl exec web -- date',
    'admin: journalctl -u kubelet, on node-2',
    'attacker: nc -l -p 4444',
  ],
  play: (stage) =>
    playLure(stage, {
      status: 302,
      location: `https://${addresses.node2}:${ports.kubelet}/exec/default/db/db?${lureQuery}&output=1`,
      gain: 'a command run on node-2 by the apiserver itself, and the password there',
    }),
});
