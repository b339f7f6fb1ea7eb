import { describe, expect, test } from '@jest/globals';
import { LootBag } from '../attacker/loot';
import type { LootReport } from '../attacker/loot-report';
import type { Replay } from '../attacker/replay';
import type { VerdictId } from '../scenarios/vocabulary';
import { type Facts, judge } from './judge';

const canaries = { up: 'up-1', down: 'down-2', forged: 'forged-3', tampered: 'tampered-4' };
const nothing = Buffer.alloc(0);

const emptyLoot: LootReport = {
  connections: 1,
  clearUp: nothing,
  clearDown: nothing,
  wireUp: nothing,
  wireDown: nothing,
  requests: 0,
  handshakes: [],
  genuineAnswers: [],
  bearerTokens: 0,
  replays: [],
  resent: [],
  redirects: [],
  transcript: { entries: [], dropped: { entries: 0, bytes: 0 } },
  hostKeys: [],
  tunnelTargets: [],
  dropped: new LootBag().dropped,
  quotes: [],
};

/** A run in which the client got the true answer and the attacker nothing, but for what is said. */
function facts(change: Partial<Facts> = {}, loot: Partial<LootReport> = {}): Facts {
  return {
    path: 'exec',
    defence: 'none',
    technique: 'self-signed',
    carriesUp: true,
    canaries,
    control: { works: true, clientSaw: 'down-0' },
    client: { ok: true, received: Buffer.from('down-2'), words: '' },
    endpointHeard: Buffer.from('up-1'),
    loot: { ...emptyLoot, ...loot },
    ...change,
  };
}

const failed = (words: string): Facts['client'] => ({ ok: false, received: nothing, words });
const fooled: Facts['client'] = { ok: true, received: Buffer.from('forged-3'), words: '' };
const given = (text: string): Facts['client'] => ({ ok: true, received: Buffer.from(text), words: '' });
const bytes = (text: string): Buffer => Buffer.from(`…${text}…`);
const handshake = (change: Partial<LootReport['handshakes'][number]> = {}): LootReport['handshakes'] => [
  { completed: true, version: 'TLSv1.3', alert: null, clientCertificate: null, ...change },
];
const unauthorized = [{ status: 401, text: 'Unauthorized' }];
const alerted = handshake({ completed: false, alert: 'bad_certificate' });

const cases: [what: string, verdict: VerdictId, facts: Facts][] = [
  [
    'only ciphertext passed',
    'sealed',
    facts({ technique: 'tap' }, { wireUp: bytes('x'), wireDown: bytes('y') }),
  ],
  [
    'only ciphertext passed, and the client says that all is well but has no true answer',
    'denied',
    facts({ technique: 'tap', client: { ok: true, received: nothing, words: '' } }, { wireUp: bytes('x') }),
  ],
  ['the request was on the wire', 'plaintext', facts({ technique: 'tap' }, { wireUp: bytes('up-1') })],
  [
    'the genuine answer passed through the attacker unchanged',
    'relayed',
    facts({}, { requests: 1, clearDown: bytes('down-2') }),
  ],
  ['the answer was on the wire', 'plaintext', facts({ technique: 'tap' }, { wireDown: bytes('down-2') })],
  [
    'the client sent alert bad_certificate',
    'refused',
    facts({ client: failed('x509') }, { handshakes: alerted }),
  ],
  [
    'the client believed a forged answer',
    'impersonated',
    facts(
      { client: fooled, endpointHeard: nothing },
      { requests: 1, clearUp: bytes('up-1'), handshakes: handshake() },
    ),
  ],
  [
    'the request was read but the genuine endpoint refused the relay',
    'impersonated',
    facts({ client: failed('401') }, { requests: 1, clearUp: bytes('up-1'), genuineAnswers: unauthorized }),
  ],
  [
    'the relay was refused and the request carried nothing',
    'denied',
    facts(
      { client: failed('401'), carriesUp: false },
      { requests: 1, clearUp: bytes('GET /'), genuineAnswers: unauthorized },
    ),
  ],
  [
    'the genuine endpoint answered through the attacker, which changed the answer',
    'relayed',
    facts({ client: fooled }, { requests: 1, clearUp: bytes('up-1'), clearDown: bytes('down-2') }),
  ],
  [
    'the genuine endpoint heard the attacker’s words',
    'relayed',
    facts(
      { endpointHeard: bytes('tampered-4') },
      { requests: 1, clearUp: bytes('up-1'), clearDown: bytes('down-2') },
    ),
  ],
  ['the path fails by itself', 'broken', facts({ control: { works: false, clientSaw: 'error: refused' } })],
  ['the attacker saw no connection', 'broken', facts({}, { connections: 0 })],
  [
    'the client was given another genuine endpoint’s word',
    'impersonated',
    facts({ client: given('down-7'), elsewhere: { planted: 'down-7', heard: nothing, alert: null } }),
  ],
  [
    'another genuine endpoint heard what was meant for this one, and said no',
    'impersonated',
    facts({ client: failed('404'), elsewhere: { planted: 'down-7', heard: bytes('up-1'), alert: null } }),
  ],
  [
    'another genuine endpoint was sent an alert, and no request',
    'refused',
    facts(
      { client: failed('x509'), elsewhere: { planted: 'down-7', heard: nothing, alert: 'bad_certificate' } },
      { handshakes: handshake({ completed: false }) },
    ),
  ],
  [
    'another genuine endpoint’s word was on the wire',
    'plaintext',
    facts(
      { client: given('down-7'), elsewhere: { planted: 'down-7', heard: bytes('up-1'), alert: null } },
      { wireDown: bytes('down-7') },
    ),
  ],
  [
    'a bearer token was captured',
    'impersonated',
    facts({ client: failed('x') }, { requests: 1, bearerTokens: 1 }),
  ],
];

