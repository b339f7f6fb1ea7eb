import {
  type DefenceId,
  isAboutCertificate,
  isClientPath,
  type PathId,
  pathsRun,
  type TechniqueId,
  techniquesRun,
  type VerdictId,
} from '../scenarios/vocabulary';
import type { Cell, InterceptionMatrix } from './outcome';

/** A matrix as a lab would report it, for the tests of the reports. Not part of the package. */

const plainPaths: readonly PathId[] = ['node-proxy-http', 'pod-proxy-http', 'service-proxy-http'];
const proxyTls: readonly PathId[] = ['node-proxy-https', 'pod-proxy-https', 'service-proxy-https'];
const believed: readonly TechniqueId[] = ['neighbour', 'stolen'];

const fromApiserver = pathsRun.filter((path) => !isClientPath(path));
const certificates = techniquesRun.filter(
  (technique) => technique === 'tap' || technique === 'relay' || isAboutCertificate(technique),
);

/** Of the direction from the apiserver to nodes and pods. */
export function sampleMatrix(techniques: readonly TechniqueId[] = certificates): InterceptionMatrix {
  const defences: readonly DefenceId[] = ['none', 'kubelet-ca'];
  return {
    apiVersion: 'midplane/v1',
    kind: 'InterceptionMatrix',
    metadata: {
      midplaneVersion: '0.1.0',
      emulates: 'v1.33.1',
      node: 'v20.20.2',
      startedAt: '2026-11-21T21:40:00Z',
      durationMs: 1840,
    },
    cells: fromApiserver.flatMap((path) =>
      defences.flatMap((defence) => techniques.map((technique) => sampleCell(path, defence, technique))),
    ),
  };
}

export function sampleCell(path: PathId, defence: DefenceId, technique: TechniqueId): Cell {
  const verdict = sampleVerdict(path, defence, technique);
  const kubelet = !plainPaths.includes(path) && !proxyTls.includes(path);
  const open = verdict === 'impersonated' || verdict === 'relayed';
  const up = path.startsWith('logs') ? null : open || verdict === 'plaintext';
  return {
    path,
    defence,
    technique,
    verdict,
    works: true,
    read: { up, down: verdict === 'relayed' || verdict === 'plaintext' },
    forged: open && technique !== 'relay',
    tampered: verdict === 'relayed' ? true : null,
    clientCertificateShown: open && kubelet,
    credential: null,
    tls: plainPaths.includes(path)
      ? null
      : { version: 'TLSv1.3', alert: verdict === 'refused' ? 'bad_certificate' : null },
    clientSaw:
      verdict === 'refused'
        ? `Error from server: Get "https://10.0.0.11:10250/containerLogs/default/web/app": tls: failed to verify certificate: x509: certificate signed by unknown authority`
        : '',
    reason: `sample ${verdict}`,
    evidence: {
      lootQuote: open || verdict === 'plaintext' ? `canary-${path}-${technique} “quoted”` : null,
      connections: 1,
      genuineAnswers: genuineAnswers(technique, kubelet, defence),
    },
  };
}

function genuineAnswers(
  technique: TechniqueId,
  kubelet: boolean,
  defence: DefenceId,
): Cell['evidence']['genuineAnswers'] {
  if (technique !== 'relay') return [];
  if (!kubelet) return [{ status: 200, text: 'OK' }];
  return defence === 'none' ? [{ status: 401, text: 'Unauthorized' }] : [];
}

function sampleVerdict(path: PathId, defence: DefenceId, technique: TechniqueId): VerdictId {
  if (plainPaths.includes(path)) {
    return technique === 'tap' || technique === 'relay' ? 'plaintext' : 'not-applicable';
  }
  if (technique === 'tap') return 'sealed';
  // Whoever verifies nobody still checks who owns the key.
  if (technique === 'weak-key') return 'refused';
  if (proxyTls.includes(path)) return technique === 'relay' ? 'relayed' : 'impersonated';
  if (path !== 'logs-skip-verify' && defence === 'kubelet-ca' && !believed.includes(technique))
    return 'refused';
  return technique === 'relay' && path.startsWith('logs') ? 'denied' : 'impersonated';
}
