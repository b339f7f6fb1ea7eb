import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Fabric, type FabricHost } from '../network/fabric';
import type { Connection, Endpoint } from '../network/network';
import { TlsAcceptor } from '../network/secure-server';
import type { TimelineEvent } from '../network/timeline';
import { Transport } from '../network/transport';
import { createAuthority } from '../pki/authority';
import type { KeyPair } from '../wire/pem';
import { type Attack, Attacker, type AttackPlan } from './attacker';
import { neighbour } from './position';

/** For tests only: a control plane, a node and an attacker on one segment, and what a test says to them. */
export interface Segment extends AsyncDisposable {
  readonly controlPlane: FabricHost;
  readonly node: FabricHost;
  readonly attackerHost: FabricHost;
  readonly events: TimelineEvent[];
  /** Resolves when such an event has been recorded, now or later. */
  happened(host: string, kind: string): Promise<void>;
  /** What a kubelet of this cluster serves with; its authority is the one that `verifying` trusts. */
  readonly serving: KeyPair;
  readonly caPem: string;
  /** Dials like the apiserver: with its client certificate, believing anybody, or those of the authority. */
  readonly believing: Transport;
  readonly verifying: Transport;
  /** Serves HTTP on the node, with TLS or in clear; every request asks for a client certificate. */
  serve(port: number, options: ServeOptions): Promise<Endpoint>;
  attack(plan: Partial<AttackPlan> & Pick<AttackPlan, 'mode' | 'targets'>): Promise<Attack>;
}

export interface ServeOptions {
  readonly tls: boolean;
  readonly request?: RequestListener;
  readonly upgrade?: (path: string, socket: Duplex, request: IncomingMessage) => void;
}

export const NODE: string = '10.0.0.11';
export const KUBELET: Endpoint = { address: NODE, port: 10250 };

export async function startSegment(): Promise<Segment> {
  const fabric = new Fabric();
  const events: TimelineEvent[] = [];
  fabric.timeline.subscribe((event) => events.push(event));
  const controlPlane = fabric.addHost({ name: 'control-plane', addresses: ['10.0.0.10/24'] });
  const node = fabric.addHost({ name: 'node-1', addresses: [`${NODE}/24`] });
  const attackerHost = fabric.addHost({ name: 'attacker', addresses: ['10.0.0.66/24'] });
  const authority = await createAuthority({ commonName: 'LAB kubernetes' });
  const serving = await authority.issue({
    commonName: 'system:node:node-1',
    ipAddresses: [NODE],
    dnsNames: ['node-1'],
    usages: ['serverAuth'],
  });
  const clientCertificate = await authority.issue({
    commonName: 'kube-apiserver-kubelet-client',
    organizations: ['kubeadm:cluster-admins'],
    usages: ['clientAuth'],
  });
  const attacker = new Attacker({ host: attackerHost });

  return {
    controlPlane,
    node,
    attackerHost,
    events,
    serving,
    caPem: authority.certPem,
    happened(host, kind) {
      const isIt = (event: TimelineEvent): boolean => event.host === host && event.kind === kind;
      if (events.some(isIt)) return Promise.resolve();
      return new Promise((resolve) => {
        fabric.timeline.subscribe((event) => isIt(event) && resolve());
      });
    },
    believing: new Transport({
      from: controlPlane,
      trust: () => ({ kind: 'verify-nobody' }),
      clientCertificate,
    }),
    verifying: new Transport({
      from: controlPlane,
      trust: (host) => ({ kind: 'verify', bundlePem: authority.certPem, host }),
      clientCertificate,
    }),
    async serve(port, options) {
      const acceptor = new TlsAcceptor({ keyPair: serving, requestClientCertificate: true, at: node });
      const server = httpServer(options);
      const accept = async (connection: Connection): Promise<void> => {
        if (!options.tls) {
          server.emit('connection', connection.socket);
          return;
        }
        const accepted = await acceptor.accept(connection);
        if (accepted.kind === 'handshake-failure') return;
        accepted.socket.on('error', () => undefined);
        server.emit('connection', accepted.socket);
      };
      const listener = await node.listen({ address: NODE, port }, (connection) => void accept(connection));
      return listener.at;
    },
    attack(plan) {
      return attacker.attack({
        technique: 'self-signed',
        position: neighbour(controlPlane, attackerHost, NODE),
        present: null,
        forged: 'FORGED',
        tampered: 'TAMPERED',
        ...plan,
      });
    },
    [Symbol.asyncDispose]: () => fabric.close(),
  };
}

function httpServer({ request, upgrade }: ServeOptions): Server {
  const server = createServer({ keepAliveTimeout: 0 }, request);
  if (upgrade !== undefined) {
    server.on('upgrade', (message, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      upgrade(message.url ?? '', socket, message);
    });
  }
  return server;
}
