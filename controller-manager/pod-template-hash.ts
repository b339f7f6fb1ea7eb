import { createHash } from 'node:crypto';
import type { PodTemplate } from '../api/objects';
import { sameJson } from '../api/same-json';

export const TEMPLATE_HASH_LABEL = 'pod-template-hash';

/** k8s.io/apimachinery pkg/util/rand, SafeEncodeString: digits of a number in an alphabet that spells no words. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * What tells one pod template from another in the names of ReplicaSets. Upstream hashes a dump of Go's structures, so
 * its letters for a template are others; the rules (stable, ten letters of the same alphabet at most) are the same.
 */
export function podTemplateHash(template: PodTemplate): string {
  const digest = createHash('sha256')
    .update(canonical(withoutHash(template)))
    .digest();
  return [...String(digest.readUInt32BE(0))]
    .map((digit) => ALPHABET.charAt(Number(digit) % ALPHABET.length))
    .join('');
}

export function sameTemplate(a: PodTemplate, b: PodTemplate): boolean {
  return sameJson(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplate): object {
  const { [TEMPLATE_HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { labels, annotations: template.metadata?.annotations ?? {} } };
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}
