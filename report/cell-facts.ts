import { describeTechnique, paths, verdicts } from '../scenarios/vocabulary';
import { type Cell, defenceAndSide, type ExpectationFailure, positionOf } from './outcome';

/** One cell in words, as every report for machines tells it: label and value, only what there is something to say of. */
export function cellFacts(cell: Cell): readonly (readonly [label: string, value: string])[] {
  const { evidence, tls } = cell;
  const word = paths.find(({ id }) => id === cell.path);
  const title = verdicts.find(({ id }) => id === cell.verdict)?.title ?? '';
  const facts: (readonly [string, string | null])[] = [
    ['path', `${cell.path}: ${word?.from ?? ''} → ${word?.to ?? ''}`],
    ['defence', defenceAndSide(cell)],
    ['technique', `${cell.technique}: ${describeTechnique(cell.technique).title}`],
    ['position', positionOf(cell)],
    ['verdict', `${cell.verdict}: ${title}`],
    ['why', cell.reason],
    ['read', readWords(cell)],
    ['forged', yes(cell.forged, 'what the attacker invented reached the client')],
    ['tampered', yes(cell.tampered === true, 'what the attacker changed reached the genuine endpoint')],
    ['client certificate', yes(cell.clientCertificateShown, 'shown to the attacker')],
    ['credential', cell.credential],
    ['TLS', tls === null ? null : [tls.version ?? 'no handshake', ...alertWords(tls.alert)].join(', ')],
    ['the user saw', cell.clientSaw === '' ? null : cell.clientSaw],
    ['the attacker held', evidence.lootQuote],
    ...evidence.genuineAnswers.map(
      ({ status, text }) => ['the genuine endpoint said', `${status} ${text}`.trim()] as const,
    ),
    ...(evidence.traces ?? []).map(
      ({ where, text, look }) => ['to be seen', `${where}: ${text} (${look})`] as const,
    ),
  ];
  return facts.flatMap(([label, value]) => (value === null ? [] : [[label, value] as const]));
}

function readWords({ read }: Cell): string | null {
  const words = [
    read.up === true ? 'what the client sent' : null,
    read.down === true ? 'what the genuine endpoint answered' : null,
  ].filter((it) => it !== null);
  return words.length === 0 ? null : words.join(', ');
}

function alertWords(alert: string | null): string[] {
  return alert === null ? [] : [`alert ${alert} by the client`];
}

function yes(said: boolean, text: string): string | null {
  return said ? text : null;
}

/** `expected open: false, seen verdict: impersonated`. */
export function failureText({ expected, seen, why }: ExpectationFailure): string {
  return `expected ${expected}, seen ${seen}${why === null ? '' : ` (${why})`}`;
}
