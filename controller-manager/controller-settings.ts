import type { SigningKey } from '../pki/jwt';
import type { SigningAuthorities } from './certificate-signing-controller';
import type { ServingApproval } from './kubelet-serving-approver';
import type { Grace } from './node-health';
import type { EvictionRates } from './zone-health';

/** What single controllers are told; the values of the program's flags, or those of a lab. */
export interface ControllerSettings {
  /** --root-ca-file; null: nothing is published. */
  readonly rootCaPem: string | null;
  /** --service-account-private-key-file; null: Secrets for tokens stay empty. */
  readonly serviceAccountKey: SigningKey | null;
  /** --cluster-signing-cert-file and its kin. */
  readonly signingAuthorities: SigningAuthorities;
  /** --cluster-signing-duration. */
  readonly signingDurationMs: number;
  /** --midplane-approve-kubelet-serving. */
  readonly approveKubeletServing: ServingApproval;
  /** --node-monitor-period. */
  readonly nodeMonitorPeriodMs: number;
  readonly nodeGrace: Grace;
  readonly nodeEvictionRates: EvictionRates;
}

const yearMs = 365 * 24 * 60 * 60 * 1000;

export const defaultControllerSettings: ControllerSettings = {
  rootCaPem: null,
  serviceAccountKey: null,
  signingAuthorities: {},
  signingDurationMs: yearMs,
  approveKubeletServing: 'none',
  nodeMonitorPeriodMs: 5_000,
  // 50 s since 1.32, 40 s before: longer than it takes to notice that a connection is dead (k/k#127352).
  nodeGrace: { runningMs: 50_000, startingMs: 60_000 },
  nodeEvictionRates: { normal: 0.1, secondary: 0.01, largeFrom: 50, unhealthyFrom: 0.55 },
};
