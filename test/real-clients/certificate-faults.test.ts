import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type CommandOutcome, KubeClient } from '../../client/kube-client';
import { embeddedLab } from '../../lab/embedded-lab';
import type { LabUnderTest, OngoingAttack, Spot } from '../../lab/lab-under-test';
import { pathSpec } from '../../lab/paths';
import { hostNetwork } from '../../network/host-network';
import { timeLimit } from '../../network/time-limit';
import { certificateWords } from '../../scenarios/certificate-words';
import type { TechniqueId } from '../../scenarios/vocabulary';
import { findKubectls, type Kubectl, minor } from './find-kubectl';
import { openWorkplace, type Workplace } from './standing.fixture';

/**
 * The same attacker, showing each word and some joined ones, to kubectl and to our own client: kubectl as the victim, whose
 * Go judges by itself; and `kubectl logs`, which prints what our apiserver made of a kubelet's certificate.
 */
const compounds: readonly TechniqueId[] = [
  'rogue-ca--expired',
  'rogue-ca--path-length',
  'rogue-ca--missing-intermediate',
  'rogue-ca--name-constrained',
  'self-signed--cn-only',
  'wrong-host--client-cert',
  'client-cert--path-length',
  'client-cert--weak-key',
  'client-cert--name-constrained',
  'weak-signature--path-length',
  'name-constrained--path-length',
  'not-yet-valid--missing-intermediate',
];
const shown: readonly TechniqueId[] = [...certificateWords, ...compounds];

interface Victim extends Kubectl {
  readonly goMinor: number;
}

/** Those whose Go is known: Google's dispatcher starts another kubectl, and before 1.27 (Go 1.20) the words are others. */
function victims(): Victim[] {
  return findKubectls().flatMap((kubectl) => {
    const text = execFileSync(kubectl.path, ['version', '--client', '-o', 'json'], { encoding: 'utf8' });
    const { clientVersion } = JSON.parse(text) as {
      clientVersion: { goVersion: string; gitVersion: string };
    };
    const goMinor = Number(/go1\.(\d+)/.exec(clientVersion.goVersion)?.[1]);
    const isUsed = minor(kubectl) >= 27 && !clientVersion.gitVersion.endsWith('dispatcher');
    return isUsed ? [{ ...kubectl, goMinor }] : [];
  });
}
const kubectls = victims();

/** What Go before 1.24 does otherwise: it takes short keys, and says how to take SHA-1. */
function saidBefore124(ours: Said): Said {
  return {
    ...ours,
    words: ours.words.replace(
      /(insecure algorithm \S+-SHA1)/,
      '$1 (temporarily override with GODEBUG=x509sha1=1)',
    ),
  };
}

interface Said {
  readonly ok: boolean;
  readonly out: string;
  readonly words: string;
}

let workplace: Workplace;
let lab: LabUnderTest;
beforeAll(async () => {
  workplace = await openWorkplace('kubelet-ca');
  lab = embeddedLab(workplace.lab.cluster);
}, 30_000);
afterAll(async () => {
  await workplace?.[Symbol.asyncDispose]();
});

/** The attacker between a path's target and the machine that dials it. */
async function show(
  technique: TechniqueId,
  pathId: 'logs' | 'kubectl-api',
  spot: Spot,
): Promise<OngoingAttack> {
  const path = pathSpec(pathId);
  if (path === null) throw new Error(`no path ${pathId}`);
  const target = path.target(lab.addresses);
  const { dialledAs } = spot;
  return lab.attack(
    {
      technique,
      position: 'arp',
      target,
      mode: 'impersonate',
      present: await lab.hand(technique, target, dialledAs),
      ...(dialledAs === undefined ? {} : { dialledAs }),
      forged: 'forged-word',
      tampered: 'tampered-word',
    },
    path,
    spot,
  );
}

/** The clock is read by each client for itself. */
function timeless(text: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'T');
}

const believed: readonly TechniqueId[] = ['neighbour', 'stolen'];
const title = kubectls.map(({ version }) => version).join(', ') || 'none of 1.27 or later is here: SKIPPED';
const withKubectl = kubectls.length > 0 ? describe : describe.skip;
const WITHIN_MS = 10_000;

async function asAdministrator(ask: (client: KubeClient, signal: AbortSignal) => Promise<CommandOutcome>) {
  await using client = new KubeClient({
    from: hostNetwork({ name: 'workstation' }),
    ...workplace.lab.kubeconfig('admin'),
  });
  return await ask(client, timeLimit(WITHIN_MS));
}

withKubectl(`kubectl ${title}`, () => {
  test.each(shown)('as the victim says to %s what our own client says', async (technique) => {
    const path = '/api/v1/namespaces/default/configmaps/any';
    const { host } = workplace.lab.at;
    await using _ = await show(technique, 'kubectl-api', { victim: 'workstation', dialledAs: host });
    const outcome = await asAdministrator((client, signal) => client.raw({ method: 'GET', path, signal }));
    expect(outcome.ok).toBe(believed.includes(technique));
    const ours = { ok: outcome.ok, out: outcome.stdout.toString('utf8'), words: timeless(outcome.words) };
    for (const kubectl of kubectls) {
      const { code, stdout, stderr } = await workplace.run(kubectl, ['get', '--raw', path]);
      const theirs: Said = { ok: code === 0, out: stdout, words: timeless(stderr.trimEnd()) };
      const of = `kubectl ${kubectl.version}`;
      if (kubectl.goMinor >= 24) expect({ of, ...theirs }).toEqual({ of, ...ours });
      else if (technique !== 'weak-key') expect({ of, ...theirs }).toEqual({ of, ...saidBefore124(ours) });
      else
        expect({ of, ...theirs }).toEqual({
          of,
          ok: true,
          out: expect.stringContaining('forged-word'),
          words: '',
        });
    }
  });

  test.each(shown)('prints what the apiserver says to a kubelet that shows %s', async (technique) => {
    await using _ = await show(technique, 'logs', { victim: 'control-plane' });
    const ours = await asAdministrator((client, signal) =>
      client.logs({ namespace: 'default', pod: 'web', container: 'web', signal }),
    );
    expect(ours.ok).toBe(believed.includes(technique));
    if (!ours.ok)
      expect(ours.words).toMatch(/^Error from server: Get "https:\/\/10\.0\.0\.11:10250\/.*": tls: /);
    for (const kubectl of kubectls) {
      const { code, stdout, stderr } = await workplace.run(kubectl, ['logs', 'web']);
      expect({ kubectl: kubectl.version, code, stdout, words: timeless(stderr.trimEnd()) }).toEqual({
        kubectl: kubectl.version,
        code: ours.ok ? 0 : 1,
        stdout: ours.stdout.toString('utf8'),
        words: timeless(ours.words),
      });
    }
  });
});
