import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createAuthority } from '../pki/authority';
import { forgeImpostor } from '../pki/impostor';
import {
  decodeLootReport,
  decodeOrder,
  encodeLootReport,
  encodeOrder,
  type OrderedAttack,
} from './control-protocol';
import type { LootReport } from './loot-report';
import type { Rule } from './rules';

const order: OrderedAttack = {
  technique: 'self-signed',
  mode: 'impersonate',
  target: { address: '10.78.2.11', port: 10250 },
  present: null,
  forged: 'FORGED-é',
  tampered: 'TAMPERED',
};

const onTunnels: OrderedAttack = {
  ...order,
  target: { address: '10.78.2.11', port: 22 },
  also: [{ address: '10.78.2.12', port: 22 }],
  channelsTo: order.target,
};

const report: LootReport = {
  connections: 2,
  clearUp: Buffer.from([0, 255, 128]),
  clearDown: Buffer.alloc(0),
  wireUp: Buffer.from('wire'),
  wireDown: Buffer.from('erwi'),
  requests: 1,
  handshakes: [
    { completed: true, version: 'TLSv1.3', alert: null, clientCertificate: { subject: 'CN=apiserver' } },
    { completed: false, version: null, alert: 'bad_certificate', clientCertificate: null },
  ],
  genuineAnswers: [{ status: 401, text: 'Unauthorized' }],
  bearerTokens: 1,
  hostKeys: [{ believed: true, user: 'core' }],
  tunnelTargets: ['10.0.0.11:10250'],
  replays: [
    {
      credential: 'bearer token in a header',
      opened: 'GET /metrics: x',
      request: 'GET /metrics',
      status: 200,
      identity: null,
      allowed: ['get /pods'],
    },
  ],
  resent: [{ request: 'GET /pods', status: 401, answer: 'Unauthorized' }],
  redirects: [
    {
      status: 302,
      location: 'http://10.0.0.66:1/',
      followedBy: 'curl',
      credential: 'bearer token',
      alert: null,
    },
  ],
  dropped: {
    up: 1,
    down: 0,
    wireUp: 0,
    wireDown: 2,
    text: 0,
    connections: 3,
    handshakes: 0,
    requests: 0,
    genuineAnswers: 0,
    credentials: 0,
  },
  transcript: {
    entries: [
      {
        atMs: 12,
        connection: 'c1',
        exchange: 0,
        stream: 'stdin',
        side: 'endpoint-received',
        text: 'id\n',
        encoding: 'utf8',
      },
    ],
    dropped: { entries: 1, bytes: 2 },
  },
  quotes: ['GET /logs'],
};

