import type { HealthCheck } from './health';

/** What the health checks look at. */
export interface ServerState {
  bootstrapped: boolean;
  closing: boolean;
  /** Why nothing can be written any more. */
  broken: string | null;
}

/**
 * Upstream's checks by their names, in its order, those that have something to look at here.
 * Source: k8s.io/apiserver pkg/server/{config,healthz}.go, pkg/controlplane/instance.go.
 */
export function healthChecks(
  state: ServerState,
  ofEgress: readonly Pick<HealthCheck, 'name' | 'check'>[] = [],
): HealthCheck[] {
  const everywhere = ['healthz', 'livez', 'readyz'] as const;
  const storage = (): string | null => state.broken;
  return [
    { name: 'ping', of: everywhere, check: () => null },
    { name: 'log', of: everywhere, check: () => null },
    { name: 'etcd', of: everywhere, check: storage },
    { name: 'etcd-readiness', of: ['readyz'], check: storage },
    {
      name: 'poststarthook/rbac/bootstrap-roles',
      of: everywhere,
      check: () => (state.bootstrapped ? null : 'not finished'),
    },
    ...ofEgress.map(({ name, check }) => ({ name, check, of: everywhere })),
    {
      name: 'shutdown',
      of: ['readyz'],
      check: () => (state.closing ? 'process is shutting down' : null),
    },
  ];
}
