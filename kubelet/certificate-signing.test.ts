import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../client/clock';
import { scriptedApiserver } from '../client/kube-client.test.fixtures';
import { createCertificateRequest } from '../pki/certificate-request';
import { CLIENT_SIGNER, nodeSubject } from './bootstrap';
import { askForCertificate, waitForCertificate } from './certificate-signing';
import { silent } from './kubelet.test.fixtures';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const wanted = {
  name: 'csr-1',
  requestPem: createCertificateRequest(privateKey, nodeSubject('node-9')),
  signerName: CLIENT_SIGNER,
  usages: ['digital signature', 'client auth'],
  privateKey,
};
const text = 'the server sent something that is not a certificate signing request';

describe('a server that answers what no apiserver would', () => {
  test.each<[string, number, string, string]>([
    ['a page instead of what was made', 201, '<html>welcome</html>', text],
    ['an object without a name', 201, '{"metadata":{}}', text],
    ['nothing instead of what is there already', 409, '{}', `retrieved csr is not compatible: ${text}`],
  ])('is told apart: %s', async (_what, created, body, why) => {
    await using apiserver = await scriptedApiserver({
      onRequest: ({ method }, response) => {
        response.writeHead(method === 'POST' ? created : 200).end(body);
      },
    });
    const { signal } = new AbortController();
    const asked = await askForCertificate(apiserver.client, wanted, { log: silent, signal, now: new Date() });
    expect(asked).toMatchObject({ kind: 'failed', text: why });
  });

  test('and hangs up at once is asked once a second', async () => {
    let asked = 0;
    const paused: number[] = [];
    await using apiserver = await scriptedApiserver({
      onRequest: ({ url = '' }, response) => {
        asked += 1;
        const list = { kind: 'CertificateSigningRequestList', metadata: { resourceVersion: '1' }, items: [] };
        response.end(url.includes('watch') ? '' : JSON.stringify(list));
      },
    });
    const stop = new AbortController();
    const clock = {
      now: systemClock.now,
      pause: async (ms: number, signal: AbortSignal): Promise<void> => {
        if (ms > 1000) return systemClock.pause(ms, signal);
        paused.push(ms);
        if (paused.length === 3) stop.abort();
      },
    };
    const { signal } = stop;
    const waited = { withinMs: 60_000, clock, signal };
    const outcome = await waitForCertificate(
      apiserver.client,
      { kind: 'asked', name: 'csr-1', uid: 'u' },
      waited,
    );
    expect(outcome.kind).toBe('failed');
    expect(paused).toEqual([1000, 1000, 1000]);
    expect(asked).toBe(6);
  });
});
