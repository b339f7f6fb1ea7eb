import { describe, expect, test } from '@jest/globals';
import type { Cell } from '../report/outcome';
import { readTechnique } from '../scenarios/read-technique';
import {
  type DefenceId,
  isClientPath,
  type PathId,
  pathsRun,
  type TechniqueId,
  techniquesRun,
  type VerdictId,
} from '../scenarios/vocabulary';
import { runMatrix } from './run-matrix';
import { runScenario } from './run-scenario';

/**
 * What an attacker on the path gets, as upstream's sources make it (pkg/kubelet/client, pkg/registry/core, and Go's
 * crypto/tls): the rows are the transports of kube-apiserver.
 */
const kubeletPaths: readonly PathId[] = ['logs', 'exec', 'attach', 'port-forward', 'node-proxy'];
const plainPaths: readonly PathId[] = ['node-proxy-http', 'pod-proxy-http', 'service-proxy-http'];
/** A relay is refused by the kubelet; what had been said by then is read: the command line, but no log and no stdin. */
const saysNothingFirst: readonly PathId[] = ['logs', 'logs-skip-verify', 'attach', 'port-forward'];
const fromApiserver = pathsRun.filter((path) => !isClientPath(path));
const byFlags = ['none', 'kubelet-ca', 'kubelet-open'] as const;
const certificates = techniquesRun.filter((technique) => technique !== 'replay');
/** Certificates that Go believes although an attacker shows them. */
const believed: readonly TechniqueId[] = ['neighbour', 'stolen'];

function expected(path: PathId, defence: DefenceId, technique: TechniqueId): VerdictId {
  if (plainPaths.includes(path)) {
    if (technique === 'tap' || technique === 'steer') return 'plaintext';
    if (technique === 'redirect' || technique === 'replay') return 'impersonated';
    return technique === 'relay' ? 'relayed' : 'not-applicable';
  }
  if (technique === 'tap') return 'sealed';
  if (technique === 'weak-key') return 'refused';
  const verified = defence === 'kubelet-ca' && kubeletPaths.includes(path);
  if (verified && !believed.includes(technique)) return 'refused';
  if (technique !== 'relay') return 'impersonated';
  if (!kubeletPaths.includes(path) && path !== 'logs-skip-verify') return 'relayed';
  // Whoever shows no certificate is nobody, and nobody may do everything.
  if (defence === 'kubelet-open') return 'relayed';
  return saysNothingFirst.includes(path) ? 'denied' : 'impersonated';
}

const fromClients = pathsRun.filter(isClientPath);
/** Those who show a token; the others have a certificate, which cannot be passed on. */
const bearers: readonly PathId[] = ['kubelet-bootstrap', 'kube-proxy-api', 'pod-api', 'metrics-scrape'];
/** What they ask before they write anything is refused to whoever shows no certificate. */
const asksFirst: readonly PathId[] = ['controller-manager-api', 'scheduler-api'];

function expectedOfClient(path: PathId, defence: DefenceId, technique: TechniqueId): VerdictId {
  if (technique === 'tap') return 'sealed';
  if (technique === 'weak-key') return 'refused';
  // There is one apiserver in the lab, and another kubelet.
  if (technique === 'steer' && path !== 'metrics-scrape') return 'not-applicable';
  if (defence === 'client-ca' && !believed.includes(technique)) return 'refused';
  const bearer = bearers.includes(path);
  if (technique === 'replay') return bearer ? 'hijacked' : 'impersonated';
  if (technique !== 'relay') return 'impersonated';
  if (bearer) return 'relayed';
  return asksFirst.includes(path) ? 'denied' : 'impersonated';
}

/** How many sockets, listeners and pipes are open, and timers run. Other suites of the process may have left some. */
function openResources(): { handles: number; timers: number } {
  const all = process.getActiveResourcesInfo();
  return {
    handles: all.filter((it) => /TCP|Pipe|Worker/.test(it)).length,
    timers: all.filter((it) => it === 'Timeout').length,
  };
}

/** node:http keeps one timer for its Date header, up to a second after the last answer. */
const DATE_TIMER = 1;

function expectNothingLeft(before: ReturnType<typeof openResources>): void {
  const after = openResources();
  expect(after.handles).toBeLessThanOrEqual(before.handles);
  expect(after.timers).toBeLessThanOrEqual(before.timers + DATE_TIMER);
}

