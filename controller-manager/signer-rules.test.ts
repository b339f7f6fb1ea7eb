import { describe, expect, test } from '@jest/globals';
import { noExtensions } from '../wire/certificate-extensions';
import { parseUri } from '../wire/uri';
import { refusedBySigner, type SignerName } from './signer-rules';

type Kind = 'dns' | 'email' | 'ip' | 'uri';

function asked(commonName: string, organizations: readonly string[], ...kinds: readonly Kind[]) {
  const names = kinds.map((kind) => {
    if (kind === 'ip') return { kind, octets: Buffer.from([10, 0, 0, 11]) };
    if (kind !== 'uri') return { kind, value: 'a.example' };
    const uri = parseUri('https://a.example');
    if (uri.kind !== 'uri') throw new Error('not a URI');
    return { kind, value: 'https://a.example', uri };
  });
  return {
    subject: { commonName, organizations, attributes: [] },
    extensions: { ...noExtensions(), subjectAltName: { raw: Buffer.alloc(0), names } },
  };
}

const nodes = ['system:nodes'];
const node = 'system:node:node-1';
const client = ['digital signature', 'key encipherment', 'client auth'];
const server = ['digital signature', 'key encipherment', 'server auth'];
const without = (usages: readonly string[], usage: string) => usages.filter((it) => it !== usage);

type Case = readonly [
  what: string,
  request: ReturnType<typeof asked>,
  usages: readonly string[],
  refused: string | null,
];

function signs(signer: SignerName, cases: readonly Case[]): void {
  describe(signer, () => {
    test.each(cases)('%s', (_what, request, usages, refused) => {
      expect(refusedBySigner(signer, request, usages)).toBe(refused);
    });
  });
}

const kubeletClientUsages = 'usages did not match [client auth digital signature key encipherment]';
signs('kubernetes.io/kube-apiserver-client-kubelet', [
  ['a node, with RSA usages', asked(node, nodes), client, null],
  ['usages in any order, and twice', asked(node, nodes), [...client, 'client auth'].reverse(), null],
  ['without key encipherment', asked(node, nodes), without(client, 'key encipherment'), null],
  ['no organization', asked(node, []), client, 'subject organization is not system:nodes'],
  ['another one', asked(node, ['system:masters']), client, 'subject organization is not system:nodes'],
  ['one more', asked(node, [...nodes, 'dev']), client, 'subject organization is not system:nodes'],
  ['no node', asked('jane', nodes), client, 'subject common name does not begin with system:node:'],
  ['a node without a name', asked('system:node:', nodes), client, null],
  ['a DNS name', asked(node, nodes, 'dns'), client, 'DNS subjectAltNames are not allowed'],
  ['an address', asked(node, nodes, 'ip'), client, 'IP subjectAltNames are not allowed'],
  ['a mail address', asked(node, nodes, 'email'), client, 'Email subjectAltNames are not allowed'],
  ['a URI', asked(node, nodes, 'uri'), client, 'URI subjectAltNames are not allowed'],
  [
    'several: the first in upstream’s order',
    asked('jane', nodes, 'uri', 'ip', 'email'),
    server,
    'Email subjectAltNames are not allowed',
  ],
  ['server usages', asked(node, nodes), server, kubeletClientUsages],
  ['both', asked(node, nodes), [...client, 'server auth'], kubeletClientUsages],
  ['no signatures', asked(node, nodes), without(client, 'digital signature'), kubeletClientUsages],
  [
    'the name is looked at before the usages',
    asked('jane', nodes),
    server,
    'subject common name does not begin with system:node:',
  ],
]);

const kubeletServingUsages = 'usages did not match [digital signature key encipherment server auth]';
signs('kubernetes.io/kubelet-serving', [
  ['a name', asked(node, nodes, 'dns'), server, null],
  ['an address', asked(node, nodes, 'ip'), server, null],
  [
    'both, without key encipherment',
    asked(node, nodes, 'dns', 'ip'),
    without(server, 'key encipherment'),
    null,
  ],
  ['neither', asked(node, nodes), server, 'DNS or IP subjectAltName is required'],
  ['a URI alone', asked(node, nodes, 'uri'), server, 'DNS or IP subjectAltName is required'],
  ['a mail address too', asked(node, nodes, 'ip', 'email'), server, 'Email subjectAltNames are not allowed'],
  ['a URI too', asked(node, nodes, 'ip', 'uri'), server, 'URI subjectAltNames are not allowed'],
  ['another organization', asked(node, ['dev'], 'ip'), server, 'subject organization is not system:nodes'],
  ['no node', asked('jane', nodes, 'ip'), server, 'subject common name does not begin with system:node:'],
  ['client usages', asked(node, nodes, 'ip'), client, kubeletServingUsages],
  ['the usages are looked at before the name', asked('jane', nodes, 'ip'), client, kubeletServingUsages],
]);

signs('kubernetes.io/kube-apiserver-client', [
  ['anybody', asked('jane', ['dev'], 'dns', 'ip', 'email', 'uri'), client, null],
  ['client auth alone', asked('jane', []), ['client auth'], null],
  [
    'no client auth',
    asked('jane', []),
    ['digital signature'],
    'missing required usage for client certificate: client auth',
  ],
  ['no usage', asked('jane', []), [], 'missing required usage for client certificate: client auth'],
  ['more', asked('jane', []), server, 'invalid usage for client certificate: server auth'],
  ['any', asked('jane', []), ['client auth', 'any'], 'invalid usage for client certificate: any'],
]);

signs('kubernetes.io/legacy-unknown', [
  ['anything', asked('root', ['system:masters'], 'uri'), ['cert sign', 'any'], null],
]);