describe('an order', () => {
  test('arrives as it was sent, with and without a certificate', async () => {
    const authority = await createAuthority({ commonName: 'LAB kubernetes' });
    const expired = await authority.issue({
      commonName: 'system:node:node-1',
      usages: ['clientAuth'],
      notBefore: new Date('2001-01-01'),
      notAfter: new Date('2002-01-01'),
    });
    const authorityAt = { address: '10.78.1.10', port: 6443 };
    const rules: Rule[] = [
      { kind: 'inject', stream: 'stdin', text: 'id\n', when: { kind: 'idle-prompt' } },
      { kind: 'delay', stream: null, ms: 5 },
    ];
    const orders = [
      order,
      onTunnels,
      { ...order, present: expired },
      { ...order, authorityAt },
      { ...order, rules },
    ];
    for (const sent of orders) {
      expect(decodeOrder(encodeOrder(sent))).toEqual({ kind: 'decoded', value: sent });
    }
  });

  test('carries over nothing that is not asked for', () => {
    const decoded = decodeOrder(JSON.stringify({ ...order, targets: [], __proto__: null, shell: 'rm' }));
    expect(decoded).toEqual({ kind: 'decoded', value: order });
  });

  test.each<[string, unknown, string]>([
    ['an empty object', {}, 'technique is not a string'],
    ['null', null, 'the body is not an object'],
    ['a list', [order], 'the body is not an object'],
    ['a technique that is no id', { ...order, technique: 'a b' }, 'technique is not an id'],
    [
      'a technique without end',
      { ...order, technique: 'a'.repeat(257) },
      'technique is longer than 256 characters',
    ],
    ['a mode of its own', { ...order, mode: 'destroy' }, 'mode is not one of tap, impersonate, relay'],
    ['no target', { ...order, target: undefined }, 'target is not an object'],
    [
      'a target that is a name',
      { ...order, target: { address: 'node-1', port: 1 } },
      'target.address is not an IPv4 address: "node-1"',
    ],
    [
      'a target that is a rule',
      { ...order, target: { address: '1.1.1.1 accept', port: 1 } },
      'target.address is not an IPv4 address: "1.1.1.1 accept"',
    ],
    ['port 0', { ...order, target: { ...order.target, port: 0 } }, 'target.port is not a port: 0'],
    [
      'a port in words',
      { ...order, target: { ...order.target, port: '10250' } },
      'target.port is not a whole number',
    ],
    ['a certificate that is missing', { ...order, present: undefined }, 'present is not an object'],
    [
      'a certificate that is none',
      { ...order, present: { certPem: 'x', keyPem: 'y' } },
      'present.certPem holds no certificate in PEM',
    ],
    [
      'a rule that is none',
      { ...order, rules: [{ drop: { stream: 'log' } }] },
      'rules cannot be played: rule 1 (drop) names the unknown stream "log"',
    ],
    ['a number to tell the victim', { ...order, forged: 7 }, 'forged is not a string'],
    [
      'too much to tell the genuine endpoint',
      { ...order, tampered: 'x'.repeat(20_000) },
      'tampered is longer than 16384 characters',
    ],
    [
      'an authority nowhere',
      { ...order, authorityAt: { address: '10.78.1.10', port: 70_000 } },
      'authorityAt.port is not a port: 70000',
    ],
  ])('with %s is refused by name', (_, sent, text) => {
    expect(decodeOrder(JSON.stringify(sent))).toEqual({ kind: 'malformed', text });
  });

  test('with a key that is not the one of its certificate is refused, and the key is not repeated', async () => {
    const [one, other] = await Promise.all([
      forgeImpostor('self-signed', { host: '10.78.2.11' }),
      forgeImpostor('self-signed', { host: '10.78.2.11' }),
    ]);
    const decode = (keyPem: string) =>
      decodeOrder(encodeOrder({ ...order, present: { certPem: one.certPem, keyPem } }));
    expect(decode(other.keyPem)).toEqual({
      kind: 'malformed',
      text: 'present.keyPem is not the key of the certificate',
    });
    expect(decode('secret')).toEqual({
      kind: 'malformed',
      text: 'present.keyPem holds no private key in PEM',
    });
  });

  test('of whatever kind is read or refused, and never breaks the reader', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .dictionary(fc.constantFrom(...Object.keys({ ...order, ...report })), fc.jsonValue())
        .map((fault) => JSON.stringify({ ...order, ...fault })),
    );
    fc.assert(
      fc.property(anything, (text) => {
        expect(['decoded', 'malformed']).toContain(decodeOrder(text).kind);
        expect(['decoded', 'malformed']).toContain(decodeLootReport(text).kind);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a loot report', () => {
  test('arrives as it was sent, to the octet', () => {
    expect(decodeLootReport(encodeLootReport(report))).toEqual({ kind: 'decoded', value: report });
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['bytes that are no base64', { clearUp: '§§' }, 'clearUp is not base64'],
    ['bytes that are cut off', { wireDown: 'YWI' }, 'wireDown is not base64'],
    ['fewer than no connections', { connections: -1 }, 'connections is not a whole number'],
    ['handshakes that are no list', { handshakes: {} }, 'handshakes is not a list'],
    [
      'a handshake that is half told',
      { handshakes: [report.handshakes[0], { completed: 'yes' }] },
      'handshakes[1].completed is neither true nor false',
    ],
    ['a quote that is none', { quotes: [null] }, 'quotes[0] is not a string'],
    [
      'more answers than anybody reads',
      { genuineAnswers: Array(10_001).fill(0) },
      'genuineAnswers has more than 10000 entries',
    ],
  ])('with %s is refused by name', (_, fault, text) => {
    const sent: Record<string, unknown> = JSON.parse(encodeLootReport(report));
    expect(decodeLootReport(JSON.stringify({ ...sent, ...fault }))).toEqual({ kind: 'malformed', text });
  });
});