describe('the matrix', () => {
  test.each(byFlags)(
    'under %s comes out as the transports of kube-apiserver are built, cell by cell, and every path works without an attacker',
    async (defence) => {
      const { cells } = await runMatrix({
        paths: fromApiserver,
        defences: [defence],
        techniques: certificates,
      });
      const found = cells.map(({ path, technique, verdict }) => `${path} ${technique}: ${verdict}`);
      const wanted = fromApiserver.flatMap((path) =>
        certificates.map((technique) => `${path} ${technique}: ${expected(path, defence, technique)}`),
      );
      expect(found).toEqual(wanted);
      expect(cells.every((cell) => cell.works)).toBe(true);
      checkParts(cells);
    },
    60_000,
  );

  test('comes out as the credentials of clients are, and every client works without an attacker', async () => {
    const { cells } = await runMatrix({ paths: fromClients, techniques: techniquesRun });
    const found = cells.map(
      ({ path, defence, technique, verdict }) => `${path} ${defence} ${technique}: ${verdict}`,
    );
    const wanted = (['client-ca', 'client-insecure'] as const).flatMap((defence) =>
      fromClients.flatMap((path) =>
        techniquesRun.map(
          (technique) => `${path} ${defence} ${technique}: ${expectedOfClient(path, defence, technique)}`,
        ),
      ),
    );
    expect(found).toEqual(wanted);
    expect(cells.filter((cell) => !cell.works)).toEqual([]);
    for (const cell of cells) {
      if (cell.technique === 'steer') continue;
      const spoke = cell.verdict !== 'sealed' && cell.verdict !== 'refused';
      expect(cell).toMatchObject({ clientCertificateShown: spoke && !bearers.includes(cell.path) });
      if (cell.verdict === 'relayed') expect(cell).toMatchObject({ read: { down: true }, forged: true });
      if (cell.verdict === 'relayed' && cell.path !== 'metrics-scrape') expect(cell.tampered).toBe(true);
      if (cell.verdict === 'impersonated' && !['relay', 'redirect'].includes(cell.technique))
        expect(cell.forged).toBe(true);
      if (cell.verdict === 'hijacked') {
        expect(cell.credential).toBe('replayed');
        expect(cell.evidence.replays).toEqual([
          expect.objectContaining({
            identity: expect.stringMatching(/^system:(?:serviceaccount|bootstrap):/),
          }),
        ]);
      }
    }
  }, 120_000);

  test('is the same twenty times in a row, and leaves nothing open', async () => {
    const paths: PathId[] = ['logs', 'exec', 'port-forward', 'pod-proxy-https', 'service-proxy-http'];
    const run = async (): Promise<string> => {
      const { cells } = await runMatrix({ paths, techniques: ['tap', 'rogue-ca', 'relay'] });
      return cells.map((cell) => cell.verdict).join(' ');
    };
    const first = await run();
    const before = openResources();
    for (let again = 1; again < 20; again++) expect(await run()).toBe(first);
    expectNothingLeft(before);
  }, 120_000);

  test('is not disturbed by another lab in the same process', async () => {
    const options = { paths: ['exec', 'pod-proxy-https'], techniques: ['tap', 'self-signed'] } as const;
    const [one, other] = await Promise.all([runMatrix(options), runMatrix(options)]);
    const verdicts = (cells: readonly Cell[]): string[] => cells.map((cell) => cell.verdict);
    expect(verdicts(one.cells)).toEqual(verdicts(other.cells));
    expect(one.cells.map((cell) => cell.evidence.connections)).not.toContain(0);
  }, 30_000);

  test('stops in the middle when it is told to, and closes everything', async () => {
    const before = openResources();
    const stop = new AbortController();
    const interrupted = runMatrix({
      signal: stop.signal,
      onCell: (_cell, done) => {
        if (done === 3) stop.abort(new Error('enough'));
      },
    });
    await expect(interrupted).rejects.toThrow('enough');
    expectNothingLeft(before);
  }, 30_000);
});

