import {
  brings,
  type DefenceId,
  defences,
  isAboutCertificate,
  isClientPath,
  isOpen,
  looserThanStock,
  needsOnlyPosition,
  type PathId,
  paths,
  type VerdictId,
  verdictIds,
  worstVerdict,
} from '../scenarios/vocabulary';
import { listed, type Part, quoted, quotedError, type Sentence } from './marked-text';
import { type Cell, type InterceptionMatrix, idsOf, orderedCells, positionOf } from './outcome';
import { readerOf } from './reader-of';
import { messageOf } from './status-message';

/**
 * The sentences that matter, drawn from the cells and from nothing else: a claim appears only if every cell it speaks
 * about bears it out, and every quotation is out of the attacker's loot or out of an answer that was really given.
 */
export interface Finding {
  readonly kind: 'open' | 'closed' | 'still-open' | 'opened-by-more' | 'relay' | 'broken';
  readonly sentence: Sentence;
}

export function findings(matrix: InterceptionMatrix): Finding[] {
  const everything = orderedCells(matrix.cells);
  const cells = positionOnly(everything);
  const all = idsOf(cells).defences;
  const found: Finding[] = [];
  if (all.includes('none')) found.push(...openWithout(cells));
  for (const defence of all.filter((id) => id !== 'none')) {
    found.push(...closedBy(cells, defence), ...stillOpen(cells, defence));
    found.push(...openedByMore(cells, everything, defence));
  }
  found.push(...relayFailures(cells), ...brokenPaths(cells));
  return found;
}

/**
 * The cells of the techniques that need nothing but a place on the network, or what that place brings; all cells when none of those was run. The
 * matrix and its sentences speak about these unless they say otherwise.
 */
export function positionOnly(cells: readonly Cell[]): readonly Cell[] {
  const some = cells.filter(
    (cell) => needsOnlyPosition(cell.technique) || brings(positionOf(cell), cell.technique),
  );
  return some.length > 0 ? some : cells;
}

/** What stands open on a stock cluster. */
function openWithout(cells: readonly Cell[]): Finding[] {
  const here = cells.filter((cell) => cell.defence === 'none');
  const open = here.filter((cell) => isOpen(cell.verdict));
  const count = idsOf(here).paths.length;
  const openPaths = idsOf(open).paths;
  if (openPaths.length === 0) {
    return [
      {
        kind: 'open',
        sentence: [
          'With ',
          { id: 'none' },
          `, ${count === 1 ? 'the only path did not come' : `none of ${count} paths came`} open.`,
        ],
      },
    ];
  }
  // The paths on which users type come first: what was typed is the loot that people understand at once.
  const telling = [...open].sort((a, b) => Number(b.read.up) - Number(a.read.up));
  const quote = quoteFrom(telling);
  return [
    {
      kind: 'open',
      sentence: ['With ', { id: 'none' }, `, ${howMany(openPaths.length, count)} open.`, ...quote],
    },
  ];
}

/** What a defence closed, in comparison with no verification at all. */
function closedBy(cells: readonly Cell[], defence: DefenceId): Finding[] {
  const shut = idsOf(cells).paths.filter((path) => {
    const before = worstOn(cells, path, isClientPath(path) ? 'client-insecure' : 'none');
    const after = worstOn(cells, path, defence);
    return before !== null && after !== null && isOpen(before) && (after === 'sealed' || after === 'refused');
  });
  if (shut.length === 0) return [];
  const refused = cells.filter(
    (cell) => cell.defence === defence && shut.includes(cell.path) && cell.verdict === 'refused',
  );
  const alerts = [...new Set(refused.map((cell) => cell.tls?.alert ?? null))];
  const [alert] = alerts;
  const silent = refused.every(
    (cell) => !cell.clientCertificateShown && cell.read.up !== true && !cell.forged,
  );
  const how: Part[] =
    refused.length > 0 && silent
      ? [
          `: the impostor was refused before a request or ${shut.some(isClientPath) ? 'a credential' : 'the client certificate'} was sent`,
          ...(alerts.length === 1 && alert ? [' (alert ', { id: alert }, ')'] : []),
        ]
      : [];
  const words = refused.find((cell) => cell.clientSaw !== '');
  const said = words === undefined ? [] : wordsRead(words);
  return [{ kind: 'closed', sentence: [{ id: defence }, ' closes ', ...listed(shut), ...how, '.', ...said] }];
}

