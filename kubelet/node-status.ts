import type { NodeAddress } from '../api/objects';
import { seconds } from '../client/api-time';
import { emulatedKubernetes } from '../version';

/** The Node object that a kubelet registers and keeps up to date. Pure. Source: pkg/kubelet/nodestatus/setters.go. */

export const KUBELET_USER_AGENT = `kubelet/${emulatedKubernetes} (linux/amd64) kubernetes/midplane`;

/** A lab machine by the book: nothing is read from the machine that midplane runs on. */
export const CAPACITY = { cpu: '2', 'ephemeral-storage': '20Gi', memory: '4Gi', pods: '110' };

export interface NodeFacts {
  readonly nodeName: string;
  /** The node's own address, first of its addresses. */
  readonly address: string;
  readonly hostname: string;
  /** --node-labels; they win over the kubelet's own. */
  readonly labels: Readonly<Record<string, string>>;
  readonly kubeletPort: number;
  readonly now: Date;
  /** Since when it is Ready. */
  readonly readySince: Date;
  readonly images: readonly { readonly names: string[]; readonly sizeBytes: number }[];
}

/** For POST /api/v1/nodes. */
export function nodeObject({ nodeName, labels }: NodeFacts): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': nodeName,
        'kubernetes.io/os': 'linux',
        ...labels,
      },
    },
    spec: {},
  };
}

/** For PATCH /api/v1/nodes/NAME/status. */
export function nodeStatus(facts: NodeFacts): { status: Record<string, unknown> } {
  const { address, hostname, kubeletPort, now, readySince, images } = facts;
  const addresses: NodeAddress[] = [
    { type: 'InternalIP', address },
    { type: 'Hostname', address: hostname },
  ];
  const time = { lastHeartbeatTime: seconds(now), lastTransitionTime: seconds(readySince) };
  const healthy = (type: string, reason: string, message: string): object => ({
    type,
    status: type === 'Ready' ? 'True' : 'False',
    ...time,
    reason,
    message,
  });
  return {
    status: {
      addresses,
      capacity: CAPACITY,
      allocatable: CAPACITY,
      conditions: [
        healthy('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
        healthy('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        healthy('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
        healthy('Ready', 'KubeletReady', 'kubelet is posting ready status'),
      ],
      images,
      daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
      nodeInfo: {
        architecture: 'amd64',
        bootID: '',
        containerRuntimeVersion: 'midplane://0.1.0',
        kernelVersion: 'simulated',
        kubeProxyVersion: '',
        kubeletVersion: emulatedKubernetes,
        machineID: '',
        operatingSystem: 'linux',
        osImage: 'midplane lab node',
        systemUUID: '',
      },
    },
  };
}
