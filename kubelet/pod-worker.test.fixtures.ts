import type { Pod } from '../api/objects';
import { Fabric } from '../network/fabric';
import { inTurn, systemRandomness } from '../randomness';
import { BackOff } from './back-off';
import type { ContainerLife } from './container-life';
import { ImageStore } from './image-store';
import { silent } from './kubelet.test.fixtures';
import { ManualClock } from './manual-clock.test.fixtures';
import { CAPACITY } from './node-status';
import type { ConfigMap, Found, ObjectSource, Secret } from './object-source';
import { type PodSpec, specOf } from './pod-spec';
import { podStatus } from './pod-status';
import { PodWorkers } from './pod-workers';
import type { RunningPod } from './running-pod';

/** The pods of a node whose clock is moved by hand, without an apiserver. */
export interface TestNode extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly workers: PodWorkers;
  readonly fabric: Fabric;
  /** `Type Reason message`, in order. */
  readonly events: string[];
  readonly configMaps: Map<string, Record<string, string>>;
  readonly secrets: Map<string, Record<string, string>>;
  /** Tokens that were asked for. */
  readonly tokens: unknown[];
  status(name: string): ReturnType<typeof podStatus>;
  life(pod: string, container?: string): ContainerLife;
  /** Resolves when it holds, now or after a change. */
  until(holds: () => boolean): Promise<void>;
}

export const HOST_IP = '10.0.0.11';

export function podWith(name: string, spec: Partial<PodSpec>): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, labels: { app: name } },
    spec: {
      nodeName: 'node-1',
      containers: [{ name: 'c', image: 'midplane/shell' }],
      ...spec,
    } as Pod['spec'],
  };
}

/** The usual container with these fields. */
export function container(fields: Partial<PodSpec['containers'][number]>): PodSpec['containers'][number] {
  return { name: 'c', image: 'midplane/shell', stdin: true, imagePullPolicy: 'IfNotPresent', ...fields };
}

export function startNode(): TestNode {
  const fabric = new Fabric();
  const node = fabric.addHost({ name: 'node-1', addresses: [`${HOST_IP}/24`], forwards: true });
  node.addAddress('10.244.1.1/24');
  const clock = new ManualClock();
  const events: string[] = [];
  const watchers = new Set<() => void>();
  const look = (): void => {
    for (const watcher of [...watchers]) watcher();
  };
  const configMaps: TestNode['configMaps'] = new Map();
  const secrets: TestNode['secrets'] = new Map();
  const tokens: unknown[] = [];
  let pods = 4;
  const workers = new PodWorkers({
    node,
    hostIp: HOST_IP,
    allocatable: CAPACITY,
    sandbox: {
      attachPod: (pod) => {
        pods += 1;
        const addresses = [`10.244.1.${pods}/24`];
        return fabric.addHost({ name: pod.metadata.name, addresses, gateway: '10.244.1.1' });
      },
      detachPod: (pod) => fabric.removeHost(pod.metadata.name),
    },
    webKeyPair: async () => null,
    clock,
    log: silent,
    randomFor: inTurn(systemRandomness),
    events: {
      event: (_about, type, reason, message) => {
        events.push(`${type} ${reason} ${message}`);
        look();
      },
    },
    source: sourceOf(configMaps, secrets, tokens, clock),
    images: new ImageStore(clock),
    crashBackOff: new BackOff(),
    onChange: (running) => {
      const { conditions } = podStatus(running, HOST_IP, clock.now());
      running.remember(conditions as RunningPod['conditions']);
      look();
    },
  });
  const find = (name: string): RunningPod => {
    const running = workers.find('default', name);
    if (running === null) throw new Error(`no pod "${name}"`);
    return running;
  };
  return {
    clock,
    workers,
    fabric,
    events,
    configMaps,
    secrets,
    tokens,
    status: (name) => podStatus(find(name), HOST_IP, clock.now()),
    life: (pod, name) => {
      const running = find(pod);
      const life = running.lives.get(name ?? specOf(running.pod).containers[0]?.name ?? '');
      if (life === undefined) throw new Error(`no container "${name}"`);
      return life;
    },
    until: (holds) =>
      new Promise((resolve) => {
        const watcher = (): void => {
          if (!holds()) return;
          watchers.delete(watcher);
          resolve();
        };
        watchers.add(watcher);
        watcher();
      }),
    [Symbol.asyncDispose]: async () => {
      await workers.close();
      await fabric.close();
    },
  };
}

function sourceOf(
  configMaps: TestNode['configMaps'],
  secrets: TestNode['secrets'],
  tokens: unknown[],
  clock: ManualClock,
): ObjectSource {
  const find = <T>(kind: string, data: Record<string, string> | undefined, name: string): Found<T> =>
    data === undefined
      ? { kind: 'missing', text: `${kind} ${JSON.stringify(name)} not found` }
      : { kind: 'found', value: { apiVersion: 'v1', kind, metadata: { name }, data } as T };
  return {
    configMap: async (_namespace, name) => find<ConfigMap>('configmap', configMaps.get(name), name),
    secret: async (_namespace, name) => {
      const data = secrets.get(name);
      const coded = Object.entries(data ?? {}).map(([key, value]) => [
        key,
        Buffer.from(value).toString('base64'),
      ]);
      return find<Secret>('secret', data && Object.fromEntries(coded), name);
    },
    services: async () => [],
    token: async (wanted) => {
      tokens.push(wanted);
      const expiresAt = new Date(clock.now().getTime() + wanted.expirationSeconds * 1000);
      return { kind: 'found', value: { text: `token-${tokens.length}`, expiresAt } };
    },
  };
}
