import { type ComponentFlag, usage } from '../pflag';
import { parseGoDuration } from '../wire/go-duration';
import type { ControllerSettings } from './controller-settings';

/** The flags of the node lifecycle controller. Source: cmd/kube-controller-manager/app/options/nodelifecyclecontroller.go. */
const source = 'cmd/kube-controller-manager/app/options/nodelifecyclecontroller.go';

export const nodeFlags: readonly ComponentFlag[] = [
  {
    name: 'node-monitor-period',
    type: 'duration',
    default: '5s',
    help: 'how often nodes are looked at',
    source: 'cmd/kube-controller-manager/app/options/kubecloudshared.go',
  },
  {
    name: 'node-monitor-grace-period',
    type: 'duration',
    default: '50s',
    help: 'how long a running node may be unresponsive before nobody knows how it is; several times what kubelets take between two signs of life (10s)',
    source,
  },
  {
    name: 'node-startup-grace-period',
    type: 'duration',
    default: '1m0s',
    help: 'the same for a node that has never posted a status',
    source,
  },
  {
    name: 'node-eviction-rate',
    type: 'float',
    default: '0.1',
    help: 'nodes a second whose pods are driven out, while a zone is healthy',
    source,
  },
  {
    name: 'secondary-node-eviction-rate',
    type: 'float',
    default: '0.01',
    help: 'the same while a zone is unhealthy; 0 in zones that are not larger than --large-cluster-size-threshold',
    source,
  },
  {
    name: 'large-cluster-size-threshold',
    type: 'int',
    default: '50',
    help: 'number of nodes from which a zone is large',
    source,
  },
  {
    name: 'unhealthy-zone-threshold',
    type: 'float',
    default: '0.55',
    help: 'share of nodes (and no fewer than 3) that are not ready where a zone is unhealthy',
    source,
  },
];

export type NodeFlags = Pick<ControllerSettings, 'nodeMonitorPeriodMs' | 'nodeGrace' | 'nodeEvictionRates'>;

/** Throws MidplaneError USAGE. */
export function readNodeFlags(values: ReadonlyMap<string, string>): NodeFlags {
  const durationMs = (name: string): number => parseGoDuration(values.get(name) ?? '') ?? 0;
  const number = (name: string): number => Number(values.get(name));
  const nodeMonitorPeriodMs = durationMs('node-monitor-period');
  // Upstream would look without a pause.
  if (nodeMonitorPeriodMs <= 0) throw usage('--node-monitor-period must be greater than 0');
  return {
    nodeMonitorPeriodMs,
    nodeGrace: {
      runningMs: durationMs('node-monitor-grace-period'),
      startingMs: durationMs('node-startup-grace-period'),
    },
    nodeEvictionRates: {
      normal: number('node-eviction-rate'),
      secondary: number('secondary-node-eviction-rate'),
      largeFrom: number('large-cluster-size-threshold'),
      unhealthyFrom: number('unhealthy-zone-threshold'),
    },
  };
}
