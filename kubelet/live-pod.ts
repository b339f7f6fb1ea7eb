import type { Pod } from '../api/objects';
import type { Host } from '../network/network';
import { type Randomness, uuidFrom } from '../randomness';
import type { KeyPair } from '../wire/pem';
import type { ContainerLife } from './container-life';
import { newId } from './containers/runtime-words';
import { SimulatedContainer } from './containers/simulated-container';
import { fieldValue, type PodFacts } from './field-path';
import type { NodeContext } from './node-context';
import type { PodCondition } from './pod-conditions';
import { type ContainerKind, type ContainerSpec, containersOf, specOf } from './pod-spec';
import { PodVolumes } from './pod-volumes';
import type { PodVerdict, RunningPod } from './running-pod';

/** A pod while the kubelet works on it: the one place where its state changes. */
export class LivePod implements RunningPod {
  pod: Pod;
  readonly uid: string;
  readonly sandboxId: string;
  readonly networkNamespace: string;
  readonly startedAt: Date;
  readonly lives = new Map<string, ContainerLife>();
  readonly containers = new Map<string, SimulatedContainer>();
  network: Host | null = null;
  address = '';
  terminal = false;
  verdict: PodVerdict | null = null;
  conditions: readonly PodCondition[] = [];
  readonly volumes: PodVolumes;
  readonly #context: NodeContext;
  readonly #random: Randomness;
  #webKeyPair: KeyPair | null = null;

  constructor(pod: Pod, context: NodeContext) {
    this.pod = pod;
    const { namespace, name } = pod.metadata;
    const random = context.randomFor(`pod ${namespace}/${name}`);
    this.uid = pod.metadata.uid ?? uuidFrom(random.for('uid'));
    this.sandboxId = newId(random.for('sandbox'));
    this.networkNamespace = random.for('network namespace').hex(8);
    this.#random = random;
    this.startedAt = context.clock.now();
    this.#context = context;
    this.volumes = new PodVolumes(context, this);
  }

  get restartPolicy(): string {
    return specOf(this.pod).restartPolicy ?? 'Always';
  }

  get volumeBytes(): number {
    return this.volumes.sizeBytes;
  }

  get facts(): PodFacts {
    const { hostIp, allocatable } = this.#context;
    return { pod: this.pod, podIp: this.address, hostIp, allocatable };
  }

  containerAt(port: number): SimulatedContainer | undefined {
    const regular = [...this.lives.values()].filter((it) => it.kind === 'regular' || it.kind === 'sidecar');
    const listening = regular.find(({ spec }) => spec.ports?.some((it) => it.containerPort === port));
    return (listening ?? regular.find((it) => it.kind === 'regular'))?.container ?? undefined;
  }

  remember(conditions: readonly PodCondition[]): void {
    this.conditions = conditions;
  }

  /** The pod has its network; its containers can be made. */
  attach(network: Host, webKeyPair: KeyPair | null): void {
    this.network = network;
    this.address = network.addresses[0] ?? '';
    this.#webKeyPair = webKeyPair;
  }

  detach(): void {
    this.network = null;
  }

  /** Takes note of the containers of the spec, also of those for debugging that came later, and makes what can be made. */
  complete(): void {
    for (const { kind, spec } of containersOf(this.pod)) {
      const life = this.lives.get(spec.name) ?? this.#add(kind, spec);
      if (life.container === null && this.network !== null) life.container = this.#make(spec, this.network);
    }
  }

  #add(kind: ContainerKind, spec: ContainerSpec): ContainerLife {
    const initializing = kind !== 'ephemeral' && (specOf(this.pod).initContainers ?? []).length > 0;
    const reason = initializing ? 'PodInitializing' : 'ContainerCreating';
    const life: ContainerLife = {
      name: spec.name,
      kind,
      spec,
      container: null,
      state: { kind: 'waiting', reason, message: '' },
      last: null,
      restartCount: 0,
      started: false,
      ready: false,
    };
    this.lives.set(spec.name, life);
    return life;
  }

  /** subPathExpr may name variables; those with a value or a field of their own are what it is used with. */
  #plainVariable(spec: ContainerSpec, name: string): string | undefined {
    const variable = spec.env?.find((it) => it.name === name);
    const path = variable?.valueFrom?.fieldRef?.fieldPath;
    return path === undefined ? variable?.value : (fieldValue(path, this.facts) ?? undefined);
  }

  #make(spec: ContainerSpec, network: Host): SimulatedContainer {
    const { clock } = this.#context;
    const container = new SimulatedContainer({
      pod: this.pod,
      // References in `env` are the kubelet's business: the container is started with their values.
      spec: { ...spec, env: [], resources: spec.resources ?? {} },
      network,
      address: this.address,
      webKeyPair: this.#webKeyPair,
      mounts: this.volumes.mountsOf(spec, (name) => this.#plainVariable(spec, name)),
      now: () => clock.now(),
      random: this.#random.for(`container ${spec.name}`),
    });
    this.containers.set(spec.name, container);
    return container;
  }
}
