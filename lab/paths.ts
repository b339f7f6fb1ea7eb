import { buffer } from 'node:stream/consumers';
import { failed, succeeded } from '../client/command-outcome';
import type { CommandOutcome, KubeClient } from '../client/kube-client';
import type { Endpoint } from '../network/network';
import type { PathId, paths } from '../scenarios/vocabulary';
import { ports } from './addresses';
import type { Canaries } from './canaries';
import type { LabAddresses } from './lab-under-test';

/**
 * The paths: what a user does on each, which connection of the apiserver it causes, and which container answers.
 * The client plants the `up` word in what it sends; the `down` word is in the container, and comes back only from there.
 */
export type PathSpec = ServerPath | ClientPath;

interface AnyPath {
  readonly id: PathId;
  /** False: the leg is plain HTTP, there is no handshake to attack. */
  readonly tls: boolean;
  /** The endpoint that is dialled: what an attacker has to take. */
  readonly target: (at: LabAddresses) => Endpoint;
  /** Whether the client sends a payload on this path at all (a log request carries none). */
  readonly carriesUp: boolean;
  /** The same thing as a command line, for people. */
  readonly command: string;
}

/** From the apiserver to a node or what runs there. */
export interface ServerPath extends AnyPath {
  readonly kind: 'from-apiserver';
  /** The container that answers. */
  readonly container: ContainerName;
  readonly act: (client: KubeClient, canaries: Canaries, signal: AbortSignal) => Promise<CommandOutcome>;
}

/** Of somebody who dials an apiserver or a kubelet with a configuration of his own; conversations/ says how. */
export interface ClientPath extends AnyPath {
  readonly kind: 'from-client';
  readonly id: ClientPathId;
  /** What is done instead of what the lab's own client does. */
  readonly act?: (canaries: Canaries, signal: AbortSignal) => Promise<CommandOutcome>;
}

export type ClientPathId = Extract<(typeof paths)[number], { readonly transport: 'client' }>['id'];

