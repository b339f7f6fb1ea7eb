import { X509Certificate } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { seededRandomness } from '../randomness';
import { pemBlocks } from '../wire/pem';
import { type LabPki, mintLabPki } from './lab-pki';
import { runMatrix } from './run-matrix';

test('the keys and serial numbers of a lab are the same for the same seed, and others for another', async () => {
  const [one, same, other] = await Promise.all(['a', 'a', 'b'].map(marksOf));
  expect(same).toEqual(one);
  expect(other?.filter((mark) => one?.includes(mark))).toEqual([]);
});

test('a matrix comes out the same for the same seed but for its times', async () => {
  const run = (seed: string) =>
    runMatrix({ paths: ['logs', 'metrics-scrape'], defences: ['none', 'kubelet-ca'], seed });
  const [one, same, other] = [await run('a'), await run('a'), await run('b')];
  expect(comparable(same.cells)).toEqual(comparable(one.cells));
  expect(comparable(other.cells)).not.toEqual(comparable(one.cells));
});

/** Without the clock, and without the ports that the system gave to those who dialled. */
function comparable(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
    .replaceAll(/\b1\d{9}(\.\d+|\d{3})?\b/g, 'TIME')
    .replaceAll(/(\d+\.\d+\.\d+\.\d+):[3-6]\d{4}\b/g, '$1:PORT');
  return JSON.parse(text);
}

/** Of every certificate its serial number and its public key, and the other keys. */
async function marksOf(seed: string): Promise<string[]> {
  const pki: LabPki = await mintLabPki({ random: seededRandomness(seed) });
  const text = JSON.stringify(pki, null, 1).replaceAll('\\n', '\n');
  const certificates = pemBlocks(text).filter(({ label }) => label === 'CERTIFICATE');
  const marks = certificates.flatMap(({ der }) => {
    const { serialNumber, publicKey } = new X509Certificate(der);
    return [serialNumber, publicKey.export({ type: 'spki', format: 'der' }).toString('hex')];
  });
  return [...new Set(marks), pki.serviceAccountKeyPem, pki.ssh.client.publicKey];
}
