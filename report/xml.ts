import { printable } from './text';

/**
 * Foreign words as text or as an attribute's value, in XML and in HTML alike. What XML 1.0 cannot say at all (§2.2: most
 * control characters, lone halves of surrogate pairs) is spelled out; line ends and tabs stay.
 */
export function escapeXml(text: string): string {
  return text
    .split(/(\n|\t)/)
    .map((part) => (part === '\n' || part === '\t' ? part : printable(part)))
    .join('')
    .replace(/\p{Surrogate}|[\ufffe\uffff]/gu, '\ufffd')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');
}
