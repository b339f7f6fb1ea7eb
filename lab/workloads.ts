import type { Container, Endpoints, KubeObject, Pod, Service } from '../api/objects';
import { ports } from './addresses';
import { kubeadmObjects } from './kubeadm-objects';

/**
 * What runs in the lab: a web server with an http and an https port behind a service, a shell that can be attached to,
 * an agent on the node's own network, and a neighbour on the other node.
 */
export function clusterObjects(webPod: string): {
  pods: readonly Pod[];
  others: readonly { path: string; object: KubeObject }[];
} {
  const others = [
    { path: '/api/v1/namespaces/default/services', object: webService },
    { path: '/api/v1/namespaces/default/endpoints', object: webEndpoints(webPod) },
    ...kubeadmObjects(),
  ];
  return { pods: [web, box, nodeAgent, neighbour], others };
}

/** More of it, for a lab that somebody looks around in: something that talks, something that crashes, something that scales. */
export const standingObjects: readonly { readonly path: string; readonly object: KubeObject }[] = [
  {
    path: '/apis/apps/v1/namespaces/default/deployments',
    object: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'shop', namespace: 'default', labels: { app: 'shop' } },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'shop' } },
        template: {
          metadata: { labels: { app: 'shop' } },
          spec: {
            containers: [
              { name: 'shop', image: 'midplane/web', ports: [{ name: 'http', containerPort: ports.web }] },
            ],
          },
        },
      },
    },
  },
  {
    path: '/api/v1/namespaces/default/services',
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'shop', namespace: 'default', labels: { app: 'shop' } },
      spec: { selector: { app: 'shop' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
    },
  },
  ...(['logger', 'crash'] as const).map((name) => ({
    path: '/api/v1/namespaces/default/pods',
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', labels: { app: name } },
      spec: { containers: [{ name, image: `midplane/${name}` }] },
    },
  })),
];

function pod(
  name: string,
  namespace: string,
  nodeName: string,
  container: Container,
  more: object = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: name } },
    spec: { nodeName, containers: [container], ...more },
  };
}

const webContainer: Container = {
  name: 'web',
  image: 'midplane/web',
  ports: [
    { name: 'http', containerPort: ports.web },
    { name: 'https', containerPort: ports.webTls },
  ],
};

const web = pod('web', 'default', 'node-1', webContainer);
const box = pod('box', 'default', 'node-1', { name: 'box', image: 'midplane/shell', stdin: true });
const neighbour = pod('web-2', 'default', 'node-2', webContainer);
const nodeAgent = pod(
  'node-agent',
  'kube-system',
  'node-1',
  {
    name: 'agent',
    image: 'midplane/web',
    ports: [
      { name: 'http', containerPort: ports.nodeAgent },
      { name: 'https', containerPort: ports.nodeAgentTls },
    ],
  },
  { hostNetwork: true },
);

/** Without a selector, so that its endpoints are what the administrator says. */
const webService: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    ports: [
      { name: 'http', port: 80, targetPort: ports.web },
      { name: 'https', port: 443, targetPort: ports.webTls },
    ],
  },
};

const webEndpoints = (webPod: string): Endpoints => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { name: 'web', namespace: 'default' },
  subsets: [
    {
      addresses: [
        {
          ip: webPod,
          nodeName: 'node-1',
          targetRef: { kind: 'Pod', name: 'web', namespace: 'default' },
        },
      ],
      ports: [
        { name: 'http', port: ports.web, protocol: 'TCP' },
        { name: 'https', port: ports.webTls, protocol: 'TCP' },
      ],
    },
  ],
});
