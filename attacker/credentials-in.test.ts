import { describe, expect, test } from '@jest/globals';
import { createAuthority } from '../pki/authority';
import { credentialName, credentialsIn } from './credentials-in';
import { LootBag } from './loot';

const JWT = `eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.${'s'.repeat(40)}`;
const OTHER = `eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJvdGhlciJ9.${'t'.repeat(40)}`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

function bag(part: {
  path?: string;
  headers?: readonly (readonly [string, string])[];
  body?: string;
  answer?: string;
}) {
  const loot = new LootBag();
  const { path = '/api/v1/x', headers = [], body = '', answer = '' } = part;
  loot.noteRequest({ connection: 'c', method: 'POST', path, headers }).addText('body', Buffer.from(body));
  loot.keep('down', 'c', Buffer.from(answer));
  return loot;
}

const found = (loot: LootBag): string[] =>
  credentialsIn(loot).map((it) => `${credentialName(it)}: ${it.kind === 'certificate' ? '' : it.value}`);

describe('credentials are found', () => {
  test.each<[what: string, loot: LootBag, found: string[]]>([
    [
      'in the Authorization header',
      bag({ headers: [['Authorization', `Bearer ${JWT}`]] }),
      [`bearer token in a header: ${JWT}`],
    ],
    [
      'in a WebSocket subprotocol',
      bag({
        headers: [
          [
            'Sec-WebSocket-Protocol',
            `v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.${Buffer.from(JWT).toString('base64url')}`,
          ],
        ],
      }),
      [`bearer token in a header: ${JWT}`],
    ],
    [
      'in basic authentication and cookies',
      bag({
        headers: [
          ['Authorization', 'Basic YTpi'],
          ['Cookie', 'session=1'],
        ],
      }),
      ['Authorization in a request: Basic YTpi', 'Cookie in a request: session=1'],
    ],
    [
      'in a query',
      bag({ path: '/proxy/x?access_token=0123456789&y=1' }),
      ['bearer token in the query of POST /proxy/x: 0123456789'],
    ],
    [
      'in the answer to a TokenRequest',
      bag({ answer: `{"status":{"token":"${JWT}","expirationTimestamp":"x"}}` }),
      [`bearer token in an answer of the genuine endpoint: ${JWT}`],
    ],
    [
      'in a Secret of a service account',
      bag({ answer: `{"data":{"token":"${base64(JWT)}"},"type":"kubernetes.io/service-account-token"}` }),
      [`bearer token in an answer of the genuine endpoint: ${JWT}`],
    ],
    [
      'in the two halves of a bootstrap token',
      bag({
        answer: `{"data":{"token-id":"${base64('abcdef')}","token-secret":"${base64('0123456789abcdef')}"}}`,
      }),
      ['bearer token in an answer of the genuine endpoint: abcdef.0123456789abcdef'],
    ],
    [
      'in a kubeconfig that somebody sends, static tokens too',
      bag({ body: 'users:\n- name: a\n  user:\n    token: 0123-static\n' }),
      ['bearer token in the body of POST /api/v1/x: 0123-static'],
    ],
    [
      'in a kubeconfig that is the data of a Secret',
      bag({ answer: `{"data":{"config":"${base64(`users:\n- name: ci\n  user:\n    token: ${JWT}\n`)}"}}` }),
      [`bearer token in an answer of the genuine endpoint: ${JWT}`],
    ],
    [
      'once each',
      bag({ headers: [['Authorization', `Bearer ${JWT}`]], body: JWT, answer: `${JWT} ${OTHER}` }),
      [`bearer token in a header: ${JWT}`, `bearer token in an answer of the genuine endpoint: ${OTHER}`],
    ],
    ['not in what is none', bag({ body: 'token: x, eyJ.eyJ.x, abc.def', answer: '{"token":null}' }), []],
  ])('%s', (_what, loot, expected) => {
    expect(found(loot)).toEqual(expected);
  });

  test('as a certificate with its key, and not without it', async () => {
    const authority = await createAuthority({ commonName: 'LAB ca' });
    const [mine, other] = await Promise.all(
      ['mine', 'other'].map((commonName) => authority.issue({ commonName, usages: ['clientAuth'] })),
    );
    if (mine === undefined || other === undefined) throw new Error('not issued');
    const secret = (certPem: string, keyPem: string): string =>
      JSON.stringify({ data: { 'tls.crt': base64(certPem), 'tls.key': base64(keyPem) } });
    expect(credentialsIn(bag({ answer: secret(mine.certPem, mine.keyPem) }))).toEqual([
      {
        kind: 'certificate',
        subject: 'CN=mine',
        from: 'an answer of the genuine endpoint',
        certPem: expect.stringContaining('BEGIN CERTIFICATE'),
        keyPem: expect.stringContaining('PRIVATE KEY'),
      },
    ]);
    const inClear = JSON.stringify({ files: `${mine.keyPem}\n${mine.certPem}` });
    expect(found(bag({ body: inClear }))).toEqual([
      'certificate of CN=mine with its key in the body of POST /api/v1/x: ',
    ]);
    expect(credentialsIn(bag({ answer: secret(mine.certPem, other.keyPem) }))).toEqual([]);
    expect(credentialsIn(bag({ answer: mine.certPem }))).toEqual([]);
  });
});

describe('a hostile loot', () => {
  test('gives no more than eight, and nothing that would be two headers', () => {
    const many = Array.from({ length: 100 }, (_, at) => `token: number-${at}-xxxx`).join('\n');
    expect(credentialsIn(bag({ body: many }))).toHaveLength(8);
    const broken = Buffer.from('a\r\nX: y').toString('base64url');
    const header = ['Sec-WebSocket-Protocol', `base64url.bearer.authorization.k8s.io.${broken}`] as const;
    expect(credentialsIn(bag({ headers: [header] }))).toEqual([]);
  });

  test.each([
    ['of one letter', 'A'.repeat(1024 * 1024)],
    ['of beginnings of tokens', 'eyJhbGciOi.'.repeat(90_000)],
    ['of encoded beginnings', 'ZXlK'.repeat(250_000)],
    ['of beginnings of keys', '-----BEGIN PRIVATE KEY-----\n'.repeat(35_000)],
    ['of the word token', 'token '.repeat(170_000)],
  ])('is searched in no more than a moment when it is a mebibyte %s', (_what, answer) => {
    const began = performance.now();
    credentialsIn(bag({ answer }));
    expect(performance.now() - began).toBeLessThan(3000);
  });
});
