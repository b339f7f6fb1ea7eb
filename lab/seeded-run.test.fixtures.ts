import { X509Certificate } from 'node:crypto';
import { seededRandomness } from '../randomness';
import { comparable } from '../report/comparable';
import { happenedParts } from '../report/happened-parts';
import type { RecordedLine } from '../report/recording';
import { twins } from '../report/scenario-outcome';
import type { RecordedRun } from '../report/write-recording';
import { pemBlocks } from '../wire/pem';
import { mintLabPki } from './lab-pki';
import { allScenarios } from './scenario-files/all-scenarios';
import { playScenario } from './scenarios/play-scenario';

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

/** What both twins of a scenario came to, step by step, and what happened on the way. */
export async function playedWith(seed: string, name: string): Promise<unknown[]> {
  const scenario = allScenarios.find(({ id }) => id === name);
  if (scenario === undefined) throw new Error(`no scenario "${name}"`);
  const played: unknown[] = [];
  for (const twin of twins) {
    const events: unknown[] = [];
    const { steps, gains, outcome } = await playScenario(scenario, twin, {
      random: seededRandomness(seed),
      onRecorded: (_twin, clusters) =>
        events.push(...happenedParts(null, eventsOf(clusters), { sameSeed: true, certificates: new Map() })),
    });
    played.push({ twin, outcome, gains, steps: comparable(steps), events });
  }
  return played;
}

function eventsOf(clusters: RecordedRun['clusters']): RecordedLine[] {
  return clusters.flatMap(({ events }, index) =>
    events.map((event) => ({ type: 'event' as const, twin: null, cluster: index + 1, ...event })),
  );
}