/** What stays open although a defence is set: grouped by verdict, worst first, each with a quotation. */
function stillOpen(cells: readonly Cell[], defence: DefenceId): Finding[] {
  const here = cells.filter((cell) => cell.defence === defence);
  const groups = new Map<VerdictId, PathId[]>();
  const total = idsOf(here).paths;
  for (const path of total) {
    const worst = worstOn(here, path, defence);
    if (worst !== null && isOpen(worst)) groups.set(worst, [...(groups.get(worst) ?? []), path]);
  }
  const count = [...groups.values()].flat().length;
  const settings = defences.find((word) => word.id === defence)?.settings ?? [];
  const looser = looserThanStock.includes(defence);
  if (count === 0) {
    return [
      {
        kind: 'still-open',
        sentence: [
          'Under ',
          { id: defence },
          `, ${total.length === 1 ? 'the only path did not stay' : `none of ${total.length} paths stayed`} open.`,
        ],
      },
    ];
  }
  const sentence: Part[] = [
    capital(howMany(count, total.length)),
    ' open under ',
    { id: defence },
    ...(settings[0] === undefined
      ? []
      : [looser ? ', where ' : ', although ', { id: settings[0] }, ' is set']),
    ': ',
  ];
  const worstFirst = [...groups].sort(([a], [b]) => verdictIds.indexOf(b) - verdictIds.indexOf(a));
  for (const [index, [verdict, open]] of worstFirst.entries()) {
    sentence.push(index === 0 ? '' : '; ', ...listed(open), ` ${verdict}`);
  }
  sentence.push('.', ...(looser ? [] : whyOpen([...groups.values()].flat())));
  for (const [verdict, open] of worstFirst) {
    sentence.push(...quoteFrom(here.filter((cell) => cell.verdict === verdict && open.includes(cell.path))));
  }
  return [{ kind: 'still-open', sentence }];
}

/** What a certificate from the cluster's own CA adds to the network position: paths that were closed before. */
function openedByMore(cells: readonly Cell[], everything: readonly Cell[], defence: DefenceId): Finding[] {
  const extra = everything.filter(
    (cell) => cell.defence === defence && !cells.includes(cell) && isAboutCertificate(cell.technique),
  );
  const closed = extra.filter((cell) => {
    const before = worstOn(cells, cell.path, defence);
    return before !== null && !isOpen(before) && cell.verdict !== 'broken';
  });
  if (closed.length === 0) return [];
  const opened = closed.filter((cell) => isOpen(cell.verdict));
  const openers = idsOf(opened).techniques;
  const failures = idsOf(closed).techniques.filter((id) => !openers.includes(id));
  const sentence: Part[] = ['With a certificate from the cluster CA in hand, under ', { id: defence }, ': '];
  if (openers.length > 0) sentence.push(...listed(openers), ' still open ', ...listed(idsOf(opened).paths));
  if (openers.length > 0 && failures.length > 0) sentence.push('; ');
  if (failures.length > 0)
    sentence.push(...listed(failures), openers.length > 0 ? ' do not' : ' open nothing more');
  return [{ kind: 'opened-by-more', sentence: [...sentence, '.', ...quoteFrom(opened)] }];
}

/** The transports of the open paths say why a flag for kubelets does not reach them. */
function whyOpen(open: readonly PathId[]): Part[] {
  const transports = new Set(open.map((id) => paths.find((word) => word.id === id)?.transport));
  const why: string[] = [];
  if (transports.has('proxy')) why.push('the proxy transport verifies nobody');
  if (transports.has('kubelet-unverified')) why.push('one query parameter switches verification off');
  return why.length === 0 ? [] : [` Why: ${why.join('; ')}.`];
}

