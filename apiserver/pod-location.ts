import { badRequest, type Failure, invalid, isFailure, notFound, plainError } from '../api/failures';
import type { Container, KubeNode, Pod } from '../api/objects';
import type { Backend } from './backend';
import type { EmulatedCves } from './emulated-cves';
import { encodeValues, pathEscape } from './go-url';
import type { KubeletTransport, LocatedKubelet } from './kubelet-transport';
import { kindOf } from './registry';
import { isTrue } from './request-info';
import type { Storage } from './storage';

/**
 * Where a pod's logs, commands and ports are: a URL of the kubelet on the pod's node, with the query that the kubelet
 * understands. Source: pkg/registry/core/pod/strategy.go (LogLocation, ExecLocation, AttachLocation, PortForwardLocation).
 */
export interface PodLocation {
  readonly kind: 'pod-location';
  readonly backend: Backend;
  /** Path and query. */
  readonly path: string;
}

export interface Backends {
  readonly storage: Storage;
  readonly kubelets: KubeletTransport;
  /** Bugs of old releases that this apiserver has; none by default. */
  readonly emulated?: EmulatedCves;
}

export function findPod(
  { storage }: Pick<Backends, 'storage'>,
  namespace: string,
  name: string,
): Pod | Failure {
  const pods = kindOf('pods');
  return (storage.get(pods, namespace, name) as Pod | null) ?? notFound(pods, name);
}

/** A pod that no node has taken yet has no location: null, which the log answers with 204. */
export function logLocation(
  backends: Backends,
  pod: Pod,
  query: URLSearchParams,
): PodLocation | Failure | null {
  const container = chooseContainer(pod, query.get('container') ?? '');
  if (typeof container !== 'string') return container;
  if (!pod.spec.nodeName) return null;
  const located = locateNode(backends, pod.spec.nodeName);
  if (isFailure(located)) return located;
  const backend = isTrue(query.get('insecureSkipTLSVerifyBackend'))
    ? backends.kubelets.insecureBackend(located)
    : backends.kubelets.backend(located);
  return location(
    backend,
    ['containerLogs', pod.metadata.namespace ?? '', pod.metadata.name, container],
    logValues(query),
  );
}

export function execLocation(
  backends: Backends,
  pod: Pod,
  action: 'exec' | 'attach',
  query: URLSearchParams,
): PodLocation | Failure {
  const container = chooseContainer(pod, query.get('container') ?? '');
  if (typeof container !== 'string') return container;
  const values = streamValues(query);
  if (action === 'exec') values.push(...query.getAll('command').map((word) => ['command', word] as const));
  return onNode(backends, pod, [action, pod.metadata.namespace ?? '', pod.metadata.name, container], values);
}

export function portForwardLocation(
  backends: Backends,
  pod: Pod,
  query: URLSearchParams,
): PodLocation | Failure {
  const ports = query.getAll('ports').flatMap((value) => value.split(','));
  const values: Value[] = ports.length === 0 ? [] : [['port', ports.join(',')]];
  return onNode(backends, pod, ['portForward', pod.metadata.namespace ?? '', pod.metadata.name], values);
}

type Value = readonly [key: string, value: string];

function onNode(
  backends: Backends,
  pod: Pod,
  segments: readonly string[],
  values: readonly Value[],
): PodLocation | Failure {
  if (!pod.spec.nodeName) return badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  const located = locateNode(backends, pod.spec.nodeName);
  return isFailure(located) ? located : location(backends.kubelets.backend(located), segments, values);
}

function location(backend: Backend, segments: readonly string[], values: readonly Value[]): PodLocation {
  const query = encodeValues(values);
  const path = `/${segments.map(pathEscape).join('/')}`;
  return { kind: 'pod-location', backend, path: query === '' ? path : `${path}?${query}` };
}

/** GetConnectionInfo, with the two ways it fails. */
export function locateNode(
  { storage, kubelets }: Backends,
  name: string,
): (LocatedKubelet & { readonly kind: 'node-address' }) | Failure {
  const nodes = kindOf('nodes');
  const node = storage.get(nodes, '', name) as KubeNode | null;
  if (node === null) return notFound(nodes, name);
  const located = kubelets.locate(node);
  return located.kind === 'no-address' ? plainError(located.text) : located;
}

/** The container's name, or the 400 that says which there are (validateContainer). */
export function chooseContainer(pod: Pod, wanted: string): string | Failure {
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec;
  if (wanted !== '') {
    const known = [...containers, ...initContainers, ...ephemeralContainers].some(
      ({ name }) => name === wanted,
    );
    return known ? wanted : badRequest(`container ${wanted} is not valid for pod ${pod.metadata.name}`);
  }
  const [only, ...others] = containers;
  const missing = `a container name must be specified for pod ${pod.metadata.name}`;
  if (only === undefined) return badRequest(missing);
  if (others.length === 0) return only.name;
  const init =
    initContainers.length === 0 ? '' : ` or one of the init containers: ${goNames(initContainers)}`;
  return badRequest(`${missing}, choose one of: ${goNames(containers)}${init}`);
}

function goNames(containers: readonly Container[]): string {
  return `[${containers.map(({ name }) => name).join(' ')}]`;
}

/** stdin, stdout and stderr are called input, output and error on this leg. */
function streamValues(query: URLSearchParams): Value[] {
  const names = [
    ['stdin', 'input'],
    ['stdout', 'output'],
    ['stderr', 'error'],
    ['tty', 'tty'],
  ] as const;
  return names.filter(([asked]) => isTrue(query.get(asked))).map(([, told]) => [told, '1']);
}

/** `container` and `insecureSkipTLSVerifyBackend` are for the apiserver and stay with it. */
function logValues(query: URLSearchParams): Value[] {
  const values: Value[] = [];
  for (const name of ['follow', 'previous', 'timestamps'])
    if (isTrue(query.get(name))) values.push([name, 'true']);
  for (const name of ['limitBytes', 'sinceSeconds', 'sinceTime', 'tailLines']) {
    const value = query.get(name);
    if (value !== null && value !== '') values.push([name, value]);
  }
  return values;
}

/** ValidatePodLogOptions, after the numbers have been read as Go reads them. Null when the options can be used. */
export function refuseLogOptions(pod: string, query: URLSearchParams): Failure | null {
  const numbers = { tailLines: 0, limitBytes: 1, sinceSeconds: 1 };
  const errors: { field: string; type: 'FieldValueInvalid' | 'FieldValueForbidden'; text: string }[] = [];
  for (const [field, smallest] of Object.entries(numbers)) {
    const value = query.get(field);
    if (value === null || value === '') continue;
    if (!/^[+-]?\d+$/.test(value))
      return badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
    if (Number(value) < smallest) {
      const least = smallest === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0';
      errors.push({ field, type: 'FieldValueInvalid', text: `Invalid value: ${Number(value)}: ${least}` });
    }
  }
  if (query.get('sinceSeconds') && query.get('sinceTime')) {
    const text = 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified';
    errors.push({ field: '', type: 'FieldValueForbidden', text });
  }
  return errors.length === 0 ? null : invalid({ group: '', kind: 'PodLogOptions' }, pod, errors);
}
