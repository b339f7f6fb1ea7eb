import type { DrillFailure, DrillFailureId } from '../../report/drill-outcome';
import { addresses } from '../addresses';
import { nodesByName } from '../control-plane';
import { type NodeName, nodeAddress } from '../lab-pki';
import { diagnose } from './diagnose';
import { type Asked, authorityFlag, type MigrationLab, otherAuthorityFlag } from './migration-lab';

/**
 * What usually goes wrong, each in a lab of its own: what was left out or done too early, and what mends it. The diagnosis in
 * between is made from what was seen alone; that it is right is proved by the mending.
 */
export interface PlannedFailure {
  readonly id: DrillFailureId;
  readonly title: string;
  readonly skipped: string;
  readonly node: NodeName;
  readonly stage: (lab: MigrationLab, node: NodeName) => Promise<readonly string[]>;
  readonly mend: (lab: MigrationLab, node: NodeName) => Promise<readonly string[]>;
}

const dayMs = 24 * 60 * 60 * 1000;

export const failures: readonly PlannedFailure[] = [
  {
    id: 'self-signed',
    title: 'the flag before the certificates',
    skipped: 'serving-bootstrap and approve: set-flag came first',
    node: 'node-1',
    stage: async (lab) => {
      await lab.setApiserver([authorityFlag]);
      return [`kube-apiserver ${authorityFlag}`];
    },
    mend: async (lab) => {
      await lab.setApiserver([]);
      return ['kube-apiserver without --kubelet-certificate-authority: back to where it was'];
    },
  },
  {
    id: 'csr-pending',
    title: 'nobody approves kubelet-serving requests',
    skipped: 'approve',
    node: 'node-1',
    stage: async (lab, node) => {
      await lab.setKubelet(node, { kubelet: { serverTLSBootstrap: true }, serving: null });
      await lab.pendingRequest(node);
      return [`serverTLSBootstrap: true on ${node}`, 'systemctl restart kubelet'];
    },
    mend: approveTheRequest,
  },
  {
    id: 'wrong-bundle',
    title: 'the flag names another CA than the one that signs',
    skipped: 'check-certificates: with the very file that the flag will name',
    node: 'node-1',
    stage: async (lab, node) => {
      const done = await bootstrapped(lab, node);
      await lab.setApiserver([otherAuthorityFlag]);
      return [...done, `kube-apiserver ${otherAuthorityFlag}`];
    },
    mend: async (lab) => {
      await lab.setApiserver([authorityFlag]);
      return [`kube-apiserver ${authorityFlag}`];
    },
  },
  {
    id: 'address-type',
    title: 'the certificates carry another kind of address than is dialled',
    skipped: 'check-certificates: with the address that --kubelet-preferred-address-types leads to',
    node: 'node-1',
    stage: async (lab, node) => {
      await lab.setKubelet(node, { serving: await certificate(lab, node, {}) });
      await lab.setApiserver([authorityFlag], nodesByName);
      return [
        `tlsCertFile on ${node}: a certificate of the cluster's CA with IP:${nodeAddress[node]} and no name`,
        `kube-apiserver ${authorityFlag} ${Object.values(nodesByName).join(' ')} (the apiserver's own default begins so, too)`,
      ];
    },
    mend: async (lab, node) => {
      await lab.setKubelet(node, { serving: await certificate(lab, node, { dnsNames: [node] }) });
      return [`tlsCertFile on ${node}: a certificate with DNS:${node} as well`, 'systemctl restart kubelet'];
    },
  },
  {
    id: 'expired',
    title: 'a certificate that nobody renews',
    skipped: 'renewal: after verify, for as long as the cluster lives',
    node: 'node-1',
    stage: async (lab, node) => {
      const now = Date.now();
      const validity = { notBefore: new Date(now - 366 * dayMs), notAfter: new Date(now - dayMs) };
      await lab.setKubelet(node, { serving: await certificate(lab, node, validity) });
      await lab.setApiserver([authorityFlag]);
      return [
        `tlsCertFile on ${node}: a certificate of the cluster's CA that ended yesterday`,
        `kube-apiserver ${authorityFlag}`,
      ];
    },
    mend: async (lab, node) => {
      await lab.setKubelet(node, { serving: await certificate(lab, node, {}) });
      return [`tlsCertFile on ${node}: a new one`, 'systemctl restart kubelet'];
    },
  },
  {
    id: 'address-changed',
    title: 'a node that comes back with another address',
    skipped: 'approve: of the request that the kubelet makes for its new address',
    node: 'node-2',
    stage: async (lab, node) => {
      const done = await bootstrapped(lab, node);
      await lab.setApiserver([authorityFlag]);
      lab.cluster.nodes[node].addAddress(`${addresses.node2Later}/24`);
      await lab.setKubelet(node, { address: addresses.node2Later });
      await lab.pendingRequest(node);
      return [
        ...done,
        `kube-apiserver ${authorityFlag}`,
        `${node} starts again with --node-ip=${addresses.node2Later}, and was ${nodeAddress[node]}`,
      ];
    },
    mend: approveTheRequest,
  },
];

export async function playFailure(
  { id, title, skipped, node, stage, mend }: PlannedFailure,
  lab: MigrationLab,
): Promise<DrillFailure> {
  const began = performance.now();
  const before = await lab.logs(node);
  const did = await stage(lab, node);
  const failed = await lab.logs(node);
  const { observed, shown } = await lab.observe(node, failed.works ? '' : failed.saw);
  const causes = diagnose(observed);
  const cause = causes[0] ?? null;
  const mended = await mend(lab, node);
  const after: Asked = await lab.logsComeBack(node);
  return {
    id,
    title,
    skipped,
    did,
    node,
    asked: failed.command,
    saw: failed.saw,
    shown,
    diagnosis: cause,
    mended: { did: mended, works: after.works, saw: after.saw },
    asClaimed: before.works && !failed.works && causes.length === 1 && cause?.id === id && after.works,
    durationMs: Math.round(performance.now() - began),
  };
}

async function bootstrapped(lab: MigrationLab, node: NodeName): Promise<string[]> {
  await lab.setKubelet(node, { kubelet: { serverTLSBootstrap: true }, serving: null });
  const request = await lab.pendingRequest(node);
  await lab.approve(node, request);
  return [`serverTLSBootstrap: true on ${node}`, `kubectl certificate approve ${request.name}`];
}

async function approveTheRequest(lab: MigrationLab, node: NodeName): Promise<string[]> {
  const request = await lab.pendingRequest(node);
  await lab.approve(node, request);
  return [`kubectl certificate approve ${request.name}`];
}

/** What an operator's own tooling would issue. */
function certificate(
  lab: MigrationLab,
  node: NodeName,
  more: Partial<Parameters<MigrationLab['issue']>[0]>,
): ReturnType<MigrationLab['issue']> {
  return lab.issue({
    commonName: `system:node:${node}`,
    organizations: ['system:nodes'],
    ipAddresses: [nodeAddress[node]],
    usages: ['serverAuth'],
    ...more,
  });
}