describe('the judge', () => {
  test.each(cases)('when %s: %s', (_what, verdict, given) => {
    expect(judge(given)).toMatchObject({ verdict, reason: expect.stringMatching(/^[A-Z].*/s) });
  });

  test('finds nothing proved by another run’s words', () => {
    const other = facts({}, { clearUp: bytes('up-9'), clearDown: bytes('down-9') });
    expect(judge(other)).toMatchObject({ read: { up: false, down: false }, forged: false, tampered: false });
  });

  test('says of a steered client that it was misled only when it was', () => {
    const there = { planted: 'down-7', heard: nothing, alert: null };
    expect(judge(facts({ elsewhere: there }))).toMatchObject({ verdict: 'sealed', steered: false });
    expect(judge(facts({ client: given('down-7'), elsewhere: there }))).toMatchObject({ steered: true });
    expect(judge(facts({ client: given('down-7') }))).not.toHaveProperty('steered');
  });

  test('takes the alert from where the client sent it', () => {
    const alert = 'bad_certificate';
    const cell = judge(
      facts(
        { client: failed('x509'), elsewhere: { planted: 'down-7', heard: nothing, alert } },
        { handshakes: handshake({ completed: false }) },
      ),
    );
    expect(cell.tls).toEqual({ version: 'TLSv1.3', alert });
  });

  test('names every part of the damage', () => {
    const cell = judge(
      facts(
        { client: fooled, endpointHeard: bytes('tampered-4') },
        {
          requests: 1,
          clearUp: bytes('up-1'),
          clearDown: bytes('down-2'),
          handshakes: handshake({ clientCertificate: { subject: 'CN=kube-apiserver-kubelet-client' } }),
          quotes: ['GET /exec', 'stdin "up-1"'],
        },
      ),
    );
    expect(cell).toMatchObject({
      read: { up: true, down: true },
      forged: true,
      tampered: true,
      clientCertificateShown: true,
      tls: { version: 'TLSv1.3', alert: null },
      evidence: { lootQuote: 'stdin "up-1"' },
    });
    expect(cell.reason).toContain('both were changed');
  });

  test('tells of a token that was taken, whatever else was', () => {
    const taken = { requests: 1, bearerTokens: 1 };
    const forged = judge(facts({ client: fooled }, taken));
    expect(forged.reason).toContain('what it got was forged, its bearer token was taken.');
    const relayed = judge(facts({ client: fooled }, { ...taken, clearDown: bytes('down-2') }));
    expect(relayed).toMatchObject({ verdict: 'relayed', credential: 'captured' });
    expect(relayed.reason).toContain('and the answer was changed. Its bearer token was taken.');
    expect(judge(facts({ client: fooled }, { requests: 1 })).reason).not.toContain('token');
  });

  const nobody: Replay = { request: 'GET /metrics', status: 401, identity: null, allowed: [] };
  const opened: Replay = { ...nobody, status: 200 };
  const known: Replay = { ...nobody, status: 403, identity: 'system:serviceaccount:a:b' };
  const useful: Replay = { ...nobody, status: 0, allowed: ['get /pods of the kubelet'] };

  test.each<[what: string, replays: readonly Replay[], reason: RegExp]>([
    [
      'the captured request worked again',
      [opened],
      /works: the genuine server answered 200 to "GET \/metrics"\. Nothing more is allowed to it\.$/,
    ],
    [
      'the apiserver knows whose the token is, though the request was forbidden',
      [known],
      /works: to the apiserver whoever shows it is system:serviceaccount:a:b\. Nothing more/,
    ],
    [
      'the kubelet opened something, though the request was not answered',
      [useful],
      /works at the genuine server\. It may: get \/pods of the kubelet\.$/,
    ],
    [
      'one of several tokens worked',
      [nobody, { ...opened, identity: 'u', allowed: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] }],
      /works: the genuine server answered 200 to "GET \/metrics", and to the apiserver whoever shows it is u\. It may: a; b; c; d; e; f; and 2 more\.$/,
    ],
  ])('calls it hijacked when %s', (_what, replays, reason) => {
    const loot = { requests: 1, bearerTokens: replays.length, clearUp: bytes('up-1'), replays };
    const cell = judge(facts({ technique: 'replay', client: fooled }, loot));
    expect(cell).toMatchObject({ verdict: 'hijacked', credential: 'replayed', read: { up: true } });
    expect(cell.reason).toMatch(reason);
    expect(cell.evidence.replays).toEqual(replays);
  });

  test.each<[what: string, replays: readonly Replay[]]>([
    ['nothing was replayed', []],
    ['no server knew the token', [nobody]],
    ['no server answered', [{ ...nobody, status: 0 }]],
    ['the server failed', [{ ...nobody, status: 500 }]],
    ['it was only sent somewhere else', [{ ...nobody, status: 307 }]],
    ['there was nothing to repeat', [{ ...nobody, request: null, status: 200 }]],
  ])('does not call it hijacked when %s', (_what, replays) => {
    const loot = { requests: 1, bearerTokens: 1, replays };
    const cell = judge(facts({ technique: 'replay', client: fooled }, loot));
    expect(cell).toMatchObject({ verdict: 'impersonated', credential: 'captured' });
  });

  test('does not call a path hijacked that does not work, or on which the attacker was not', () => {
    const loot = { requests: 1, bearerTokens: 1, replays: [opened] };
    const control = { works: false, clientSaw: 'error' };
    expect(judge(facts({ technique: 'replay', control }, loot)).verdict).toBe('broken');
    expect(judge(facts({ technique: 'replay' }, { ...loot, connections: 0 })).verdict).toBe('broken');
  });

  test('does not say that no token came by when one came and opened nothing', () => {
    const given = (loot: Partial<LootReport>) =>
      judge(facts({ technique: 'replay', client: fooled }, { requests: 1, ...loot }));
    const useless = given({ bearerTokens: 1, replays: [nobody] });
    expect(useless).toMatchObject({ verdict: 'impersonated', credential: 'captured' });
    expect(useless.reason).toContain('At the genuine server the token opened nothing.');
    expect(given({}).reason).toContain('No bearer token came by');
  });

  test('says null, not false, of a direction in which the path carries nothing', () => {
    expect(judge(facts({ carriesUp: false }))).toMatchObject({ read: { up: null }, tampered: null });
  });

  test('does not call it refused when the client showed its certificate to the attacker', () => {
    const leaked = handshake({ completed: true, clientCertificate: { subject: 'CN=apiserver' } });
    const cell = judge(facts({ client: failed('x509') }, { handshakes: leaked }));
    expect(cell).toMatchObject({ verdict: 'impersonated', clientCertificateShown: true });
  });

  test('does not call it sealed when the client got no answer', () => {
    const cell = judge(facts({ technique: 'tap', client: failed('EOF') }));
    expect(cell).toMatchObject({ verdict: 'denied', reason: expect.stringContaining('EOF') });
  });
});

test('somebody else’s alert is not that of a client that believed', () => {
  const handshakes = [...alerted, ...handshake()];
  const loot = { requests: 1, clearUp: bytes('up-1'), handshakes };
  expect(judge(facts({ client: fooled }, loot)).tls).toEqual({ version: 'TLSv1.3', alert: null });
  expect(judge(facts({ client: failed('x509') }, { handshakes })).tls).toMatchObject({
    alert: 'bad_certificate',
  });
});
