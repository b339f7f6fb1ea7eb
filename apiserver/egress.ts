import type { Logger } from 'pino';
import type { KubeNode } from '../api/objects';
import type { Host } from '../network/network';
import type { HealthCheck } from './health';

/**
 * Through what the apiserver dials nodes, pods and services. The one place that says so: every transport towards the
 * cluster is given the Host that comes from here, and no other.
 * Source: pkg/controlplane/apiserver/config.go (the dialer of the `cluster` egress, for kubelets and the proxy
 * transport), pkg/registry/core/rest/storage_core.go.
 */
export interface Egress {
  /**
   * As Host.dial. A refusal's text is what stands behind `error dialing backend: ` in the answer, so it names the tunnel
   * when it was the tunnel that failed.
   */
  readonly dial: Host['dial'];
  /** What the health of the apiserver also depends on; told at all three paths. */
  readonly healthChecks?: readonly Pick<HealthCheck, 'name' | 'check'>[];
  readonly metrics?: readonly EgressMetric[];
  /** Ends what is open to this address and dials anew; null: opens what is missing. Only of what keeps connections open. */
  readonly redial?: (address: string | null) => Promise<void>;
  /** Ends what it has open. Idempotent. */
  close(): Promise<void>;
}

/** One number, which is asked for when somebody reads it. */
export interface EgressMetric {
  readonly type: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  readonly read: () => number;
}

/** What a tunnel may have to know of the apiserver that it belongs to. */
export interface EgressSite {
  readonly host: Host;
  /** As they are stored at this moment. */
  readonly nodes: () => readonly KubeNode[];
  readonly log: Logger;
}

/** Where an administrator asks for `redial`. In no release of Kubernetes: there one waits for the next health check. */
export const redialPath = '/debug/midplane/redial';

/** Called once, before the apiserver serves. Throws MidplaneError when a tunnel can never be made. */
export type OpenEgress = (site: EgressSite) => Promise<Egress>;

/** The apiserver's own machine in everything but how it dials. Without an egress: the machine itself. */
export function hostThrough(host: Host, egress: Egress | null): Host {
  if (egress === null) return host;
  return {
    name: host.name,
    get addresses() {
      return host.addresses;
    },
    timeline: host.timeline,
    resolve: (name) => host.resolve(name),
    dial: (to, options) => egress.dial(to, options),
    listen: (at, accept) => host.listen(at, accept),
  };
}
