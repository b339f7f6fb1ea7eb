import { type PathId, paths } from '../scenarios/vocabulary';
import { partsOf } from './legend';
import type { Cell } from './outcome';
import type { Style } from './style';
import { hanging, padEnd } from './text';

type Link =
  | { readonly kind: 'carries'; readonly label: string; readonly secure: boolean }
  | { readonly kind: 'ends'; readonly label: string }
  | { readonly kind: 'absent' };

/**
 * `apiserver ═══ TLS ═══ attacker ═ 401 ═╳ kubelet :10250`: who had a connection with whom in the end, and how far it
 * went. Drawn from the cell, so that it cannot say more than the verdict does.
 */
export function drawing(cell: Cell, style: Style, width: number): string[] {
  const word = paths.find((entry) => entry.id === cell.path);
  const from = word?.from ?? 'client';
  const to = `${cell.steered === true ? 'another ' : ''}${word?.to ?? 'endpoint'}`;
  const length = Math.max(8, Math.min(14, Math.floor((width - from.length - to.length - 13) / 2)));
  const near = link(nearLink(cell), style, length);
  const far = link(farLink(cell), style, length);
  const start = ` ${from} ${near} `;
  const attacker = style.verdict(cell.verdict, 'attacker');
  const line = ` ${style.bold(from)} ${near} ${attacker} ${far} ${style.bold(to)}`;
  const caption = hanging(padEnd('', [...start].length), captionOf(cell), width).map(style.dim);
  return [line, ...caption];
}

function nearLink(cell: Cell): Link {
  const secure = cell.tls !== null;
  if (cell.verdict === 'refused') return { kind: 'ends', label: 'TLS' };
  if (cell.verdict === 'broken' || cell.verdict === 'not-applicable') return { kind: 'absent' };
  return {
    kind: 'carries',
    label: secure || isTls(cell.path) ? 'TLS' : 'http',
    secure: secure || isTls(cell.path),
  };
}

function farLink(cell: Cell): Link {
  if (cell.steered === true) return nearLink(cell);
  const refusal = cell.evidence.genuineAnswers.find((answer) => answer.status >= 400);
  switch (cell.verdict) {
    case 'sealed':
    case 'relayed':
    case 'plaintext':
      return nearLink(cell);
    case 'impersonated':
    case 'denied':
    case 'hijacked':
      if (cell.read.down === true) return nearLink(cell);
      return refusal === undefined ? { kind: 'absent' } : { kind: 'ends', label: String(refusal.status) };
    case 'refused':
    case 'broken':
    case 'not-applicable':
      return { kind: 'absent' };
  }
}

function link(drawn: Link, style: Style, length: number): string {
  const { doubled, horizontal, broken } = style.sign;
  switch (drawn.kind) {
    case 'absent':
      return ' '.repeat(length);
    case 'carries':
      return centred(` ${drawn.label} `, drawn.secure ? doubled : horizontal, length);
    case 'ends':
      return centred(` ${drawn.label} `, doubled, length - 1) + broken;
  }
}

function centred(label: string, line: string, width: number): string {
  const left = Math.floor((width - label.length) / 2);
  return line.repeat(left) + label + line.repeat(width - left - label.length);
}

function captionOf(cell: Cell): string {
  const parts = partsOf([cell]);
  const gains = [
    parts.up === true ? 'reads what the client sends' : '',
    parts.down === true ? 'reads what the endpoint answers' : '',
    parts.forged ? 'forges the answer' : '',
    parts.tampered ? 'changes the request' : '',
    parts.certificate ? "is shown the client's certificate" : '',
    cell.steered === true ? 'chooses who answers' : '',
    cell.credential === 'captured' ? "is sent the client's token" : '',
    cell.credential === 'replayed' ? "uses the client's token" : '',
  ].filter((gain) => gain !== '');
  return gains.length === 0 ? 'gains nothing' : gains.join(', ');
}

/** The plain variants of the proxies have their scheme in their id. */
function isTls(path: PathId): boolean {
  return !path.endsWith('-http');
}
