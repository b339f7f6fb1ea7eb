import { explainVerdict } from '../../network/explain-verdict';
import { judgeServer, parseBundle } from '../../network/verify';
import type { DrillCheck, DrillStep, DrillStepId } from '../../report/drill-outcome';
import { randomCanaries } from '../canaries';
import { embeddedLab } from '../embedded-lab';
import { type NodeName, nodeAddress, nodeNames } from '../lab-pki';
import { pathSpec } from '../paths';
import { runCell } from '../run-cell';
import { type Asked, authorityFlag, type MigrationLab } from './migration-lab';

/**
 * The order in which `--kubelet-certificate-authority` is set without losing logs: certificates first, node by node, looked at
 * before the flag; the flag last. Each step ends with something that is really asked.
 */
export interface PlannedStep {
  readonly id: DrillStepId;
  readonly node: NodeName | null;
  readonly title: string;
  readonly take: (lab: MigrationLab) => Promise<{ did: readonly string[]; checks: readonly DrillCheck[] }>;
}

export const steps: readonly PlannedStep[] = [
  {
    id: 'baseline',
    node: null,
    title: 'before: everything works, and nobody is verified',
    take: async (lab) => ({
      did: ['nothing: stock flags, kubelets with the certificate that they signed themselves'],
      checks: [...(await logsOfAll(lab)), await attacked(lab, 'impersonated')],
    }),
  },
  ...nodeNames.flatMap((node) => [servingBootstrap(node), approve(node)]),
  {
    id: 'check-certificates',
    node: null,
    title: 'look at every certificate as the apiserver will, before it does',
    take: async (lab) => ({
      did: [
        'midplane verify-cert --ca ca.crt --cert SHOWN --host ADDRESS, for every node with what it really shows and the first of its addresses in --kubelet-preferred-address-types',
      ],
      checks: await Promise.all(nodeNames.map((node) => certificateOf(lab, node))),
    }),
  },
  {
    id: 'set-flag',
    node: null,
    title: 'only now the flag',
    take: async (lab) => {
      await lab.setApiserver([authorityFlag]);
      return {
        did: [`kube-apiserver ${authorityFlag} (a restart: the bundle is read once)`],
        checks: await logsOfAll(lab),
      };
    },
  },
  {
    id: 'verify',
    node: null,
    title: 'after: everything still works, and an impostor is refused',
    take: async (lab) => ({
      did: [
        'kubectl exec on every node; a machine on the path answers for node-1 with a certificate of its own',
      ],
      checks: [
        ...(await Promise.all(nodeNames.map((node) => exec(lab, node)))),
        await attacked(lab, 'refused'),
        await noTlsFailureButTheAttack(lab),
      ],
    }),
  },
];

export async function takeStep(
  { id, node, title, take }: PlannedStep,
  lab: MigrationLab,
): Promise<DrillStep> {
  const began = performance.now();
  const { did, checks } = await take(lab);
  return {
    id,
    node,
    title,
    did,
    checks,
    asClaimed: checks.every(({ asExpected }) => asExpected),
    durationMs: Math.round(performance.now() - began),
  };
}

function servingBootstrap(node: NodeName): PlannedStep {
  return {
    id: 'serving-bootstrap',
    node,
    title: `${node} asks the cluster for its serving certificate, and has none until it is approved`,
    take: async (lab) => {
      await lab.setKubelet(node, { kubelet: { serverTLSBootstrap: true }, serving: null });
      const request = await lab.pendingRequest(node);
      const others = nodeNames.filter((other) => other !== node);
      return {
        did: [`serverTLSBootstrap: true in the KubeletConfiguration of ${node}`, `systemctl restart kubelet`],
        checks: [
          {
            asked: 'kubectl get csr',
            expected: 'works',
            asExpected: true,
            saw: `${request.name} for ${request.sans.join(', ')}: Pending`,
          },
          // This is the gap: keep it short, one node at a time, with somebody ready to approve.
          check(await lab.logs(node), 'fails'),
          ...(await Promise.all(others.map(async (other) => check(await lab.logs(other), 'works')))),
        ],
      };
    },
  };
}

