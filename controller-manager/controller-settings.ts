import type { SigningKey } from '../pki/jwt';
import type { SigningAuthorities } from './certificate-signing-controller';
import type { ServingApproval } from './kubelet-serving-approver';

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
}

const yearMs = 365 * 24 * 60 * 60 * 1000;

export const defaultControllerSettings: ControllerSettings = {
  rootCaPem: null,
  serviceAccountKey: null,
  signingAuthorities: {},
  signingDurationMs: yearMs,
  approveKubeletServing: 'none',
};
