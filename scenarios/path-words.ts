/** The paths, in the order of the matrix; vocabulary.ts has the other words. */

/** The release that first runs a word; null: reserved. */
export type Since = '0.1.0' | null;

interface PathWord {
  readonly id: string;
  /** One line: what the path is used for. */
  readonly title: string;
  readonly from: string;
  readonly to: string;
  /**
   * Which of kube-apiserver's two transports carries it. `kubelet` verifies when --kubelet-certificate-authority is
   * set, `kubelet-unverified` is its twin for one insecure log request, `proxy` never verifies, `client` is the other
   * direction: somebody dials the apiserver or a kubelet with a configuration of its own.
   */
  readonly transport: 'kubelet' | 'kubelet-unverified' | 'proxy' | 'client';
  readonly since: Since;
}

export const paths = [
  {
    id: 'logs',
    title: 'read container logs',
    from: 'apiserver',
    to: 'kubelet :10250',
    transport: 'kubelet',
    since: '0.1.0',
  },
  {
    id: 'logs-skip-verify',
    title: 'read container logs with insecureSkipTLSVerifyBackend=true',
    from: 'apiserver',
    to: 'kubelet :10250',
    transport: 'kubelet-unverified',
    since: '0.1.0',
  },
  {
    id: 'exec',
    title: 'run a command in a container',
    from: 'apiserver',
    to: 'kubelet :10250',
    transport: 'kubelet',
    since: '0.1.0',
  },
  {
    id: 'attach',
    title: 'attach to the running process of a container',
    from: 'apiserver',
    to: 'kubelet :10250',
    transport: 'kubelet',
    since: '0.1.0',
  },
  {
    id: 'port-forward',
    title: 'forward connections to a port of a pod',
    from: 'apiserver',
    to: 'kubelet :10250',
    transport: 'kubelet',
    since: '0.1.0',
  },
  {
    id: 'node-proxy',
    title: 'proxy to the kubelet port of a node, nodes/N/proxy',
    from: 'apiserver',
    to: 'kubelet :10250',
    transport: 'kubelet',
    since: '0.1.0',
  },
  {
    id: 'node-proxy-http',
    title: 'proxy to another port of a node, nodes/N:PORT/proxy',
    from: 'apiserver',
    to: 'node, another port',
    transport: 'proxy',
    since: '0.1.0',
  },
  {
    id: 'node-proxy-https',
    title: 'proxy over TLS to another port of a node, nodes/https:N:PORT/proxy',
    from: 'apiserver',
    to: 'node, another port',
    transport: 'proxy',
    since: '0.1.0',
  },
  {
    id: 'pod-proxy-http',
    title: 'proxy to a pod, pods/P:PORT/proxy',
    from: 'apiserver',
    to: 'pod',
    transport: 'proxy',
    since: '0.1.0',
  },
  {
    id: 'pod-proxy-https',
    title: 'proxy over TLS to a pod, pods/https:P:PORT/proxy',
    from: 'apiserver',
    to: 'pod',
    transport: 'proxy',
    since: '0.1.0',
  },
  {
    id: 'service-proxy-http',
    title: 'proxy to a pod behind a service, services/S:PORT/proxy',
    from: 'apiserver',
    to: 'pod',
    transport: 'proxy',
    since: '0.1.0',
  },
  {
    id: 'service-proxy-https',
    title: 'proxy over TLS to a pod behind a service, services/https:S:PORT/proxy',
    from: 'apiserver',
    to: 'pod',
    transport: 'proxy',
    since: '0.1.0',
  },
  {
    id: 'kubelet-api',
    title: 'watch pods, report status, fetch secrets',
    from: 'kubelet',
    to: 'apiserver :6443',
    transport: 'client',
    since: '0.1.0',
  },
  {
    id: 'kubelet-bootstrap',
    title: 'join the cluster with a bootstrap token',
    from: 'kubelet',
    to: 'apiserver :6443',
    transport: 'client',
    since: '0.1.0',
  },
  {
    id: 'kube-proxy-api',
    title: 'watch services and endpoint slices',
    from: 'kube-proxy',
    to: 'apiserver :6443',
    transport: 'client',
    since: '0.1.0',
  },
  {
    id: 'pod-api',
    title: 'call the API with the service account of a pod',
    from: 'pod',
    to: 'apiserver :6443',
    transport: 'client',
    since: '0.1.0',
  },
  {
    id: 'controller-manager-api',
    title: 'run the control loops',
    from: 'controller-manager',
    to: 'apiserver :6443',
    transport: 'client',
    since: '0.1.0',
  },
  {
    id: 'scheduler-api',
    title: 'watch pods and bind them to nodes',
    from: 'scheduler',
    to: 'apiserver :6443',
    transport: 'client',
    since: '0.1.0',
  },
  {
    id: 'kubectl-api',
    title: 'call the API as a user',
    from: 'kubectl',
    to: 'apiserver :6443',
    transport: 'client',
    since: '0.1.0',
  },
  {
    id: 'metrics-scrape',
    title: 'scrape metrics with a bearer token',
    from: 'scraper',
    to: 'kubelet :10250',
    transport: 'client',
    since: '0.1.0',
  },
] as const satisfies readonly PathWord[];