function approve(node: NodeName): PlannedStep {
  return {
    id: 'approve',
    node,
    title: `somebody approves ${node}'s request, after a look at what it asks for`,
    take: async (lab) => {
      const request = await lab.pendingRequest(node);
      const known = await lab.addressesOf(node);
      const foreign = request.sans.filter((san) => !known.some((it) => it.endsWith(` ${nameIn(san)}`)));
      const compared: DrillCheck = {
        asked: `are ${request.sans.join(', ')} addresses of the Node (${known.join(', ')})?`,
        expected: 'works',
        asExpected: request.sans.length > 0 && foreign.length === 0,
        saw: foreign.length === 0 ? 'all of them' : `not ${foreign.join(', ')}: not approved`,
      };
      if (!compared.asExpected)
        return { did: [`kubectl get csr ${request.name} -o yaml`], checks: [compared] };
      await lab.approve(node, request);
      const back = await lab.logsComeBack(node);
      const gap = `${back.saw} (${lab.sinceRestartMs(node)} ms after the kubelet was restarted)`;
      return {
        did: [`kubectl certificate approve ${request.name}`],
        checks: [compared, check({ ...back, saw: gap }, 'works')],
      };
    },
  };
}

function nameIn(san: string): string {
  return san.slice(san.indexOf(':') + 1);
}

async function certificateOf(lab: MigrationLab, node: NodeName): Promise<DrillCheck> {
  // The lab's apiserver dials InternalIP, as kubeadm has it.
  const host = nodeAddress[node];
  const asked = `is what ${node} shows good for ${host}?`;
  const looked = await lab.look(node);
  const bundle = parseBundle(lab.cluster.pki.caPem);
  if (looked.kind === 'nothing' || bundle.kind === 'bundle-invalid')
    return { asked, expected: 'works', asExpected: false, saw: looked.text };
  const verdict = judgeServer({ chain: looked.chain, bundle, host, now: new Date() });
  const saw = verdict.ok ? looked.text : `${looked.text}: ${verdict.error}. ${explainVerdict(verdict)}`;
  return { asked, expected: 'works', asExpected: verdict.ok, saw };
}

async function logsOfAll(lab: MigrationLab): Promise<DrillCheck[]> {
  return Promise.all(nodeNames.map(async (node) => check(await lab.logsComeBack(node), 'works')));
}

export function check({ command, works, saw }: Asked, expected: 'works' | 'fails'): DrillCheck {
  return { asked: command, expected, asExpected: works === (expected === 'works'), saw };
}

/** A command with words of its own in and out. */
async function exec(lab: MigrationLab, node: NodeName): Promise<DrillCheck> {
  const pod = node === 'node-1' ? 'web' : 'web-2';
  const { down } = randomCanaries();
  const { admin } = lab.cluster;
  const where = { namespace: 'default', pod, container: 'web' };
  const outcome = await admin.exec({ ...where, command: ['echo', down], signal: lab.signal });
  const came = outcome.stdout.toString('utf8').trim();
  return {
    asked: `kubectl exec ${pod} -- echo ${down}`,
    expected: 'works',
    asExpected: outcome.ok && came === down,
    saw: outcome.ok ? came : outcome.words,
  };
}

/** One cell of the matrix, in this lab as it stands. */
async function attacked(lab: MigrationLab, expected: 'refused' | 'impersonated'): Promise<DrillCheck> {
  const path = pathSpec('logs');
  if (path === null) throw new Error('the path logs is always run');
  const cell = await runCell({
    lab: embeddedLab(lab.cluster),
    path,
    // A name for the cell only: what counts is how this lab is set now.
    defence: expected === 'refused' ? 'kubelet-ca' : 'none',
    technique: 'self-signed',
    side: 'both',
    position: 'arp',
    canaries: randomCanaries,
    controls: new Map(),
    deadlineMs: 10_000,
    signal: lab.signal,
  });
  return {
    asked: `${path.command}, with an impostor on the path`,
    expected,
    asExpected: cell.verdict === expected,
    saw: `${cell.verdict}: ${cell.clientSaw}`,
  };
}

const FAILURES = 'kube_apiserver_pod_logs_backend_tls_failure_total';

/** What a monitor would look at from now on: the apiserver was started with the flag, and refused the impostor alone. */
async function noTlsFailureButTheAttack(lab: MigrationLab): Promise<DrillCheck> {
  const answer = await lab.cluster.admin.request('GET', '/metrics', { signal: lab.signal });
  const count = new RegExp(`^${FAILURES} (\\d+)$`, 'm').exec(answer.body.toString('utf8'))?.[1];
  return {
    asked: `kubectl get --raw /metrics | grep ${FAILURES}`,
    expected: 'works',
    asExpected: count === '1',
    saw: count === undefined ? answer.words || 'no such metric' : `${count} (the impostor)`,
  };
}
