import type { KubeObject } from '../../api/objects';
import { KubeClient, type KubeResponse } from '../../client/kube-client';
import { NO_LIST, objectList } from '../../client/object-list';
import { pause as wait } from '../../client/pause';
import { joinHostPort } from '../../network/network';
import { emulatedKubernetes } from '../../version';
import { isFileProblem } from './file-problem';
import { intervalMs, whenStopped } from './image-programs';
import type { ImageContext } from './images';
import { complain, openRead, type Process, print, readAll } from './process';

/**
 * A program in a pod that talks to the apiserver of its cluster, as operators and dashboards do: address from the
 * environment, the pod's own token, the authority that is mounted beside it. Lists the pods of its namespace now and then
 * and says what came of it. Source of the behaviour: k8s.io/client-go rest/config.go (InClusterConfig).
 */
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const INTERVAL_MS = 5_000;
const LONGEST_FILE_BYTES = 1024 * 1024;

export async function inClusterClient({ self, args, up }: ImageContext): Promise<number> {
  const [host, port] = [self.env.get('KUBERNETES_SERVICE_HOST'), self.env.get('KUBERNETES_SERVICE_PORT')];
  if (host === undefined || port === undefined) {
    const text =
      'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined';
    await complain(self, text);
    return 1;
  }
  const token = await read(self, `${ACCOUNT}/token`);
  if (token === null) {
    await complain(self, `open ${ACCOUNT}/token: no such file or directory`);
    return 1;
  }
  up();
  const { signal } = whenStopped(self);
  while (!signal.aborted) {
    await round(self, { host, port: Number(port) }, signal);
    await wait(intervalMs(self, args, INTERVAL_MS), signal);
  }
  return 0;
}

/** Token and authority are read again each time: both are written anew while the pod runs. */
async function round(
  self: Process,
  server: { host: string; port: number },
  signal: AbortSignal,
): Promise<void> {
  const [token, bundlePem, namespace] = await Promise.all(
    ['token', 'ca.crt', 'namespace'].map(async (name) => (await read(self, `${ACCOUNT}/${name}`)) ?? ''),
  );
  const client = new KubeClient({
    from: self.container.network,
    server,
    trust: { kind: 'verify', bundlePem: bundlePem ?? '', host: server.host },
    token: (token ?? '').trim(),
    userAgent: `in-cluster-client/${emulatedKubernetes} (linux/amd64) kubernetes/midplane`,
  });
  const path = `/api/v1/namespaces/${(namespace ?? '').trim()}/pods`;
  const answer = await client.request('GET', path, { signal });
  await client.close();
  if (signal.aborted) return;
  const url = `https://${joinHostPort(server.host, server.port)}${path}`;
  await print(self, `GET ${url}: ${outcomeOf(answer)}\n`);
}

export function outcomeOf(answer: Pick<KubeResponse, 'ok' | 'status' | 'words' | 'json'>): string {
  if (!answer.ok) return answer.words;
  const list = objectList<KubeObject>(answer);
  return list === null ? NO_LIST : `${answer.status}: ${list.items.length} pods`;
}

async function read(self: Process, path: string): Promise<string | null> {
  const source = openRead(self, path);
  if (isFileProblem(source)) return null;
  return (await readAll(source, self.signal, LONGEST_FILE_BYTES)).toString();
}
