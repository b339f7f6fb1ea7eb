import { createServer } from 'node:http';
import type { SecureConnection } from '../../network/secure';
import { TlsAcceptor } from '../../network/secure-server';
import { judgeClient, parseBundle } from '../../network/verify';
import { selfSignedKubeletServing } from '../../pki/kubelet-serving';
import { parseCertificate } from '../../wire/certificate';
import type { Cluster } from '../cluster';

/**
 * The secure port of a control-plane component as kubeadm sets it up: on 127.0.0.1, with a certificate of its own making. Who
 * calls is told by a client certificate of the cluster's CA, and whether he may is for the apiserver to say (delegated
 * authentication and authorization). Source: k8s.io/apiserver pkg/server/options/{authentication,authorization}.go.
 */
export interface LoopbackPort {
  readonly address: '127.0.0.1';
  readonly port: number;
  close(): Promise<void>;
}

/** kube-controller-manager's --secure-port. */
const PORT = 10257;

export async function openLoopbackPort(
  { controlPlane, pki, admin, randomFor }: Pick<Cluster, 'controlPlane' | 'pki' | 'admin' | 'randomFor'>,
  configz: object,
): Promise<LoopbackPort> {
  const acceptor = new TlsAcceptor({
    keyPair: await selfSignedKubeletServing('localhost', { random: randomFor('loopback port') }),
    requestClientCertificate: true,
    clientCaPem: pki.caPem,
    alpn: ['http/1.1'],
    at: controlPlane,
  });
  const clients = new WeakMap<object, SecureConnection>();
  const server = createServer((request, response) => {
    void (async () => {
      const user = userOf(clients.get(request.socket), pki.caPem);
      const [path = '/'] = (request.url ?? '/').split('?');
      const spec = {
        ...user,
        nonResourceAttributes: { path, verb: (request.method ?? 'GET').toLowerCase() },
      };
      const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
      const review = await admin.request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        body,
      });
      const { status } = (review.json() ?? {}) as { status?: { allowed?: boolean } };
      const allowed = status?.allowed === true;
      const text = allowed
        ? JSON.stringify(configz)
        : `forbidden: User "${user.user}" cannot ${spec.nonResourceAttributes.verb} path "${path}"`;
      response.writeHead(allowed ? 200 : 403, {
        'Content-Type': allowed ? 'application/json' : 'text/plain',
      });
      response.end(text);
    })();
  });
  const listener = await controlPlane.listen({ address: '127.0.0.1', port: PORT }, (connection) => {
    void acceptor.accept(connection).then((accepted) => {
      if (accepted.kind === 'handshake-failure') return;
      clients.set(accepted.socket, accepted);
      server.emit('connection', accepted.socket);
    });
  });
  const close = async (): Promise<void> => {
    await listener.close();
    server.closeAllConnections();
  };
  return { address: '127.0.0.1', port: PORT, close };
}

function userOf(client: SecureConnection | undefined, caPem: string): { user: string; groups: string[] } {
  const anonymous = { user: 'system:anonymous', groups: ['system:unauthenticated'] };
  const chain = client?.peerCertificates ?? [];
  const bundle = parseBundle(caPem);
  const [leaf] = chain;
  if (leaf === undefined || bundle.kind === 'bundle-invalid') return anonymous;
  const certificate = parseCertificate(leaf);
  if (certificate.kind !== 'certificate' || !judgeClient({ chain, bundle, now: new Date() }).ok)
    return anonymous;
  const { commonName, organizations } = certificate.subject;
  return { user: commonName, groups: [...organizations, 'system:authenticated'] };
}
