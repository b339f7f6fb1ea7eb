import { describe, expect, test } from '@jest/globals';
import type { TimelineEvent } from '../network/timeline';
import { sampleCell } from './matrix-sample.test.data';
import type { Cell } from './outcome';
import { renderStory } from './story';
import { widthOf } from './text';

const kubelet = { address: '10.0.0.11', port: 10250 };

function happened(...entries: [string, string | null, string, Record<string, unknown>?][]): TimelineEvent[] {
  return entries.map(([host, connection, kind, data = {}], index) => ({
    at: 10 + index,
    host,
    connection,
    kind,
    data,
  }));
}

const attack = happened(
  ['workstation', null, 'step', { step: 'attack', command: 'kubectl exec' }],
  ['attacker', null, 'position-taken', { describe: 'the neighbour entry for 10.0.0.11 names attacker' }],
  ['workstation', 'c1', 'connection-opened', { from: kubelet, to: { address: '10.0.0.10', port: 6443 } }],
  ['workstation', 'c1', 'handshake-finished', { version: 'TLSv1.3' }],
  [
    'control-plane',
    'c1',
    'backend-dialled',
    { target: 'https://10.0.0.11:10250', transport: 'kubelet', trust: 'verify-nobody' },
  ],
  [
    'control-plane',
    'c2',
    'connection-opened',
    { from: kubelet, to: kubelet, through: [], deliveredTo: 'attacker' },
  ],
  [
    'attacker',
    'c2',
    'certificate-shown',
    { subject: 'CN=10.0.0.11', issuer: 'CN=10.0.0.11', sans: ['IP:10.0.0.11'] },
  ],
  ['control-plane', 'c2', 'certificate-judged', { accepted: true, error: null, trust: 'verify-nobody' }],
  ['attacker', 'c2', 'client-certificate-captured', { subject: 'O=lab, CN=apiserver' }],
  ['control-plane', 'c2', 'handshake-finished', { version: 'TLSv1.3' }],
  ['attacker', 'c2', 'handshake-finished', { version: 'TLSv1.3', role: 'server' }],
  ['attacker', 'c2', 'handshake-finished', { version: 'TLSv1.3', alpn: null }],
  ['attacker', 'c2', 'request-captured', { method: 'POST', path: '/exec/default/web/web' }],
  ['attacker', 'c2', 'bytes-captured', { direction: 'up', length: 20 }],
  ['attacker', 'c2', 'bytes-captured', { direction: 'up', length: 22 }],
  ['attacker', 'c2', 'answer-forged', { length: 17 }],
  ['attacker', 'c2', 'moon-landed', { tide: 'low' }],
  ['control-plane', 'c2', 'certificate-judged'],
);

function story(cell: Cell, events: readonly TimelineEvent[], options = {}): string {
  return renderStory(
    { cell, command: 'kubectl exec web -- id', events },
    { width: 100, colour: false, ...options },
  );
}

/** The lines of a story as one text, so that wrapping does not matter. */
const flat = (text: string) => text.replace(/\s+/g, ' ');