export interface ContainerName {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

const SECRET = '/run/secrets/canary';
const web: ContainerName = { namespace: 'default', pod: 'web', container: 'web' };
const box: ContainerName = { namespace: 'default', pod: 'box', container: 'box' };
const agent: ContainerName = { namespace: 'kube-system', pod: 'node-agent', container: 'agent' };

const kubelet: PathSpec['target'] = ({ node1 }) => ({ address: node1, port: ports.kubelet });
const nodeAgent =
  (port: number): PathSpec['target'] =>
  ({ node1 }) => ({ address: node1, port });
const webServer =
  (port: number): PathSpec['target'] =>
  ({ webPod }) => ({ address: webPod, port });

const readLogs =
  (insecureSkipTLSVerifyBackend: boolean): ServerPath['act'] =>
  (client, _canaries, signal) =>
    client.logs({ ...web, tailLines: 3, insecureSkipTLSVerifyBackend, signal });

/** One `kubectl create --raw` (a POST) through a proxy subresource, with the up word in its body. */
const postThrough =
  (proxyPath: string): ServerPath['act'] =>
  (client, { up }, signal) =>
    client.raw({
      method: 'POST',
      path: `${proxyPath}/canary`,
      body: Buffer.from(up),
      contentType: 'text/plain',
      signal,
    });

function backend(
  id: PathId,
  target: PathSpec['target'],
  container: ContainerName,
  tls: boolean,
  proxyPath: string,
): ServerPath {
  const command = `kubectl create --raw ${proxyPath}/canary -f -`;
  return {
    kind: 'from-apiserver',
    id,
    tls,
    target,
    container,
    carriesUp: true,
    command,
    act: postThrough(proxyPath),
  };
}

const serverPaths: readonly ServerPath[] = [
  {
    kind: 'from-apiserver',
    id: 'logs',
    tls: true,
    target: kubelet,
    container: web,
    carriesUp: false,
    command: 'kubectl logs web --tail=3',
    act: readLogs(false),
  },
  {
    kind: 'from-apiserver',
    id: 'logs-skip-verify',
    tls: true,
    target: kubelet,
    container: web,
    carriesUp: false,
    command: 'kubectl logs web --tail=3 --insecure-skip-tls-verify-backend',
    act: readLogs(true),
  },
  {
    kind: 'from-apiserver',
    id: 'exec',
    tls: true,
    target: kubelet,
    container: web,
    carriesUp: true,
    command: `kubectl exec -i web -- env TOKEN=… cat ${SECRET} -`,
    act: (client, { up }, signal) =>
      client.exec({
        ...web,
        command: ['env', `TOKEN=${up}`, 'cat', SECRET, '-'],
        stdin: Buffer.from(`${up}\n`),
        signal,
      }),
  },
  {
    kind: 'from-apiserver',
    id: 'attach',
    tls: true,
    target: kubelet,
    container: box,
    carriesUp: true,
    command: 'kubectl attach -i box',
    act: attachAndAsk,
  },
  {
    kind: 'from-apiserver',
    id: 'port-forward',
    tls: true,
    target: kubelet,
    container: web,
    carriesUp: true,
    command: `kubectl port-forward pod/web ${ports.web}`,
    act: forwardAndPost,
  },
  {
    kind: 'from-apiserver',
    id: 'node-proxy',
    tls: true,
    target: kubelet,
    container: web,
    carriesUp: true,
    command: 'kubectl create --raw "/api/v1/nodes/node-1/proxy/run/default/web/web?cmd=…" -f /dev/null',
    act: (client, { up }, signal) => {
      // One more argument, an attacker's, changes nothing of the answer.
      const cmd = encodeURIComponent(`sh -c cat<${SECRET} ${up}`);
      return client.raw({
        method: 'POST',
        path: `/api/v1/nodes/node-1/proxy/run/default/web/web?cmd=${cmd}`,
        signal,
      });
    },
  },
  backend('node-proxy-http', nodeAgent(ports.nodeAgent), agent, false, '/api/v1/nodes/node-1:9100/proxy'),
  backend(
    'node-proxy-https',
    nodeAgent(ports.nodeAgentTls),
    agent,
    true,
    '/api/v1/nodes/https:node-1:9443/proxy',
  ),
  backend(
    'pod-proxy-http',
    webServer(ports.web),
    web,
    false,
    '/api/v1/namespaces/default/pods/web:8080/proxy',
  ),
  backend(
    'pod-proxy-https',
    webServer(ports.webTls),
    web,
    true,
    '/api/v1/namespaces/default/pods/https:web:8443/proxy',
  ),
  backend(
    'service-proxy-http',
    webServer(ports.web),
    web,
    false,
    '/api/v1/namespaces/default/services/web:80/proxy',
  ),
  backend(
    'service-proxy-https',
    webServer(ports.webTls),
    web,
    true,
    '/api/v1/namespaces/default/services/https:web:443/proxy',
  ),
];

const apiserver: PathSpec['target'] = ({ controlPlane }) => ({
  address: controlPlane,
  port: ports.apiserver,
});

/** Whether each writes something that the attacker can change on the way, and what its user would have typed. */
const clientPaths: readonly ClientPath[] = [
  client('kubelet-api', 'kubelet --kubeconfig=/etc/kubernetes/kubelet.conf', true),
  client('kubelet-bootstrap', 'kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf', false),
  client('kube-proxy-api', 'kube-proxy --kubeconfig=/var/lib/kube-proxy/kubeconfig.conf', true),
  client('pod-api', 'kubectl exec api-client -- curl https://kubernetes.default.svc/api/v1/…', true),
  client('controller-manager-api', 'kube-controller-manager --kubeconfig=controller-manager.conf', true),
  client('scheduler-api', 'kube-scheduler --kubeconfig=scheduler.conf', true),
  client('kubectl-api', 'kubectl apply -f configmap.yaml; kubectl get configmap canary -o yaml', true),
  {
    ...client(
      'metrics-scrape',
      'curl -H "Authorization: Bearer …" https://node-1:10250/metrics/resource',
      false,
    ),
    target: kubelet,
  },
];

function client(id: ClientPathId, command: string, carriesUp: boolean): ClientPath {
  return { kind: 'from-client', id, tls: true, target: apiserver, carriesUp, command };
}

const pathSpecs: readonly PathSpec[] = [...serverPaths, ...clientPaths];

/** Null for a path of the vocabulary that this release does not run. */
export function pathSpec(id: PathId): PathSpec | null {
  return pathSpecs.find((spec) => spec.id === id) ?? null;
}

/** Types one command into the shell that is the container's main process, reads its answer and detaches. */
async function attachAndAsk(
  client: KubeClient,
  { up }: Canaries,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  const detach = new AbortController();
  const heard: Buffer[] = [];
  const outcome = await client.attach({
    ...box,
    stdin: Buffer.from(`cat ${SECRET}; echo # ${up}\n`),
    keepStdinOpen: true,
    signal: AbortSignal.any([signal, detach.signal]),
    onStdout: (chunk) => {
      heard.push(chunk);
      if (chunk.includes('\n')) detach.abort();
    },
  });
  if (!detach.signal.aborted) return outcome;
  return { ...outcome, ok: true, exitCode: 0, words: '', stdout: Buffer.concat(heard) };
}

async function forwardAndPost(
  client: KubeClient,
  { up }: Canaries,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  const forward = await client.portForward({
    namespace: web.namespace,
    pod: web.pod,
    by: 'websocket',
    signal,
  });
  if (forward.kind === 'outcome') return forward;
  try {
    const stream = await forward.connect(ports.web);
    stream.write(
      `POST /canary HTTP/1.1\r\nHost: web\r\nConnection: close\r\nContent-Length: ${up.length}\r\n\r\n${up}`,
    );
    return succeeded({ stdout: await buffer(stream) });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return failed(words, { stderr: Buffer.from(words) });
  } finally {
    forward.close();
  }
}
