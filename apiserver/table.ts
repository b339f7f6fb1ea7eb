import type { Endpoints, KubeNode, KubeObject, Pod, RoleBindingObject, Service } from '../api/objects';
import { apiVersionOf, type ResourceKind } from './registry';

/**
 * The server-side rendering that `kubectl get` asks for. Source of columns and cells:
 * pkg/printers/internalversion/printers.go; of the ages: k8s.io/apimachinery pkg/util/duration.
 */
interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer';
  readonly format: '' | 'name';
  /** 1: only with `-o wide`. */
  readonly priority: 0 | 1;
}

interface Renderer {
  readonly columns: readonly Column[];
  cells(object: KubeObject, now: Date): readonly (string | number)[];
}

export type IncludeObject = 'Metadata' | 'Object' | 'None';

/** One row an object. `includeObject` decides what travels with each row. */
export function renderTable(
  kind: ResourceKind,
  objects: readonly KubeObject[],
  options: { readonly resourceVersion: string; readonly includeObject: IncludeObject; readonly now: Date },
): object {
  const renderer = renderers[kind.resource] ?? plain;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: options.resourceVersion },
    columnDefinitions: renderer.columns.map((column) => ({ ...column, description: '' })),
    rows: objects.map((object) => ({
      cells: renderer.cells(object, options.now),
      ...rowObject(kind, object, options.includeObject),
    })),
  };
}

function rowObject(kind: ResourceKind, object: KubeObject, include: IncludeObject): object {
  switch (include) {
    case 'None':
      return {};
    case 'Object':
      return { object: { ...object, kind: kind.kind, apiVersion: apiVersionOf(kind) } };
    case 'Metadata':
      return {
        object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
      };
  }
  return include satisfies never;
}

function columns(narrow: string, wide = ''): Column[] {
  const of = (names: string, priority: 0 | 1): Column[] =>
    names
      .split(',')
      .filter((name) => name !== '')
      .map((name) => ({ name, type: 'string', format: name === 'Name' ? 'name' : '', priority }));
  return [...of(narrow, 0), ...of(wide, 1)];
}

const plain: Renderer = {
  columns: columns('Name,Created At'),
  cells: ({ metadata }) => [metadata.name, metadata.creationTimestamp ?? '<unknown>'],
};

const bindings: Renderer = {
  columns: columns('Name,Role,Age', 'Users,Groups,ServiceAccounts'),
  cells: (object, now) => {
    const { roleRef, subjects, metadata } = object as RoleBindingObject;
    const named = (kind: string) =>
      (subjects ?? [])
        .filter((subject) => subject.kind === kind)
        .map((subject) => (subject.namespace ? `${subject.namespace}/${subject.name}` : subject.name))
        .join(', ');
    return [
      metadata.name,
      `${roleRef.kind}/${roleRef.name}`,
      age(metadata.creationTimestamp, now),
      named('User'),
      named('Group'),
      named('ServiceAccount'),
    ];
  },
};

const renderers: Readonly<Record<string, Renderer>> = {
  pods: {
    columns: columns('Name,Ready,Status,Restarts,Age', 'IP,Node,Nominated Node,Readiness Gates'),
    cells: (object, now) => podCells(object as Pod, now),
  },
  nodes: {
    columns: columns(
      'Name,Status,Roles,Age,Version',
      'Internal-IP,External-IP,OS-Image,Kernel-Version,Container-Runtime',
    ),
    cells: (object, now) => nodeCells(object as KubeNode, now),
  },
  services: {
    columns: columns('Name,Type,Cluster-IP,External-IP,Port(s),Age', 'Selector'),
    cells: (object, now) => serviceCells(object as Service, now),
  },
  endpoints: {
    columns: columns('Name,Endpoints,Age'),
    cells: (object, now) => [
      object.metadata.name,
      endpointsText(object as Endpoints),
      age(object.metadata.creationTimestamp, now),
    ],
  },
  namespaces: {
    columns: columns('Name,Status,Age'),
    cells: (object, now) => [
      object.metadata.name,
      String((object['status'] as { phase?: string } | undefined)?.phase ?? ''),
      age(object.metadata.creationTimestamp, now),
    ],
  },
  secrets: {
    columns: columns('Name,Type,Data,Age'),
    cells: (object, now) => [
      object.metadata.name,
      String(object['type'] ?? ''),
      Object.keys(object['data'] ?? {}).length,
      age(object.metadata.creationTimestamp, now),
    ],
  },
  configmaps: {
    columns: columns('Name,Data,Age'),
    cells: (object, now) => [
      object.metadata.name,
      Object.keys(object['data'] ?? {}).length + Object.keys(object['binaryData'] ?? {}).length,
      age(object.metadata.creationTimestamp, now),
    ],
  },
  serviceaccounts: {
    columns: columns('Name,Secrets,Age'),
    cells: (object, now) => {
      const secrets = object['secrets'];
      return [
        object.metadata.name,
        Array.isArray(secrets) ? secrets.length : 0,
        age(object.metadata.creationTimestamp, now),
      ];
    },
  },
  events: {
    columns: [
      ...columns('Last Seen,Type,Reason,Object'),
      ...columns('', 'Subobject,Source'),
      ...columns('Message'),
      ...columns('', 'First Seen,Count,Name'),
    ],
    cells: eventCells,
  },
  leases: {
    columns: columns('Name,Holder,Age'),
    cells: (object, now) => [
      object.metadata.name,
      (object['spec'] as { holderIdentity?: string } | undefined)?.holderIdentity ?? '',
      age(object.metadata.creationTimestamp, now),
    ],
  },
  rolebindings: bindings,
  clusterrolebindings: bindings,
};

