import { type ApiRequest, kindOf, readApiRequest } from './apiserver-request';
import { type Fields, fieldsIn, formatFields, parseFields } from './fields';
import type { ExchangeEvent, RequestReceived, Scene, SceneAction } from './play';

/**
 * A fake apiserver, one request at a time: every collection holds one object of the attacker's, everything that is
 * written is taken, whoever asks may do everything, and every token is a good one. Watches stay open and say nothing.
 */
export class ApiScene implements Scene {
  readonly #request: RequestReceived;
  readonly #forged: string;

  constructor(options: { request: RequestReceived; forged: string }) {
    this.#request = options.request;
    this.#forged = options.forged;
  }

  begin(): SceneAction[] {
    return [];
  }

  see(event: ExchangeEvent): SceneAction[] {
    if (event.kind !== 'request-finished') return [];
    const answer = answerAs(this.#request, event.body, this.#forged);
    if (answer === null) return [];
    const object = formatFields(answer.object);
    return [
      {
        kind: 'answer',
        exchange: event.exchange,
        status: object === null ? 400 : answer.status,
        headers: [['Content-Type', 'application/json']],
        body: this.#request.method === 'HEAD' ? '' : `${object ?? TOO_DEEP}\n`,
        streamed: false,
      },
    ];
  }
}

interface ApiAnswer {
  readonly status: number;
  readonly object: Fields;
}

/** As an apiserver refuses it. Source: sigs.k8s.io/json internal/golang/encoding/json/scanner.go. */
const TOO_DEEP = JSON.stringify({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  message: 'exceeded max depth',
  reason: 'BadRequest',
  code: 400,
});

/** Null: no answer ever comes, as on a watch of something that never changes. */
function answerAs({ method, path }: RequestReceived, body: Buffer, forged: string): ApiAnswer | null {
  const wanted = readApiRequest(path);
  if (wanted === null || wanted.resource === '') return discovery(path, forged);
  if (wanted.watch) return null;
  switch (method) {
    case 'POST':
      return { status: 201, object: taken(wanted, body, forged) };
    case 'PUT':
    case 'PATCH':
      return { status: 200, object: taken(wanted, body, forged) };
    case 'DELETE':
      return { status: 200, object: { kind: 'Status', apiVersion: 'v1', status: 'Success' } };
    default:
      return wanted.name === null ? list(wanted, forged) : one(wanted, wanted.name, forged);
  }
}

function list(wanted: ApiRequest, forged: string): ApiAnswer {
  const { apiVersion, resource } = wanted;
  const kind = kindOf(resource);
  if (kind === null) return notFound(wanted);
  const metadata = { resourceVersion: '1' };
  const items = [forgedObject(wanted, forged)];
  return { status: 200, object: { kind: `${kind}List`, apiVersion, metadata, items } };
}

/** Leases are not there, so that whoever wants to lead takes one and begins. */
function one(wanted: ApiRequest, name: string, forged: string): ApiAnswer {
  const { apiVersion, resource } = wanted;
  const kind = kindOf(resource);
  if (kind === null || resource === 'leases') return notFound(wanted);
  const object = forgedObject(wanted, forged);
  const metadata = { ...fieldsIn(object, 'metadata'), name };
  return { status: 200, object: { kind, apiVersion, ...object, metadata } };
}

function notFound({ resource, name }: ApiRequest): ApiAnswer {
  const message = `${resource} ${JSON.stringify(name ?? '')} not found`;
  return {
    status: 404,
    object: { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason: 'NotFound', code: 404 },
  };
}

/** What was sent, as if it had been stored, with the attacker's mark and the attacker's verdict on reviews. */
function taken(wanted: ApiRequest, body: Buffer, forged: string): Fields {
  const sent = parseFields(body.toString('utf8')) ?? {};
  const { resource, name, apiVersion, namespace } = wanted;
  const metadata = fieldsIn(sent, 'metadata');
  return {
    apiVersion,
    kind: kindOf(resource) ?? 'Status',
    ...sent,
    metadata: {
      ...(name === null ? {} : { name }),
      ...(namespace === null ? {} : { namespace }),
      ...metadata,
      ...identity(forged),
      annotations: { ...fieldsIn(metadata, 'annotations'), ...mark(forged) },
    },
    ...verdictOn(wanted),
  };
}

function verdictOn({ resource, subresource }: ApiRequest): Fields {
  if (resource === 'tokenreviews') {
    const user = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
    return { status: { authenticated: true, user } };
  }
  if (resource.endsWith('accessreviews')) return { status: { allowed: true } };
  if (resource === 'serviceaccounts' && subresource === 'token') {
    return { status: { token: 'from-the-attacker', expirationTimestamp: '2038-01-19T03:14:07Z' } };
  }
  return {};
}

/** An item of a list: neither kind nor version, as Kubernetes has it. */
function forgedObject({ resource, namespace, fieldSelector }: ApiRequest, forged: string): Fields {
  const metadata = {
    // Whoever asks for one by its name gets that one.
    name: /(?:^|,)metadata\.name=([^,]+)/.exec(fieldSelector)?.[1] ?? forged,
    ...(CLUSTER_WIDE.has(resource) ? {} : { namespace: namespace ?? 'default' }),
    ...identity(forged),
    annotations: mark(forged),
  };
  switch (resource) {
    case 'pods': {
      const nodeName = /(?:^|,)spec\.nodeName=([^,]+)/.exec(fieldSelector)?.[1];
      const command = ['sh', '-c', `echo ${forged}; sleep 100000`];
      const containers = [{ name: 'forged', image: 'busybox', command }];
      const spec = { containers, ...(nodeName === undefined ? {} : { nodeName }) };
      return { metadata, spec, status: { phase: 'Pending' } };
    }
    case 'services': {
      const ports = [{ port: 80, protocol: 'TCP', targetPort: 80 }];
      return { metadata, spec: { type: 'ClusterIP', clusterIP: FORGED_IP, clusterIPs: [FORGED_IP], ports } };
    }
    case 'endpointslices':
      return {
        metadata: { ...metadata, labels: { 'kubernetes.io/service-name': forged } },
        addressType: 'IPv4',
        endpoints: [{ addresses: [FORGED_ENDPOINT], conditions: { ready: true } }],
        // The name of a service's only port; a slice without one is not for a kube-proxy.
        ports: [{ name: '', port: 80, protocol: 'TCP' }],
      };
    case 'configmaps':
      return { metadata, data: { forged } };
    case 'secrets':
      return { metadata, data: { forged: Buffer.from(forged).toString('base64') } };
    case 'namespaces':
      return { metadata, status: { phase: 'Active' } };
    case 'certificatesigningrequests': {
      const denied = { type: 'Denied', status: 'True', reason: 'Forged', message: forged };
      return { metadata, spec: {}, status: { conditions: [denied] } };
    }
    default:
      return { metadata };
  }
}

/** From the middle of kubeadm's ranges for services and pods. */
const FORGED_IP = '10.96.66.66';
const FORGED_ENDPOINT = '10.244.66.66';

const CLUSTER_WIDE: ReadonlySet<string> = new Set([
  'namespaces',
  'nodes',
  'certificatesigningrequests',
  'clusterroles',
  'clusterrolebindings',
  'csinodes',
  'persistentvolumes',
  'runtimeclasses',
]);

function identity(forged: string): Fields {
  return { uid: `uid-of-${forged}`, resourceVersion: '1', creationTimestamp: '2000-01-01T00:00:00Z' };
}

function mark(forged: string): Fields {
  return { injected: forged };
}

/** What a client asks first that does not know the cluster yet. */
function discovery(path: string, forged: string): ApiAnswer {
  const [, root = '', group = '', version = ''] = (path.split('?')[0] ?? '').split('/');
  if (root === 'api' && group === '') {
    return { status: 200, object: { kind: 'APIVersions', versions: ['v1'], injected: forged } };
  }
  if (root === 'apis' && group === '') {
    return { status: 200, object: { kind: 'APIGroupList', apiVersion: 'v1', groups: [], injected: forged } };
  }
  if (root === 'api' || root === 'apis') {
    const groupVersion = root === 'api' ? group : `${group}/${version}`;
    const resources = Object.entries(CORE_RESOURCES).map(([name, shortNames]) => ({
      name,
      singularName: '',
      shortNames,
      namespaced: !CLUSTER_WIDE.has(name),
      kind: kindOf(name),
      verbs: ['get', 'list', 'create', 'delete', 'patch', 'update', 'watch'],
    }));
    const object = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources, injected: forged };
    return { status: 200, object };
  }
  return { status: 200, object: { major: '1', minor: '33', gitVersion: 'v1.33.1', injected: forged } };
}

/** With the short names that people type. */
const CORE_RESOURCES: Readonly<Record<string, readonly string[]>> = {
  configmaps: ['cm'],
  endpoints: ['ep'],
  namespaces: ['ns'],
  nodes: ['no'],
  pods: ['po'],
  secrets: [],
  services: ['svc'],
};
