import { MidplaneError } from '../error';
import { openAuthority } from '../pki/authority';
import { checkKeyPair } from '../pki/key-pair';
import type { KeyPair } from '../wire/pem';
import type { People } from './lab-people';
import type { LabPki } from './lab-pki';

/** The keys of a lab that comes back: one text, kept beside its objects. Whoever reads it owns the lab. */
export interface LabKeys {
  readonly pki: LabPki;
  readonly people: People;
}

export function packKeys({ pki, people }: LabKeys): string {
  const { authority, ...pairs } = pki;
  const kept = { certPem: authority.certPem, keyPem: authority.keyPem };
  return `${JSON.stringify({ version: 1, authority: kept, pki: pairs, people }, null, 1)}\n`;
}

/** Throws MidplaneError CONFIG_INVALID for a text that packKeys did not write, CERTIFICATE_UNUSABLE for keys past their time. */
export function unpackKeys(text: string, file: string, now: Date): LabKeys {
  const kept = parsed(text, file);
  const { certPem, keyPem } = kept.authority;
  checkKeyPair({ certPem, keyPem, certFile: file, keyFile: file, now });
  checkKeyPair({ ...kept.people.admin, certFile: file, keyFile: file, now });
  return { pki: { ...kept.pki, authority: openAuthority(kept.authority) }, people: kept.people };
}

interface Kept {
  readonly version: 1;
  readonly authority: KeyPair;
  readonly pki: Omit<LabPki, 'authority'>;
  readonly people: People;
}

function parsed(text: string, file: string): Kept {
  let kept: Partial<Kept> | null = null;
  try {
    kept = JSON.parse(text) as Partial<Kept> | null;
  } catch {
    // Said below.
  }
  if (
    kept?.version !== 1 ||
    kept.authority === undefined ||
    kept.pki?.serviceAccountKeyPem === undefined ||
    kept.pki.kubeProxy === undefined ||
    kept.pki.ssh === undefined ||
    kept.people === undefined
  ) {
    throw new MidplaneError('CONFIG_INVALID', `"${file}" does not hold the keys of a lab`, {
      hint: 'name an empty folder with --data-dir, or the one of an earlier midplane up',
    });
  }
  return kept as Kept;
}
