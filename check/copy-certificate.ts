import type { LabPki } from '../lab/lab-pki';
import { createAuthority } from '../pki/authority';
import type { Randomness } from '../randomness';
import type { CertificateShape } from './kubelet-certificate';

/** The keys of a lab whose attacked node serves with a certificate of this shape. */
export async function withServing(
  pki: LabPki,
  { leaf, isFromBundle }: CertificateShape,
  random?: Randomness,
): Promise<LabPki> {
  const signer = isFromBundle
    ? pki.authority
    : await createAuthority({ commonName: 'LAB somebody else', random: random?.for('somebody else') });
  const pair = await signer.issue(leaf);
  return { ...pki, kubeletServing: { ...pki.kubeletServing, 'node-1': pair } };
}