describe('the story of a cell', () => {
  const impersonated = sampleCell('exec', 'none', 'self-signed');

  test('numbers what happened, machine by machine', () => {
    const text = story(impersonated, attack);
    const numbered = text.split('\n').filter((line) => /^ +\d+ {2}/.test(line));
    expect(numbered.map((line) => Number(line.trim().split(' ')[0]))).toEqual(
      numbered.map((_, index) => index + 1),
    );
    expect(text).toMatch(/ 1 +1\.0 ms {2}attacker {7}takes its position: the neighbour entry/);
    expect(text).toMatch(/control-plane {2}connects to 10\.0\.0\.11:10250, and reaches attacker/);
  });

  test('tells the certificate, the belief and its cause', () => {
    const text = flat(story(impersonated, attack));
    expect(text).toContain(
      'shows a certificate: subject CN=10.0.0.11; issuer CN=10.0.0.11; for IP:10.0.0.11',
    );
    expect(text).toContain(
      'believes the certificate without looking at it, because --kubelet-certificate-authority is not set',
    );
    expect(text).toContain('is shown O=lab, CN=apiserver, without its key');
  });

  test.each([
    ['logs-skip-verify', 'kubelet-ca', 'the request carries insecureSkipTLSVerifyBackend=true'],
    ['pod-proxy-https', 'kubelet-ca', 'the proxy transport is built that way, and no flag changes it'],
  ] as const)('knows why %s believes under %s', (path, defence, why) => {
    expect(flat(story(sampleCell(path, defence, 'self-signed'), attack))).toContain(why);
  });

  const genuine = { subject: 'CN=node-1', issuer: 'CN=node-1-ca', sans: ['DNS:node-1'], accepted: true };

  test.each([
    ['verify-nobody', 'believes it without looking at it, because'],
    ['verify', 'verifies it for 10.0.0.11, finds nothing wrong and believes it'],
  ])('tells which certificate a genuine endpoint shows to who follows %s', (trust, belief) => {
    const events = happened([
      'control-plane',
      'c2',
      'certificate-judged',
      { ...genuine, trust, host: '10.0.0.11' },
    ]);
    expect(flat(story(sampleCell('logs', 'none', 'tap'), events))).toContain(
      `is shown CN=node-1; issuer CN=node-1-ca; for DNS:node-1; ${belief}`,
    );
  });

  test('tells an impostor’s certificate once, by the impostor', () => {
    const events = attack.map((event) =>
      event.kind === 'certificate-judged' ? { ...event, data: { ...event.data, ...genuine } } : event,
    );
    const text = flat(story(impersonated, events));
    expect(text).toContain('believes the certificate without looking at it');
    expect(text).not.toContain('node-1-ca');
  });

  test('tells a refusal with its words and its alert', () => {
    const events = happened(
      ['attacker', 'c2', 'certificate-shown', { subject: 'CN=x', issuer: 'CN=x', sans: [] }],
      ['control-plane', 'c2', 'connection-opened', { to: kubelet }],
      ['control-plane', 'c2', 'certificate-judged', { accepted: false, error: 'x509: no', trust: 'verify' }],
      ['control-plane', 'c2', 'alert-sent', { alert: 'bad_certificate' }],
      ['control-plane', 'c1', 'backend-refused', { text: 'tls: x509: no' }],
    );
    const text = flat(story(sampleCell('exec', 'kubelet-ca', 'self-signed'), events));
    expect(text).toContain('does not believe the certificate: x509: no');
    expect(text).toContain('sends alert bad_certificate and hangs up');
    expect(text).toContain('gives up: tls: x509: no');
    expect(text).toContain('✓ refused');
  });

  test('tells what the real endpoint said to a relay', () => {
    const cell = sampleCell('exec', 'none', 'relay');
    const events = happened(['attacker', 'c2', 'relay-refused', { status: 401, text: 'Unauthorized' }]);
    const text = flat(story(cell, events));
    expect(text).toContain('is turned away by the real endpoint: 401 Unauthorized');
    expect(text).toContain('the real endpoint told the attacker “401 Unauthorized”');
    const genuineAnswers = [...cell.evidence.genuineAnswers, ...cell.evidence.genuineAnswers];
    const twice = { ...cell, evidence: { ...cell.evidence, genuineAnswers } };
    expect(flat(story(twice, events)).match(/told the attacker/g)).toHaveLength(1);
  });

  test('follows a tunnel to its other end, and says where the attacker stood', () => {
    const cell: Cell = { ...sampleCell('exec', 'konnectivity', 'self-signed'), side: 'node' };
    const proxy = { address: '10.0.0.30', port: 8090 };
    const opened = (to: object, deliveredTo: string) => ({ from: kubelet, to, through: [], deliveredTo });
    const events = happened(
      ['workstation', null, 'step', { step: 'attack', command: 'kubectl exec' }],
      ['control-plane', 'c1', 'backend-dialled', { target: 'https://10.0.0.11:10250' }],
      ['control-plane', 'c2', 'connection-opened', opened(proxy, 'konnectivity-server')],
      ['konnectivity-server', null, 'tunnel-dialled', { to: '10.0.0.11:10250', agent: 'agent-2' }],
      ['node-2', 'c3', 'connection-opened', opened(kubelet, 'attacker')],
      ['node-2', 'c3', 'tunnel-end-dialled', { to: '10.0.0.11:10250' }],
    );
    const text = flat(story(cell, events));
    expect(text).toContain('exec · konnectivity (node side) · self-signed');
    expect(text).toContain('has agent-2 dial 10.0.0.11:10250');
    expect(text).toContain('node-2 connects to 10.0.0.11:10250, and reaches attacker');
  });

  test('leaves out the user’s own connection, repetitions and kinds that it does not know', () => {
    const text = story(impersonated, attack);
    expect(text).not.toContain('6443');
    expect(text).not.toContain('moon');
    expect(text.match(/attacker +has finished the handshake/g)).toHaveLength(1);
    expect(flat(text)).toContain('keeps the request and 42 bytes that the client sent with it');
  });

  test('begins each run with what the user asked', () => {
    const asked = {
      user: 'kubernetes-admin',
      method: 'GET',
      path: `/api/v1/pods/web/exec?${'x'.repeat(100)}`,
    };
    const events = happened(
      ['workstation', null, 'step', { step: 'control' }],
      ['workstation', 'c1', 'connection-opened', { to: kubelet, deliveredTo: 'control-plane' }],
      ['workstation', 'c1', 'certificate-judged', { trust: 'verify', ...genuine }],
      ['control-plane', 'c1', 'request-received', asked],
      ['control-plane', 'c1', 'backend-dialled', { target: 'https://10.0.0.11:10250', trust: 'verify' }],
      ['workstation', null, 'step', { step: 'attack' }],
      // Open since long before: nobody saw who opened it.
      ['control-plane', 'c0', 'request-received', { ...asked, path: '/api/v1/pods/web/log?tailLines=3' }],
      ['control-plane', 'c0', 'backend-dialled', { target: 'https://10.0.0.11:10250', trust: 'verify' }],
    );
    const text = flat(story(impersonated, events));
    const who = 'workstation asks control-plane, as kubernetes-admin: GET';
    expect(text).toContain(`Without an attacker 1 3.0 ms ${who} /api/v1/pods/web/exec?… 2 `);
    expect(text).toContain('Under attack 3 6.0 ms workstation asks');
    expect(text).toContain(`${who} /api/v1/pods/web/log?tailLines=3 4 `);
    expect(text).not.toContain('is shown CN=node-1');
  });

  test('says why a kubelet turns to the apiserver, and leaves its other requests out', () => {
    const node = { user: 'system:node:node-1', method: 'POST' };
    const events = happened(
      ['control-plane', 'c1', 'backend-dialled', { target: 'https://10.0.0.11:10250', trust: 'verify' }],
      ['node-1', 'c2', 'request-received', { method: 'POST', path: '/exec', user: 'the-apiserver' }],
      [
        'control-plane',
        'c6',
        'request-received',
        { ...node, path: '/apis/authorization.k8s.io/v1/subjectaccessreviews' },
      ],
      ['control-plane', 'c6', 'request-received', { ...node, path: '/api/v1/nodes' }],
    );
    const text = flat(story(impersonated, events));
    expect(text).toContain('node-1 receives POST /exec, from the-apiserver');
    expect(text).toContain('node-1 its kubelet asks the apiserver whether the-apiserver may do this');
    expect(text).not.toContain('/api/v1/nodes');
  });

  test('tells the look around before the attack as that, and nothing more of it', () => {
    const port = { address: '10.0.0.10', port: 6443 };
    const events = happened(
      ['control-plane', 'c1', 'backend-dialled', { target: 'https://10.0.0.11:10250', trust: 'verify' }],
      ['workstation', null, 'step', { step: 'attack' }],
      ['attacker', 'c9', 'connection-opened', { to: port, deliveredTo: 'control-plane' }],
      [
        'attacker',
        'c9',
        'certificate-judged',
        { accepted: true, trust: 'verify-nobody', subject: 'CN=kube-apiserver', issuer: 'CN=LAB kubernetes' },
      ],
      ['attacker', 'c9', 'handshake-finished', { version: 'TLSv1.3', role: 'client' }],
      ['attacker', null, 'position-taken', { describe: 'the neighbour entry' }],
      ['control-plane', 'c9', 'handshake-finished', { version: 'TLSv1.3', role: 'server' }],
    );
    const text = flat(story(sampleCell('exec', 'none', 'rogue-ca'), events));
    expect(text).toContain(
      "attacker reads the name of the cluster's authority off the apiserver's certificate: CN=LAB kubernetes",
    );
    expect(text).not.toMatch(/6443|finished the handshake|only wants to get through/);
  });

  test('tells causes before effects', () => {
    const events = happened(
      ['attacker', null, 'position-taken', { describe: 'the neighbour entry' }],
      ['control-plane', 'c1', 'backend-dialled', { target: 'https://10.0.0.11:10250' }],
      ['attacker', 'c2', 'connection-intercepted', { to: kubelet }],
      ['control-plane', 'c2', 'connection-opened', { to: kubelet, deliveredTo: 'attacker' }],
      ['attacker', null, 'position-withdrawn'],
      ['attacker', 'c2', 'answer-forged', { length: 3 }],
    );
    const text = flat(story(impersonated, events));
    const order = [
      'connects to 10.0.0.11',
      'takes a connection',
      'words of its own',
      'gives its position back',
    ];
    expect(order.map((words) => text.indexOf(words))).toEqual(
      order.map((words) => text.indexOf(words)).sort((a, b) => a - b),
    );
    expect(order.filter((words) => !text.includes(words))).toEqual([]);
    const times = [...text.matchAll(/([\d.]+) ms/g)].map(([, time]) => Number(time));
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('names the other end of a handshake', () => {
    const text = flat(story(impersonated, attack));
    expect(text).toContain('control-plane has finished the handshake with attacker, TLSv1.3');
    expect(text).toContain('attacker has finished the handshake with control-plane, TLSv1.3');
  });

  test.each<[string, Record<string, unknown>, number, number, boolean, string]>([
    ['a tap', {}, 10, 20, false, 'has a copy of all that passed: 10 bytes from the client and 20 bytes'],
    ['a relay', { to: kubelet }, 0, 12, true, 'keeps the request and 12 bytes of the answer'],
    [
      'a relay',
      { to: kubelet },
      1,
      12,
      true,
      'keeps the request, 1 byte that the client sent with it and 12',
    ],
    ['one who passes bytes on', { to: kubelet }, 5, 0, false, 'keeps 5 bytes that the client sent'],
  ])('counts what %s keeps', (_, intercepted, up, down, request, words) => {
    const captured = (
      direction: string,
      length: number,
    ): [string, string, string, Record<string, unknown>] => [
      'attacker',
      'c2',
      'bytes-captured',
      { direction, length },
    ];
    const events = happened(
      ['attacker', 'c2', 'connection-intercepted', intercepted],
      ...(request
        ? [['attacker', 'c2', 'request-captured', { method: 'GET', path: '/' }] as const].map(
            (entry): [string, string, string, Record<string, unknown>] => [...entry],
          )
        : []),
      captured('up', up),
      captured('down', down),
    );
    const text = flat(story(impersonated, events));
    expect(text).toContain(words);
    expect(text).not.toContain(' 0 bytes');
  });

  const apiserver = { address: '10.0.0.10', port: 6443 };
  const dialled = (deliveredTo: string) => ({ to: apiserver, through: [], deliveredTo });
  const node3 = { user: 'system:node:node-3', method: 'POST', path: '/api/v1/nodes' };

  test('tells the connections of a client that dials by itself, without and with an attacker', () => {
    const events = happened(
      ['workstation', null, 'step', { step: 'control' }],
      ['node-3', 'c1', 'connection-opened', dialled('control-plane')],
      ['control-plane', 'c1', 'request-received', node3],
      ['workstation', null, 'step', { step: 'attack' }],
      ['node-3', 'c2', 'connection-opened', dialled('attacker')],
      ['attacker', 'c2', 'connection-intercepted', { to: apiserver }],
      ['node-3', 'c2', 'certificate-judged', { accepted: true, error: null, trust: 'verify-nobody' }],
      ['attacker', 'c2', 'request-captured', { method: 'POST', path: '/api/v1/nodes' }],
    );
    const text = flat(story(sampleCell('kubelet-api', 'client-insecure', 'relay'), events));
    expect(text).toContain('node-3 connects to 10.0.0.10:6443, and reaches control-plane');
    expect(text).toContain('control-plane receives POST /api/v1/nodes, from system:node:node-3');
    expect(text).toContain('node-3 connects to 10.0.0.10:6443, and reaches attacker');
    expect(text).toContain('because its kubeconfig says insecure-skip-tls-verify: true');
    expect(text).toContain('attacker reads the request: POST /api/v1/nodes');
    expect(text).toMatch(/ kubelet ═+ TLS ═+ attacker .*apiserver :6443/);
  });

  test('tells a certificate once, however many connections it is shown on', () => {
    const judged = { ...genuine, error: null, trust: 'verify', host: '10.0.0.10' };
    const events = happened(
      ['workstation', null, 'step', { step: 'control' }],
      ...['c1', 'c2'].flatMap((id): [string, string, string, Record<string, unknown>][] => [
        ['node-3', id, 'connection-opened', dialled('control-plane')],
        ['node-3', id, 'certificate-judged', judged],
        ['attacker', id, 'connection-intercepted', {}],
      ]),
    );
    const text = flat(story(sampleCell('kubelet-api', 'client-ca', 'tap'), events));
    expect(text.match(/node-3 connects to/g)).toHaveLength(2);
    expect(text.match(/is shown CN=node-1/g)).toHaveLength(1);
  });

  test.each([
    ['kube-proxy-api', 'because its kubeconfig says insecure-skip-tls-verify: true'],
    ['pod-api', 'because its program was told to skip verification, as by curl --insecure'],
  ] as const)('knows why the client of %s believes anybody', (path, why) => {
    const events = happened(
      ['attacker', 'c2', 'connection-intercepted', { to: apiserver }],
      ['node-3', 'c2', 'connection-opened', dialled('attacker')],
      ['node-3', 'c2', 'certificate-judged', { accepted: true, error: null, trust: 'verify-nobody' }],
    );
    expect(flat(story(sampleCell(path, 'client-insecure', 'relay'), events))).toContain(why);
  });

  test('leaves out what others ask the apiserver while a client is attacked', () => {
    const other = { method: 'DELETE', path: '/api/v1/nodes/node-3', user: 'kubernetes-admin' };
    const events = happened(
      ['workstation', null, 'step', { step: 'attack' }],
      ['control-plane', 'c0', 'request-received', other],
      ['control-plane', 'c9', 'request-received', { ...node3, user: 'system:node:node-1' }],
      ['workstation', 'c3', 'connection-opened', dialled('control-plane')],
      ['control-plane', 'c3', 'request-received', other],
      ['attacker', 'c2', 'connection-intercepted', { to: apiserver }],
      ['node-3', 'c2', 'connection-opened', dialled('attacker')],
    );
    const text = flat(story(sampleCell('kubelet-api', 'client-insecure', 'relay'), events));
    expect(text).toContain('Under attack 1 5.0 ms node-3 connects');
    expect(text).not.toMatch(/DELETE|receives|workstation/);
  });

  test('tells of a captured token what it was used for and what came of it, and not how', () => {
    const scraper = 'system:serviceaccount:monitoring:prometheus';
    const tokens = '/apis/authentication.k8s.io/v1/tokenreviews';
    const events = happened(
      ['workstation', 'c2', 'connection-opened', { to: kubelet, deliveredTo: 'attacker' }],
      ['attacker', 'c2', 'connection-intercepted', { to: kubelet }],
      ['workstation', 'c2', 'certificate-judged', { accepted: true, error: null, trust: 'verify-nobody' }],
      ['attacker', 'c4', 'connection-opened', { to: kubelet, deliveredTo: 'node-1' }],
      ['attacker', 'c4', 'handshake-finished', { version: 'TLSv1.3' }],
      ['control-plane', 'c6', 'request-received', { user: 'system:node:node-1', path: tokens }],
      ['node-1', 'c4', 'request-received', { method: 'GET', path: '/metrics', user: scraper }],
      ['attacker', null, 'credential-replayed', { method: 'GET', path: '/metrics', status: 200 }],
      ['attacker', null, 'credential-replayed', { method: 'GET', path: '/pods', status: 0 }],
    );
    const text = flat(story(sampleCell('metrics-scrape', 'client-insecure', 'replay'), events));
    expect(text).toContain('because its configuration says insecure_skip_verify: true');
    expect(text).toContain('node-1 its kubelet asks the apiserver whose token it was shown (TokenReview)');
    expect(text).toContain(`node-1 receives GET /metrics, from ${scraper}`);
    expect(text).toContain('attacker uses a credential that it captured: GET /metrics, and gets status 200');
    expect(text).toContain('GET /pods, and gets no answer');
    expect(text).not.toMatch(/and reaches node-1|finished the handshake/);
  });

  test.each([
    ['kubelet-api', 'the kubelet saw'],
    ['metrics-scrape', 'the scraper saw'],
    ['kubectl-api', 'the user saw'],
    ['exec', 'the user saw'],
  ] as const)('says of %s what %s', (path, words) => {
    expect(story(sampleCell(path, 'client-ca', 'relay'), [])).toContain(` ${words} `);
  });

  test.each([
    ['captured', "is sent the client's token"],
    ['replayed', "uses the client's token"],
  ] as const)('draws an attacker by whom a token was %s', (credential, words) => {
    const cell = { ...sampleCell('metrics-scrape', 'client-insecure', 'relay'), credential };
    expect(flat(story(cell, []))).toContain(words);
  });

  test('quotes a long answer in part, and says how much is missing', () => {
    const saw = (clientSaw: string) => flat(story({ ...impersonated, clientSaw }, []));
    expect(saw('word '.repeat(101))).toMatch(/the user saw “(word ){80}…” and 10\d characters more/);
    expect(saw('word '.repeat(90))).toContain('“word word');
    expect(saw('word '.repeat(90))).not.toContain('characters more');
  });

  test('survives events that say less than expected', () => {
    const kinds = new Set(attack.map((event) => event.kind));
    const bare = [
      ...kinds,
      'relay-answered',
      'relay-refused',
      'request-received',
      'request-denied',
      'connection-refused',
      'alert-received',
      'credential-replayed',
      'client-saw',
    ];
    const events = happened(...bare.map((kind): [string, string | null, string] => ['attacker', null, kind]));
    expect(story(impersonated, events)).not.toMatch(/undefined|NaN|\[object/);
  });

  test('separates the run without an attacker from the run with one', () => {
    const events = [...happened(['workstation', null, 'step', { step: 'control' }]), ...attack];
    const text = story(impersonated, events);
    expect(text.indexOf('Without an attacker')).toBeGreaterThan(0);
    expect(text.indexOf('Under attack')).toBeGreaterThan(text.indexOf('Without an attacker'));
  });

  test('ends with what each side saw, the verdict and its reason', () => {
    const text = story({ ...impersonated, clientSaw: 'uid=0(root)\n' }, attack);
    expect(text).toMatch(/the user saw {8}“uid=0\(root\)”/);
    expect(text).toMatch(/the attacker holds {2}“canary-exec-self-signed/);
    expect(text).toMatch(/ ✗ impersonated\n {3}sample impersonated\n/);
  });

  test.each([
    ['exec', 'none', 'self-signed', / apiserver ═+ TLS ═+ attacker {16}kubelet :10250/],
    ['exec', 'kubelet-ca', 'self-signed', / apiserver ═+ TLS ═+╳ attacker {16}kubelet :10250/],
    ['exec', 'none', 'relay', / apiserver ═+ TLS ═+ attacker ═+ 401 ═+╳ kubelet :10250/],
    ['pod-proxy-https', 'none', 'relay', / apiserver ═+ TLS ═+ attacker ═+ TLS ═+ pod/],
    ['pod-proxy-http', 'none', 'tap', / apiserver ─+ http ─+ attacker ─+ http ─+ pod/],
  ] as const)('draws %s under %s by %s', (path, defence, technique, line) => {
    expect(story(sampleCell(path, defence, technique), [])).toMatch(line);
  });

  test.each([60, 80, 100])('keeps every line within %i columns, without colours', (width) => {
    const text = story(impersonated, attack, { width });
    expect(text.split('\n').filter((line) => widthOf(line) > width)).toEqual([]);
    expect(text).not.toContain('\u001b');
  });

  test('passes no escape sequence on, and can be ASCII', () => {
    const evil = happened(['attacker', null, 'request-captured', { method: 'GET', path: '/\u001b[2J…' }]);
    const text = story({ ...impersonated, clientSaw: '\u001b]0;x\u0007' }, evil, { ascii: true });
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
    expect(text).toContain('/\\x1b[2J...');
  });
});