/** Damage and its absence, in the cells' own parts. */
function checkParts(cells: readonly Cell[]): void {
  for (const cell of cells) {
    const named = expect.objectContaining({
      path: cell.path,
      defence: cell.defence,
      technique: cell.technique,
    });
    switch (cell.verdict) {
      case 'refused':
        expect(cell).toEqual(named);
        expect(cell).toMatchObject({
          tls: { alert: cell.technique === 'weak-key' ? 'decrypt_error' : 'bad_certificate' },
          clientCertificateShown: false,
          forged: false,
        });
        expect(cell.read.up === true || cell.read.down === true).toBe(false);
        expect(cell.clientSaw).toContain(
          cell.technique === 'weak-key'
            ? 'tls: invalid signature by the server certificate: crypto/rsa: 768-bit keys are insecure'
            : 'tls: failed to verify certificate: x509: ',
        );
        break;
      case 'relayed':
        // A log is asked for without a payload of the client's.
        expect(cell).toMatchObject(
          cell.path.startsWith('logs')
            ? { read: { up: null, down: true }, forged: true, tampered: null }
            : { read: { up: true, down: true }, forged: true, tampered: true },
        );
        break;
      case 'plaintext':
        expect(cell).toMatchObject({ read: { up: true, down: true }, forged: false, tls: null });
        break;
      case 'sealed':
      case 'denied':
        expect(cell).toMatchObject({ read: { down: false }, forged: false });
        break;
      case 'impersonated':
        // Whoever is only sent elsewhere, and does not go, is neither read nor told anything.
        if (cell.technique === 'redirect') expect(cell.evidence.redirects).not.toBeUndefined();
        else expect(cell.read.up === true || cell.forged || cell.steered === true).toBe(true);
        break;
      case 'hijacked':
      case 'broken':
      case 'not-applicable':
        expect(cell.clientSaw).toMatch(/down-[0-9a-f]{16}/);
        break;
    }
    // The proxy transport has no client certificate to show; the kubelet transport shows it to whoever is believed.
    const onKubeletTransport = kubeletPaths.includes(cell.path) || cell.path === 'logs-skip-verify';
    const spoke =
      (cell.verdict === 'impersonated' || cell.verdict === 'denied' || cell.verdict === 'relayed') &&
      cell.technique !== 'steer';
    expect(cell.steered).toBe(cell.technique === 'steer' ? cell.verdict !== 'refused' : undefined);
    expect(cell.clientCertificateShown).toBe(onKubeletTransport && spoke);
  }
}

describe('the defences of the kubelet transport', () => {
  const kubeletPathsAndOne = [...kubeletPaths, 'logs-skip-verify'] as const;

  test('kubelet-ca-cn stops another node’s certificate, which kubelet-ca believes; neither stops the node’s own', async () => {
    const { cells } = await runMatrix({
      paths: kubeletPathsAndOne,
      defences: ['kubelet-ca', 'kubelet-ca-cn'],
      techniques: ['neighbour', 'stolen'],
    });
    const open = cells
      .filter(({ verdict }) => verdict === 'impersonated')
      .map(({ path, defence, technique }) => `${defence} ${technique} ${path}`);
    const all = (text: string) => kubeletPathsAndOne.map((path) => `${text} ${path}`);
    expect(open.sort()).toEqual(
      [
        ...all('kubelet-ca neighbour'),
        ...all('kubelet-ca stolen'),
        ...all('kubelet-ca-cn stolen'),
        'kubelet-ca-cn neighbour logs-skip-verify',
      ].sort(),
    );
    const refused = cells.filter(({ verdict }) => verdict === 'refused');
    expect(refused.map(({ path }) => path).sort()).toEqual([...kubeletPaths].sort());
    for (const cell of refused) {
      expect(cell).toMatchObject({ clientCertificateShown: false, tls: { alert: 'bad_certificate' } });
      expect(cell.clientSaw).toContain(
        'x509: certificate has common name "system:node:node-2", not "system:node:node-1"',
      );
    }
  }, 60_000);

  test('kubelet-ca-self-signed breaks every path that the flag covers, without any attacker, and no other', async () => {
    const { cells } = await runMatrix({ defences: ['kubelet-ca-self-signed'], techniques: ['tap'] });
    const broken = cells.filter(({ verdict }) => verdict === 'broken');
    expect(broken.map(({ path }) => path).sort()).toEqual([...kubeletPaths].sort());
    for (const cell of broken) {
      expect(cell).toMatchObject({ works: false });
      expect(cell.clientSaw).toContain(
        "x509: cannot validate certificate for 10.0.0.11 because it doesn't contain any IP SANs",
      );
    }
    const others = cells.filter(({ verdict }) => verdict !== 'broken');
    expect(others.map(({ works }) => works)).not.toContain(false);
    expect(others.length).toBe(cells.length - kubeletPaths.length);
  }, 60_000);
});

