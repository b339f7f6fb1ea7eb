import pino from 'pino';
import { Attacker } from '../../attacker/attacker';
import { type ControlServer, startControlServer } from '../../attacker/control-server';
import { alreadyOnPath, type OnPathHost } from '../../attacker/position';
import { hostNetwork } from '../../network/host-network';

/**
 * The attacker as a process of its own, as the lab in containers has it, on real sockets: what ends it ends this process,
 * and its memory is nobody else's. Traffic is brought to it by telling its parent the port where it listens.
 */
export type Told =
  | { readonly kind: 'ready'; readonly port: number; readonly token: string }
  | { readonly kind: 'takes-at'; readonly port: number }
  | { readonly kind: 'memory'; readonly bytes: number };

/** Loopback too, and no endpoint of a test's. */
const OWN_ADDRESS = process.platform === 'linux' ? '127.0.0.2' : '0.0.0.0';

async function main(): Promise<ControlServer> {
  const network = hostNetwork({ name: 'attacker', addresses: [OWN_ADDRESS] });
  const host: OnPathHost = {
    ...network,
    addresses: network.addresses,
    forwards: true,
    tap: null,
    nat: {
      async redirect({ toPort }) {
        tell({ kind: 'takes-at', port: toPort });
        return async () => undefined;
      },
    },
  };
  const token = 'a-token-for-tests-only';
  const control = await startControlServer({
    host,
    at: { address: '127.0.0.1', port: 0 },
    token,
    attacker: new Attacker({ host }),
    prepare: async () => ({ position: alreadyOnPath('the traffic of a test is led here') }),
    log: pino({ level: 'silent' }),
  });
  tell({ kind: 'ready', port: control.at.port, token });
  return control;
}

function tell(told: Told): void {
  process.send?.(told);
}

process.on('message', () => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  tell({ kind: 'memory', bytes: heapUsed + external });
});
process.once('disconnect', () => process.exit(0));
void main();
