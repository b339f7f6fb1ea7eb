import { describe, expect, test } from '@jest/globals';
import { type CauseId, diagnose, type Observed, type ShownLeaf } from './diagnose';
import { rules } from './diagnosis-rules';

const url = 'Error from server: Get "https://10.0.0.11:10250/containerLogs/default/web/web": ';
const tls = 'tls: failed to verify certificate: x509: ';
const noIpSans = `${url}${tls}cannot validate certificate for 10.0.0.11 because it doesn't contain any IP SANs`;
const internal = `${url}remote error: tls: internal error`;
const valid = `${url}${tls}certificate is valid for 10.0.0.12, 10.0.0.13, not 10.0.0.11`;
const unknown = 'certificate signed by unknown authority';

const own: ShownLeaf = {
  commonName: 'node-1@1795909000',
  issuer: 'CN=node-1-ca@1795909000',
  dnsNames: ['node-1'],
  ipAddresses: [],
};
const signed: ShownLeaf = {
  commonName: 'system:node:node-1',
  issuer: 'CN=kubernetes',
  dnsNames: ['node-1'],
  ipAddresses: ['10.0.0.11'],
};

describe('from the words alone', () => {
  test.each<[words: string, ...causes: CauseId[]]>([
    [noIpSans, 'self-signed', 'address-type'],
    [
      `error: unable to upgrade connection: ${tls}certificate is valid for node-9, not node-1`,
      'address-changed',
      'other-node',
    ],
    [`Error from server: error dialing backend: ${tls}${unknown}`, 'self-signed', 'wrong-bundle'],
    [`Error from server: Get "https://node-1:10250/x": ${tls}${unknown}`, 'self-signed', 'wrong-bundle'],
    [`${url}${tls}${unknown}`, 'wrong-bundle'],
    [`Error from server: Get "https://[fd00::11]:10250/x": ${tls}${unknown}`, 'wrong-bundle'],
    [
      `error dialing backend: ${tls}${unknown} (possibly because of "x509: ECDSA verification failure" while trying to verify candidate authority certificate "kubernetes")`,
      'wrong-bundle',
    ],
    // As releases before 1.27 say it.
    ['error dialing backend: x509: certificate signed by unknown authority', 'self-signed', 'wrong-bundle'],
    [internal, 'csr-pending', 'expired'],
    [
      `Error from server: Get "https://node-1:10250/x": ${tls}certificate is not valid for any names, but wanted to match node-1`,
      'address-type',
    ],
    [valid, 'address-changed', 'other-node'],
    [
      `${url}${tls}certificate has expired or is not yet valid: current time 2026-11-21T19:32:05Z is after 2026-11-20T19:31:34Z`,
      'expired',
    ],
    [
      `${url}${tls}certificate has expired or is not yet valid: current time 2026-11-21T19:32:05Z is before 2026-11-22T19:31:34Z`,
      'not-yet-valid',
    ],
    [`${url}${tls}certificate relies on legacy Common Name field, use SANs instead`, 'common-name-only'],
    [`${url}${tls}certificate specifies an incompatible key usage`, 'client-certificate'],
    [`${url}x509: certificate has common name "system:node:node-2", not "system:node:node-1"`, 'other-node'],
    [
      'error: You must be logged in to the server (the server has asked for the client to provide credentials ( pods/log web))',
      'kubelet-asks-who',
    ],
    [
      'error: unable to upgrade connection: Forbidden (user=kube-apiserver-kubelet-client, verb=create, resource=nodes, subresource=proxy)',
      'kubelet-forbids',
    ],
    [
      'Error from server: no preferred addresses found; known addresses: [{InternalIP 10.0.0.11}]',
      'no-address',
    ],
    [
      'Error from server: Get "https://node-1:10250/x": dial tcp: lookup node-1 on 10.96.0.10:53: no such host',
      'no-such-name',
    ],
    [
      'Error from server: Get "https://node-1:10250/x": dial tcp: lookup node-1: no such host',
      'no-such-name',
    ],
    [`${url}dial tcp 10.0.0.11:10250: connect: connection refused`, 'unreachable'],
    [`${url}dial tcp 10.0.0.11:10250: i/o timeout`, 'unreachable'],
    [`${url}net/http: TLS handshake timeout`, 'unreachable'],
    [`${url}http: server gave HTTP response to HTTPS client`, 'not-tls'],
    ['unable to load root certificates: unable to parse bytes as PEM block', 'bundle-unusable'],
    [`Unable to connect to the server: ${tls}${unknown}`, 'apiserver-certificate'],
    ['Error from server (NotFound): pods "web" not found'],
    ['error: You must be logged in to the server (Unauthorized)'],
    [''],
  ])('%s', (words, ...causes) => {
    expect(diagnose({ words }).map(({ id }) => id)).toEqual(causes);
  });

  test('lines may be broken anywhere', () => {
    expect(diagnose({ words: noIpSans.replaceAll(' ', '\n   ') })[0]?.id).toBe('self-signed');
  });

  test('hostile words end nothing', () => {
    const long = `${'certificate is valid for '.repeat(20_000)}x`;
    expect(diagnose({ words: long })).toEqual([]);
  });
});

describe('with what else was seen there is one cause', () => {
  test.each<[string, Observed, CauseId]>([
    ["the kubelet's own certificate", { words: noIpSans, shown: own }, 'self-signed'],
    [
      'a signed one without addresses',
      { words: noIpSans, shown: { ...signed, ipAddresses: [] } },
      'address-type',
    ],
    [
      'an authority of its own, dialled by name',
      { words: `error dialing backend: ${tls}${unknown}`, shown: own },
      'self-signed',
    ],
    [
      'a signed one that the bundle does not know',
      { words: `error dialing backend: ${tls}${unknown}`, shown: signed },
      'wrong-bundle',
    ],
    ['this node’s, for an old address', { words: valid, shown: signed, node: 'node-1' }, 'address-changed'],
    [
      'another node’s',
      { words: valid, shown: { ...signed, commonName: 'system:node:node-2' }, node: 'node-1' },
      'other-node',
    ],
    [
      'a request that waits',
      { words: internal, shown: null, requests: ['issued', 'pending'] },
      'csr-pending',
    ],
    ['a request that was denied', { words: internal, shown: null, requests: ['denied'] }, 'csr-denied'],
    [
      'a request that nobody signed',
      { words: internal, shown: null, requests: ['approved'] },
      'csr-not-signed',
    ],
    ['a request that was issued, once', { words: internal, shown: null, requests: ['issued'] }, 'expired'],
  ])('%s', (_seen, observed, cause) => {
    expect(diagnose(observed).map(({ id }) => id)).toEqual([cause]);
  });
});

test('every diagnosis is one line, and says what to do', () => {
  for (const { causes } of rules) {
    for (const { line, mend } of causes({ words: '' }, [])) {
      expect(line).toMatch(/^[^\n]{30,}\.$/);
      expect(mend).toMatch(/^[^\n]{20,}$/);
    }
  }
});