describe('one cell', () => {
  test('is told from both sides', async () => {
    const { cell, events, command } = await runScenario({
      path: 'logs',
      defence: 'none',
      technique: 'self-signed',
    });
    expect(cell).toMatchObject({
      verdict: 'impersonated',
      clientSaw: expect.stringMatching(/forged-[0-9a-f]{16}/),
    });
    expect(command).toContain('kubectl logs web');
    const kinds = events.map((event) => event.kind);
    for (const kind of [
      'position-taken',
      'certificate-shown',
      'certificate-judged',
      'request-captured',
      'answer-forged',
    ]) {
      expect(kinds).toContain(kind);
    }
  }, 30_000);

  test('has in it what a client did, and nothing of what the lab prepared and read back', async () => {
    const { events } = await runScenario({
      path: 'kubectl-api',
      defence: 'client-ca',
      technique: 'self-signed',
    });
    const asked = events.filter(
      ({ kind, data }) => kind === 'request-received' && data['user'] === 'kubernetes-admin',
    );
    expect(asked.map(({ data }) => `${data['method']} ${data['path']}`)).toEqual([
      'PATCH /api/v1/namespaces/default/configmaps/applied?fieldManager=kubectl',
      'GET /api/v1/namespaces/default/configmaps/canary',
    ]);
  }, 30_000);

  test('has the same words for the same seed', async () => {
    const scenario = { path: 'exec', defence: 'none', technique: 'relay', seed: '7' } as const;
    const [one, other] = [await runScenario(scenario), await runScenario(scenario)];
    expect(one.cell.evidence.lootQuote).toBe(other.cell.evidence.lootQuote);
    expect((await runScenario({ ...scenario, seed: '8' })).cell.evidence.lootQuote).not.toBe(
      one.cell.evidence.lootQuote,
    );
  }, 30_000);

  test.each<[TechniqueId, VerdictId, VerdictId, string]>([
    ['expired--rogue-ca', 'impersonated', 'refused', 'certificate has expired or is not yet valid'],
    [
      'client-cert--wrong-host',
      'impersonated',
      'refused',
      'certificate is valid for 10.0.0.12, not 10.0.0.11',
    ],
    ['rogue-ca--path-length', 'impersonated', 'refused', 'too many intermediates for path length constraint'],
    ['neighbour--weak-key', 'refused', 'refused', 'crypto/rsa: 768-bit keys are insecure'],
    ['neighbour--not-yet-valid', 'impersonated', 'refused', 'expired or is not yet valid'],
  ])(
    'takes joined words: %s is %s without the flag, and %s with it, for the first fault that a client meets',
    async (technique, without, under, words) => {
      const { cells } = await runMatrix({
        paths: ['logs'],
        defences: ['none', 'kubelet-ca'],
        techniques: [technique],
      });
      expect(cells.map(({ verdict }) => verdict)).toEqual([without, under]);
      expect(cells.map((cell) => cell.technique)).toEqual(Array(2).fill(readTechnique(technique)));
      expect(cells[1]?.clientSaw).toContain(words);
    },
    30_000,
  );

  test('refuses words that contradict each other', async () => {
    await expect(runMatrix({ techniques: ['stolen--expired'] })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/"expired" and "stolen" cannot be joined/),
    });
  });

  test.each([
    // Of what a redirect is to: the log is not followed, a page of a pod is, and who verifies never hears of one.
    ['logs', 'none', 'impersonated', null],
    ['exec', 'none', 'impersonated', null],
    ['pod-proxy-http', 'none', 'impersonated', 'kubectl/v1.33.1'],
    ['pod-proxy-http', 'kubelet-ca', 'impersonated', 'kubectl/v1.33.1'],
    ['node-proxy', 'none', 'impersonated', 'kubectl/v1.33.1'],
    ['node-proxy', 'kubelet-ca', 'refused', undefined],
    ['kubelet-api', 'client-insecure', 'impersonated', 'kubelet/v1.33.1'],
    ['kubelet-api', 'client-ca', 'refused', undefined],
  ] as const)(
    'redirected on %s, with %s: %s, followed by %s',
    async (path, defence, verdict, agent) => {
      const { cell } = await runScenario({ path, defence, technique: 'redirect' });
      expect(cell.verdict).toBe(verdict);
      expect(
        cell.evidence.redirects?.[0]?.followedBy?.split(' ')[0] ?? cell.evidence.redirects?.[0]?.followedBy,
      ).toBe(agent);
    },
    30_000,
  );

  test.each([
    ['logs', 'none', 401],
    ['logs', 'kubelet-open', 200],
    ['exec', 'none', 401],
    // An upgrade, on which no stream is opened.
    ['exec', 'kubelet-open', 101],
    ['pod-proxy-http', 'kubelet-ca', 200],
    ['kubelet-api', 'client-insecure', 403],
  ] as const)(
    'sent again on %s, with %s, a request gets %d, and is no credential',
    async (path, defence, status) => {
      const { cell } = await runScenario({ path, defence, technique: 'replay' });
      expect(cell).toMatchObject({ verdict: 'impersonated', credential: null });
      expect(cell.evidence.resent?.[0]?.status).toBe(status);
    },
    30_000,
  );

  test.each([
    // Of a kubelet that has not the pod: its own true words, and what it was asked.
    ['exec', 'none', 'impersonated', /pod does not exist/, /told it what it sent, and was answered/],
    ['logs', 'none', 'impersonated', /NotFound/, /asked it what was meant for/],
    [
      'logs',
      'kubelet-ca',
      'refused',
      /certificate is valid for 10\.0\.0\.12, not 10\.0\.0\.11/,
      /alert bad_certificate/,
    ],
    ['logs-skip-verify', 'kubelet-ca', 'impersonated', /NotFound/, /asked it what was meant for/],
    // Of what has the same everywhere: another one's word.
    ['pod-proxy-https', 'kubelet-ca', 'impersonated', /^down-/, /took its answer for that of the endpoint/],
    [
      'pod-proxy-http',
      'kubelet-ca',
      'plaintext',
      /^down-/,
      /both directions were read off the wire, and the client was led/,
    ],
    ['metrics-scrape', 'client-insecure', 'impersonated', /pod="down-/, /took its answer/],
    [
      'metrics-scrape',
      'client-ca',
      'refused',
      /is valid for 10\.0\.0\.12, not/,
      /before it sent a request byte/,
    ],
  ] as const)(
    'steered on %s, with %s: %s',
    async (path, defence, verdict, saw, why) => {
      const { cell, events } = await runScenario({ path, defence, technique: 'steer' });
      const steered = verdict !== 'refused';
      expect(cell).toMatchObject({
        verdict,
        steered,
        clientSaw: expect.stringMatching(saw),
        reason: expect.stringMatching(why),
        read: { down: verdict === 'plaintext' },
        forged: false,
        clientCertificateShown: false,
      });
      const led = events.filter(({ kind }) => kind === 'connection-steered');
      expect(led.length).toBeGreaterThan(0);
      expect(led[0]?.data['to']).not.toBe(led[0]?.data['from']);
    },
    30_000,
  );

  test('steered from the one apiserver has nowhere to be led', async () => {
    const { cell } = await runScenario({
      path: 'kubectl-api',
      defence: 'client-insecure',
      technique: 'steer',
    });
    expect(cell).toMatchObject({
      verdict: 'not-applicable',
      reason: expect.stringContaining('one apiserver'),
    });
  }, 30_000);

  test('runs no word that is none of the vocabulary', async () => {
    const technique = 'steering' as TechniqueId;
    await expect(runMatrix({ techniques: [technique] })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(runScenario({ path: 'logs', defence: 'none', technique })).rejects.toMatchObject({
      message: 'unknown technique "steering"',
    });
  });

  test('shows the stolen certificate itself, not another one', async () => {
    const shownIn = async (defence: DefenceId, technique: TechniqueId): Promise<unknown> => {
      const { events } = await runScenario({ path: 'logs', defence, technique });
      return events.find((event) => event.kind === 'certificate-shown')?.data['subject'];
    };
    expect(await shownIn('none', 'stolen')).toMatch(/^CN=node-1@\d+$/);
    expect(await shownIn('kubelet-ca', 'stolen')).toBe('O=system:nodes, CN=system:node:node-1');
    expect(await shownIn('kubelet-ca', 'neighbour')).toBe('O=system:nodes, CN=system:node:node-2');
  }, 30_000);
});
