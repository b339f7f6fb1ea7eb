import type { Pod } from '../api/objects';
import { fieldValue, type PodFacts, resourceValue } from './field-path';
import type { ConfigMap, Found, ObjectSource, Secret, TokenWanted } from './object-source';
import {
  containersOf,
  type DownwardItem,
  type KeyToPath,
  type ProjectedSource,
  specOf,
  type Volume,
} from './pod-spec';

/**
 * What is in a volume that the kubelet fills. Sources: pkg/volume/{configmap,secret,downwardapi,projected}.
 */
export interface VolumeFile {
  readonly bytes: Buffer;
  readonly mode: number;
}

export type VolumeFiles =
  | { readonly kind: 'files'; readonly files: ReadonlyMap<string, VolumeFile> }
  /** A volume that containers write to themselves. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'failed'; readonly text: string };

export interface VolumeContext {
  readonly facts: PodFacts;
  readonly source: Omit<ObjectSource, 'token'>;
  readonly token: (wanted: Pick<TokenWanted, 'audiences' | 'expirationSeconds'>) => Promise<Found<string>>;
}

const DEFAULT_MODE = 0o644;
/** pkg/apis/core/v1/defaults.go (SetDefaults_ServiceAccountTokenProjection). */
const DEFAULT_TOKEN_SECONDS = 3600;

export async function volumeFiles(volume: Volume, context: VolumeContext): Promise<VolumeFiles> {
  const { name: _name, ...kinds } = volume;
  const [kind = 'emptyDir'] = Object.keys(kinds).filter((it) => kinds[it] !== undefined);
  const { configMap, secret, downwardAPI, projected } = volume;
  const mode = (kinds[kind] as { readonly defaultMode?: number } | undefined)?.defaultMode ?? DEFAULT_MODE;
  if (kind === 'emptyDir') return { kind: 'empty' };
  if (kind === 'hostPath') return failed(NO_HOST);
  const sources: readonly ProjectedSource[] | null =
    configMap !== undefined
      ? [{ configMap }]
      : secret !== undefined
        ? [{ secret: { ...secret, name: secret.secretName } }]
        : downwardAPI !== undefined
          ? [{ downwardAPI }]
          : (projected?.sources ?? (projected === undefined ? null : []));
  if (sources === null) return failed(`no volume plugin matched: this kubelet has none for ${kind}`);
  const files = new Map<string, VolumeFile>();
  const problems: string[] = [];
  for (const source of sources) {
    const got = await sourceFiles(source, mode, context);
    if (got.kind === 'failed') problems.push(got.text);
    else for (const [path, file] of got.files) files.set(path, file);
  }
  if (problems.length === 0) return { kind: 'files', files };
  // utilerrors.NewAggregate: several are a list.
  return failed(problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]`);
}

const NO_HOST =
  "hostPath volumes are refused: the simulated node has no files, and those of the machine it runs on are nobody's";

type Files =
  | { readonly kind: 'files'; readonly files: ReadonlyMap<string, VolumeFile> }
  | Extract<VolumeFiles, { kind: 'failed' }>;

async function sourceFiles(
  { configMap, secret, downwardAPI, serviceAccountToken }: ProjectedSource,
  mode: number,
  context: VolumeContext,
): Promise<Files> {
  const { namespace = 'default' } = context.facts.pod.metadata;
  if (configMap !== undefined) {
    const found = await context.source.configMap(namespace, configMap.name);
    return objectFiles(found, configMap, mode, { kind: 'configMap', contentOf: configMapContent });
  }
  if (secret !== undefined) {
    const found = await context.source.secret(namespace, secret.name);
    return objectFiles(found, secret, mode, { kind: 'secret', contentOf: secretContent });
  }
  if (downwardAPI !== undefined) return downwardFiles(downwardAPI.items ?? [], mode, context.facts);
  if (serviceAccountToken !== undefined) {
    const { audience, expirationSeconds = DEFAULT_TOKEN_SECONDS, path } = serviceAccountToken;
    const audiences = audience === undefined || audience === '' ? [] : [audience];
    const token = await context.token({ audiences, expirationSeconds });
    if (token.kind !== 'found') return failed(`failed to fetch token: ${token.text}`);
    const file = { bytes: Buffer.from(token.value), mode: tokenMode(context.facts.pod, mode) };
    return { kind: 'files', files: new Map([[path, file]]) };
  }
  return { kind: 'files', files: new Map() };
}

/**
 * Where all containers run as one user, or the volume belongs to a group, a token is for these alone.
 * Source: pkg/volume/projected/projected.go (collectData), pkg/volume/util/util.go (FsUserFrom), pkg/volume/volume_linux.go.
 */
export function tokenMode(pod: Pod, defaultMode: number): number {
  const { securityContext } = specOf(pod);
  // The owner's right, and what SetVolumeOwnership adds to it.
  if (securityContext?.fsGroup !== undefined) return 0o640;
  const users = containersOf(pod).map(
    ({ spec }) => spec.securityContext?.runAsUser ?? securityContext?.runAsUser,
  );
  return users[0] !== undefined && new Set(users).size === 1 ? 0o600 : defaultMode;
}

function configMapContent({ data = {}, binaryData = {} }: ConfigMap): [string, Buffer][] {
  const texts = Object.entries(data).map(([key, value]): [string, Buffer] => [key, Buffer.from(value)]);
  return [...texts, ...secretContent({ data: binaryData })];
}

function secretContent({ data = {} }: Pick<Secret, 'data'>): [string, Buffer][] {
  return Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64')]);
}

/** Source: pkg/volume/configmap/configmap.go and secret/secret.go (MakePayload). */
function objectFiles<T>(
  found: Found<T>,
  { items, optional = false }: { readonly items?: readonly KeyToPath[]; readonly optional?: boolean },
  mode: number,
  { kind, contentOf }: { kind: 'configMap' | 'secret'; contentOf: (object: T) => [string, Buffer][] },
): Files {
  if (found.kind !== 'found') {
    return found.kind === 'missing' && optional ? { kind: 'files', files: new Map() } : failed(found.text);
  }
  const content = new Map(contentOf(found.value));
  const wanted = items ?? [...content.keys()].map((key): KeyToPath => ({ key, path: key }));
  const files = new Map<string, VolumeFile>();
  for (const { key, path, mode: own } of wanted) {
    const bytes = content.get(key);
    if (bytes !== undefined) files.set(path, { bytes, mode: own ?? mode });
    else if (!optional) {
      return failed(
        kind === 'configMap'
          ? `configmap references non-existent config key: ${key}`
          : `references non-existent secret key: ${key}`,
      );
    }
  }
  return { kind: 'files', files };
}

function downwardFiles(items: readonly DownwardItem[], mode: number, facts: PodFacts): Files {
  const files = new Map<string, VolumeFile>();
  for (const { path, fieldRef, resourceFieldRef, mode: own } of items) {
    const container = containersOf(facts.pod).find(
      (it) => it.spec.name === resourceFieldRef?.containerName,
    )?.spec;
    const text =
      fieldRef !== undefined
        ? fieldValue(fieldRef.fieldPath, facts)
        : resourceFieldRef === undefined
          ? null
          : resourceValue(resourceFieldRef, container, facts);
    if (text === null) {
      const what = fieldRef?.fieldPath ?? resourceFieldRef?.resource ?? path;
      return failed(`unsupported fieldPath: ${what}`);
    }
    files.set(path, { bytes: Buffer.from(text), mode: own ?? mode });
  }
  return { kind: 'files', files };
}

function failed(text: string): Extract<VolumeFiles, { kind: 'failed' }> {
  return { kind: 'failed', text };
}
