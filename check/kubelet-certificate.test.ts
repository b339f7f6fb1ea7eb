import { describe, expect, test } from '@jest/globals';
import { type Authority, createAuthority, type LeafRequest } from '../pki/authority';
import { judgeGiven, shapeOf } from './kubelet-certificate';
import { planCheck } from './plan-check';
import { readGiven } from './read-given';
import { runCheck } from './run-check';

const authority = createAuthority({ commonName: 'theirs' });
const other = createAuthority({ commonName: 'theirs' });
const host = '10.1.2.3';
const good: LeafRequest = {
  commonName: 'system:node:a',
  organizations: ['system:nodes'],
  dnsNames: ['a.example.org', 'node-1'],
  ipAddresses: [host, '10.0.0.11'],
  usages: ['serverAuth'],
};

async function given(leaf: Partial<LeafRequest>, signer: Promise<Authority> = authority) {
  const { certPem } = await (await signer).issue({ ...good, ...leaf });
  return { chain: certPem, bundle: (await authority).certPem, host };
}

describe('the shape of a certificate', () => {
  test('has the dialled name as the lab has it, and no other name that is the lab’s', async () => {
    const { leaf, isFromBundle } = shapeOf(await given({}));
    expect(leaf).toMatchObject({
      commonName: 'system:node:a',
      organizations: ['system:nodes'],
      dnsNames: ['a.example.org', 'nobody.invalid'],
      ipAddresses: ['10.0.0.11', '192.0.2.1'],
      usages: ['serverAuth'],
    });
    expect(isFromBundle).toBe(true);
  });

  test('knows an authority of the same name with another key', async () => {
    expect(shapeOf(await given({}, other)).isFromBundle).toBe(false);
  });
});

describe('the lab comes to what the judgement says', () => {
  const verifying = readGiven(
    'kind: ClusterConfiguration\napiServer: {extraArgs: {kubelet-certificate-authority: /ca}}',
    'f',
  );
  const year = 365 * 24 * 3600 * 1000;
  const past = { notBefore: new Date(Date.now() - year), notAfter: new Date(Date.now() - 1000) };
  test.each<[string, Partial<LeafRequest>, Promise<Authority>, string | null]>([
    ['a good one', {}, authority, null],
    [
      'for another address',
      { ipAddresses: ['10.1.2.4', '10.0.0.11'] },
      authority,
      'certificate is valid for 10.1.2.4',
    ],
    ['whose time is over', past, authority, 'certificate has expired'],
    ['for clients', { usages: ['clientAuth'] }, authority, 'incompatible key usage'],
    ['of somebody else', {}, other, 'certificate signed by unknown authority'],
  ])('%s', async (_, leaf, signer, error) => {
    const certificate = await given(leaf, signer);
    const { cells, given: outcome } = await runCheck(planCheck(verifying, certificate), {
      paths: ['logs'],
      techniques: ['self-signed'],
    });
    expect(judgeGiven(certificate, new Date()).ok).toBe(error === null);
    expect(outcome?.certificate).toMatchObject({ host, ok: error === null });
    expect(outcome?.certificate?.error ?? '').toContain(error ?? '');
    expect(cells[0]?.verdict).toBe(error === null ? 'refused' : 'broken');
    if (error !== null) expect(cells[0]?.clientSaw).toContain(error);
  });

  test('a name is refused where addresses are dialled', async () => {
    const certificate = { ...(await given({})), host: 'a.example.org' };
    expect(() => planCheck(verifying, certificate)).toThrow(
      '--kubelet-host "a.example.org" is a name, and with these settings kube-apiserver dials addresses',
    );
  });
});
