/** The syntax of the names in subjectAltName and nameConstraints, as far as Go checks it. */

/**
 * Whether Go takes this for a domain name: visible ASCII, no empty label, no dot at the end; a constraint may begin with
 * a dot. The empty string passes (crypto/x509 domainNameValid, golang.org/issue/75835).
 */
export function domainNameValid(name: string, isConstraint: boolean): boolean {
  if (name === '') return true;
  const labels = (isConstraint && name[0] === '.' ? name.slice(1) : name).split('.');
  return labels.every((label) => label !== '' && isVisibleAscii(label));
}

function isVisibleAscii(text: string): boolean {
  return /^[\x21-\x7e]*$/.test(text);
}

export interface Mailbox {
  readonly local: string;
  readonly domain: string;
}

const unquotedLocal = /^[0-9A-Za-z!#$%&'*+\-/=?^_`{|}~.]$/;

/** RFC 2821 Mailbox: a dotted or a quoted local part, `@`, anything of visible ASCII labels. Null when it is not one. */
export function parseMailbox(text: string): Mailbox | null {
  const split = text[0] === '"' ? quotedLocalPart(text) : dottedLocalPart(text);
  if (split === null || text[split.end] !== '@') return null;
  const domain = text.slice(split.end + 1);
  return domainNameValid(domain, false) ? { local: split.local, domain } : null;
}

function quotedLocalPart(text: string): { local: string; end: number } | null {
  let local = '';
  for (let at = 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') return { local, end: at + 1 };
    if (character === '\\') {
      at += 1;
      if (at >= text.length || !mayBeQuoted(text.charCodeAt(at))) return null;
      local += text.charAt(at);
    } else {
      if (character === '\t' || !mayBeQuoted(text.charCodeAt(at))) return null;
      local += character;
    }
  }
  return null;
}

/** ASCII without NUL, line feed and carriage return. */
function mayBeQuoted(code: number): boolean {
  return code >= 1 && code <= 0x7f && code !== 0x0a && code !== 0x0d;
}

/** A backslash lets any character pass, as the errata of RFC 3696 want it. */
function dottedLocalPart(text: string): { local: string; end: number } | null {
  let local = '';
  let at = 0;
  for (; at < text.length; at += 1) {
    if (text[at] === '\\') {
      at += 1;
      if (at >= text.length) return null;
    } else if (!unquotedLocal.test(text.charAt(at))) {
      break;
    }
    local += text.charAt(at);
  }
  const misplacedDot = local.startsWith('.') || local.endsWith('.') || local.includes('..');
  return local === '' || misplacedDot ? null : { local, end: at };
}