function podCells(pod: Pod, now: Date): (string | number)[] {
  const statuses = pod.status?.containerStatuses ?? [];
  const ready = statuses.filter((status) => status.ready).length;
  const restarts = statuses.reduce((sum, status) => sum + status.restartCount, 0);
  return [
    pod.metadata.name,
    `${ready}/${pod.spec.containers.length}`,
    podStatus(pod),
    restarts,
    age(pod.metadata.creationTimestamp, now),
    pod.status?.podIP || '<none>',
    pod.spec.nodeName || '<none>',
    '<none>',
    '<none>',
  ];
}

/** The phase, unless something more telling is known: a reason, a container's state, a deletion under way. */
function podStatus(pod: Pod): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  let text = pod.status?.reason || pod.status?.phase || '';
  for (const { state } of pod.status?.containerStatuses ?? []) {
    if (state?.waiting?.reason) text = state.waiting.reason;
    else if (state?.terminated?.reason) text = state.terminated.reason;
    else if (state?.terminated !== undefined) text = `ExitCode:${state.terminated.exitCode}`;
  }
  return text;
}

function nodeCells(node: KubeNode, now: Date): string[] {
  const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready');
  const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  const roles = Object.entries(node.metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith('node-role.kubernetes.io/')) return [key.slice('node-role.kubernetes.io/'.length)];
    return key === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  const address = (type: string) =>
    node.status?.addresses?.find((candidate) => candidate.type === type)?.address ?? '<none>';
  const info = node.status?.nodeInfo ?? {};
  return [
    node.metadata.name,
    node.spec.unschedulable === true ? `${word},SchedulingDisabled` : word,
    roles.length === 0 ? '<none>' : roles.sort().join(','),
    age(node.metadata.creationTimestamp, now),
    info['kubeletVersion'] ?? '',
    address('InternalIP'),
    address('ExternalIP'),
    info['osImage'] || '<unknown>',
    info['kernelVersion'] || '<unknown>',
    info['containerRuntimeVersion'] || '<unknown>',
  ];
}

function serviceCells(service: Service, now: Date): string[] {
  const { type = 'ClusterIP', clusterIP = '', selector = {}, ports = [] } = service.spec;
  const portTexts = ports.map(({ port, nodePort, protocol = 'TCP' }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  const pairs = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  return [
    service.metadata.name,
    type,
    clusterIP || '<none>',
    type === 'LoadBalancer' ? '<pending>' : '<none>',
    portTexts.join(',') || '<none>',
    age(service.metadata.creationTimestamp, now),
    pairs.sort().join(',') || '<none>',
  ];
}

function endpointsText({ subsets = [] }: Endpoints): string {
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    addresses.flatMap(({ ip }) => (ports.length === 0 ? [ip] : ports.map(({ port }) => `${ip}:${port}`))),
  );
  if (all.length === 0) return '<none>';
  return all.length > 3 ? `${all.slice(0, 3).join(',')} + ${all.length - 3} more...` : all.join(',');
}

function eventCells(event: KubeObject, now: Date): (string | number)[] {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const involved = (event['involvedObject'] ?? {}) as Record<string, unknown>;
  const source = (event['source'] ?? {}) as Record<string, unknown>;
  const first = text(event['firstTimestamp']) || text(event['eventTime']);
  const last = text(event['lastTimestamp']) || first;
  return [
    age(last, now),
    text(event['type']),
    text(event['reason']),
    `${text(involved['kind']).toLowerCase()}/${text(involved['name'])}`,
    text(involved['fieldPath']),
    [text(source['component']), text(source['host'])].filter((part) => part !== '').join(', '),
    text(event['message']).trim(),
    age(first, now),
    typeof event['count'] === 'number' && event['count'] > 0 ? event['count'] : 1,
    event.metadata.name,
  ];
}

function age(since: string | undefined, now: Date): string {
  const from = since === undefined || since === '' ? Number.NaN : Date.parse(since);
  return Number.isNaN(from) ? '<unknown>' : humanDuration(now.getTime() - from);
}

/** duration.HumanDuration: two units while they matter, one when they do not. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return pair(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return days < 365 * 8 ? pair(years, 'y', days % 365, 'd') : `${years}y`;
}

function pair(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor === 0 ? `${major}${majorUnit}` : `${major}${majorUnit}${minor}${minorUnit}`;
}
