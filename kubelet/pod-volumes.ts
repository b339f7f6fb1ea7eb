import { FileSystem, type Mount } from './containers/file-system';
import { expand } from './expansion';
import type { LivePod } from './live-pod';
import type { NodeContext } from './node-context';
import type { Found, Token, TokenWanted } from './object-source';
import { podReference } from './pod-events';
import { type ContainerSpec, specOf } from './pod-spec';
import { type VolumeContext, type VolumeFile, volumeFiles } from './volume-files';
import { writePayload } from './write-payload';

/**
 * The volumes of a pod: filled before its containers start, filled again every minute. What is missing is asked for
 * again after half a second, then twice as long each time (pkg/util/goroutinemap/exponentialbackoff).
 */
export interface VolumesState {
  /** Waits: something is missing, and no container may start yet. */
  readonly kind: 'mounted' | 'waits';
  /** When to look again. */
  readonly ms: number;
}

interface HeldToken extends Token {
  readonly requestedAt: Date;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 122_000;
/** pkg/kubelet, syncFrequency. */
const REFRESH_MS = 60_000;
const DAY_MS = 24 * 3_600_000;
const LONGEST_JITTER_S = 10;

export class PodVolumes {
  readonly #context: NodeContext;
  readonly #pod: LivePod;
  readonly #volumes = new Map<string, FileSystem>();
  /** What was last written into a volume, so that the same is not written again. */
  readonly #written = new Map<string, string>();
  readonly #tokens = new Map<string, HeldToken>();
  #dueAt = 0;
  #retryMs = FIRST_RETRY_MS;
  #mounted = false;
  #generation = 0;

  constructor(context: NodeContext, pod: LivePod) {
    this.#context = context;
    this.#pod = pod;
  }

  get sizeBytes(): number {
    return [...this.#volumes.values()].reduce((sum, it) => sum + it.sizeBytes, 0);
  }

  async mount(): Promise<VolumesState> {
    const now = this.#context.clock.now().getTime();
    if (now < this.#dueAt) return this.#state(now);
    const volumes = specOf(this.#pod.pod).volumes ?? [];
    let complete = true;
    for (const volume of volumes) {
      const result = await volumeFiles(volume, this.#volumeContext);
      if (result.kind === 'failed') {
        complete = false;
        const message = `MountVolume.SetUp failed for volume ${JSON.stringify(volume.name)} : ${result.text}`;
        this.#context.events.event(podReference(this.#pod.pod), 'Warning', 'FailedMount', message);
      } else this.#fill(volume.name, result.kind === 'files' ? result.files : null);
    }
    this.#mounted ||= complete;
    const keepsUp = volumes.some((it) => it.emptyDir === undefined);
    if (complete) this.#retryMs = FIRST_RETRY_MS;
    this.#dueAt = now + (complete ? (keepsUp ? REFRESH_MS : DAY_MS) : this.#retryMs);
    if (!complete) this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
    return this.#state(now);
  }

  /** What a container has of them. */
  mountsOf(spec: ContainerSpec, variable: (name: string) => string | undefined): Mount[] {
    return (spec.volumeMounts ?? []).flatMap(({ name, mountPath, readOnly, subPath, subPathExpr }) => {
      const volume = this.#volumes.get(name);
      if (volume === undefined) return [];
      const part = subPathExpr === undefined ? (subPath ?? '') : expand(subPathExpr, variable);
      // Upstream makes a subPath that is missing a directory (pkg/kubelet/kubelet_pods.go, makeMounts).
      if (part !== '' && volume.kindOf(`/${part}`) === null) {
        volume.makeDirectory(`/${part}`, { parents: true });
      }
      const filled = this.#written.has(name);
      return [
        {
          path: mountPath,
          volume,
          readOnly: readOnly === true || filled,
          ...(part === '' ? {} : { subPath: part }),
          type: filled ? 'tmpfs' : 'ext4',
        },
      ];
    });
  }

  #state(now: number): VolumesState {
    return { kind: this.#mounted ? 'mounted' : 'waits', ms: Math.max(this.#dueAt - now, 1) };
  }

  #fill(name: string, files: ReadonlyMap<string, VolumeFile> | null): void {
    const volume = this.#volumes.get(name) ?? FileSystem.volume();
    this.#volumes.set(name, volume);
    if (files === null) return;
    const text = JSON.stringify([...files].map(([path, it]) => [path, it.mode, it.bytes.toString('base64')]));
    if (this.#written.get(name) === text) return;
    this.#written.set(name, text);
    this.#generation += 1;
    const stamp = this.#context.clock.now().toISOString().replace(/[-:]/g, '_').replace(/[TZ]/g, '_');
    writePayload(volume, files, `${stamp}${this.#generation}`);
  }

  get #volumeContext(): VolumeContext {
    const { source } = this.#context;
    return { facts: this.#pod.facts, source, token: (wanted) => this.#token(wanted) };
  }

  async #token(wanted: Pick<TokenWanted, 'audiences' | 'expirationSeconds'>): Promise<Found<string>> {
    const { clock, source } = this.#context;
    const key = JSON.stringify(wanted);
    const held = this.#tokens.get(key);
    const jitterMs = Math.floor(Math.random() * LONGEST_JITTER_S) * 1000;
    if (held !== undefined && !needsRenewal(held, clock.now(), jitterMs)) {
      return { kind: 'found', value: held.text };
    }
    const { metadata } = this.#pod.pod;
    const requestedAt = clock.now();
    const got = await source.token({
      ...wanted,
      namespace: metadata.namespace ?? 'default',
      serviceAccount: specOf(this.#pod.pod).serviceAccountName || 'default',
      pod: { name: metadata.name, uid: this.#pod.uid },
    });
    if (got.kind === 'found') {
      this.#tokens.set(key, { ...got.value, requestedAt });
      return { kind: 'found', value: got.value.text };
    }
    const usable = held !== undefined && held.expiresAt > requestedAt;
    return usable ? { kind: 'found', value: held.text } : got;
  }
}

/**
 * After 80 % of its time or a day, a few seconds sooner, so that not all of a node's tokens are asked for at once.
 * Source: pkg/kubelet/token/token_manager.go (requiresRefresh).
 */
export function needsRenewal(
  { requestedAt, expiresAt }: Pick<HeldToken, 'requestedAt' | 'expiresAt'>,
  now: Date,
  jitterMs = 0,
): boolean {
  const age = now.getTime() - requestedAt.getTime() + jitterMs;
  return age > DAY_MS || age > (expiresAt.getTime() - requestedAt.getTime()) * 0.8;
}
