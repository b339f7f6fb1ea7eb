import { X509Certificate } from 'node:crypto';
import { seededRandomness } from '../randomness';
import { recordingParts } from '../report/recording-parts';
import { twins } from '../report/scenario-outcome';
import { makeRecording, type RecordedRun, scenarioRecording } from '../report/write-recording';
import { pemBlocks } from '../wire/pem';
import { mintLabPki } from './lab-pki';
import { allScenarios } from './scenario-files/all-scenarios';
import { playTwins } from './scenarios/play-scenario';

/** Of every certificate of a lab its serial number and its public key, and the other keys. */
export async function keysOf(seed: string): Promise<string[]> {
  const pki = await mintLabPki({ random: seededRandomness(seed) });
  const text = JSON.stringify(pki, null, 1).replaceAll('\\n', '\n');
  const certificates = pemBlocks(text).filter(({ label }) => label === 'CERTIFICATE');
  const marks = certificates.flatMap(({ der }) => {
    const { serialNumber, publicKey } = new X509Certificate(der);
    return [serialNumber, publicKey.export({ type: 'spki', format: 'der' }).toString('hex')];
  });
  return [...new Set(marks), pki.serviceAccountKeyPem, pki.ssh.client.publicKey];
}

/** What both twins of a scenario came to, step by step, what happened on the way and what passed: as a diff compares it. */
export async function playedWith(seed: string, name: string): Promise<unknown[]> {
  const scenario = allScenarios.find(({ id }) => id === name);
  if (scenario === undefined) throw new Error(`no scenario "${name}"`);
  const runs: RecordedRun[] = [];
  const report = await playTwins(scenario, twins, {
    random: seededRandomness(seed),
    onRecorded: (twin, clusters) => runs.push({ twin, clusters }),
  });
  const made = { at: new Date().toISOString(), node: process.version, platform: process.platform };
  const recording = makeRecording({ ...scenarioRecording(report, runs, seed), made });
  return recordingParts(recording, { sameSeed: true });
}