/** Where the genuine endpoint turned the relay away, and where it did not. */
function relayFailures(cells: readonly Cell[]): Finding[] {
  const relays = cells.filter((cell) => cell.technique === 'relay');
  const turnedAway = relays.filter(
    (cell) =>
      cell.read.down !== true &&
      cell.evidence.genuineAnswers.length > 0 &&
      cell.evidence.genuineAnswers.every((answer) => answer.status >= 400),
  );
  const carried = relays.filter((cell) => cell.read.down === true);
  const away = idsOf(turnedAway).paths;
  /** What one defence lets through and another one does not. */
  const sometimes = carried.filter((cell) => away.includes(cell.path));
  const sentence: Part[] = [];
  const answers = refusalsOf(turnedAway);
  if (answers.length > 0) {
    sentence.push(
      'What ',
      { id: 'relay' },
      ' could not do: fetch anything genuine on ',
      ...listed(away),
      ...(sometimes.length > 0 ? [' under ', ...listed(idsOf(turnedAway).defences)] : []),
      '. The real endpoint told the attacker ',
      ...answers.flatMap((text, index) => [index === 0 ? '' : ' or ', quoted(text, 120)]),
      '; a client certificate cannot be passed on.',
    );
  }
  const always = idsOf(carried).paths.filter((path) => !away.includes(path));
  if (carried.length > 0) {
    sentence.push(sentence.length === 0 ? '' : ' ', 'Genuine answers did pass through its hands on ');
    if (always.length > 0) sentence.push(...listed(always));
    if (always.length > 0 && sometimes.length > 0) sentence.push('; and on ');
    if (sometimes.length > 0) {
      sentence.push(...listed(idsOf(sometimes).paths), ' under ', ...listed(idsOf(sometimes).defences));
    }
    sentence.push('.');
  }
  return sentence.length === 0 ? [] : [{ kind: 'relay', sentence }];
}

/** The first of each status. */
function refusalsOf(turnedAway: readonly Cell[]): string[] {
  const first = new Map<number, string>();
  for (const { status, text } of turnedAway.flatMap((cell) => cell.evidence.genuineAnswers)) {
    const message = messageOf(text);
    if (!first.has(status))
      first.set(status, message.startsWith(String(status)) ? message : `${status} ${message}`);
  }
  return [...first.values()];
}

function brokenPaths(cells: readonly Cell[]): Finding[] {
  const broken = cells.filter((cell) => cell.verdict === 'broken');
  return idsOf(broken).defences.map((defence) => {
    const here = broken.filter((cell) => cell.defence === defence);
    const why = here.some((cell) => cell.works)
      ? ', because they fail without any attacker or never reached it: '
      : ', because they fail without any attacker: ';
    const words = here.find((cell) => cell.clientSaw !== '');
    const said = words === undefined ? [] : wordsRead(words);
    return {
      kind: 'broken',
      sentence: ['Not judged under ', { id: defence }, why, ...listed(idsOf(here).paths), '.', ...said],
    };
  });
}

function wordsRead({ path, clientSaw }: Cell): Part[] {
  return [` The ${readerOf(path)} read `, quotedError(clientSaw), '.'];
}

function worstOn(cells: readonly Cell[], path: PathId, defence: DefenceId): VerdictId | null {
  const here = cells.filter((cell) => cell.path === path && cell.defence === defence);
  return here.length === 0 ? null : worstVerdict(here.map((cell) => cell.verdict));
}

/** ` On exec the attacker (self-signed) held “…”.` from the first cell that has a quotation; nothing when none has. */
function quoteFrom(cells: readonly Cell[]): Part[] {
  const cell = cells.find((entry) => entry.evidence.lootQuote !== null);
  if (cell === undefined || cell.evidence.lootQuote === null) return [];
  return [
    ' On ',
    { id: cell.path },
    ' the attacker (',
    { id: cell.technique },
    ') held ',
    quoted(cell.evidence.lootQuote),
    '.',
  ];
}

/** `all 12 paths stand`, `7 of 12 paths stand`, `1 of 12 paths stands`; the word `open` follows. */
function howMany(count: number, total: number): string {
  if (count === total) {
    if (total === 1) return 'the only path stands';
    return total === 2 ? 'both paths stand' : `all ${total} paths stand`;
  }
  return `${count} of ${total} paths ${count === 1 ? 'stands' : 'stand'}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
