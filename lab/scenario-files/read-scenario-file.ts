import { nearestNames } from '../../nearest';
import { type AttackId, attackNames } from '../../report/scenario-outcome';
import { parseLocatedYaml } from '../../wire/located-yaml';
import { DocumentPart, type Finding, nearOf } from './document-part';
import { placeIn, readAttacker, techniqueIn } from './read-attacker';
import { clusterFields, readCluster } from './read-cluster';
import { readExpectation, readHints } from './read-expectation';
import { type OutsidePlays, readOptions, readPlay } from './read-play';
import { readUser } from './read-user';
import type { PathsSetup, PlaySetup, ScenarioFile, Setup } from './scenario-file';

export type ReadScenario =
  | { readonly kind: 'scenario'; readonly scenario: ScenarioFile }
  /** In the order of the lines; at least one. */
  | { readonly kind: 'faulty'; readonly findings: readonly Finding[] };

const apiVersion = 'midplane/v1';
const namePattern = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Takes any text; all that is wrong with it is found at once. Pure. `outside`: plays that are files of their own. */
export function readScenarioFile(text: string, outside: OutsidePlays = new Map()): ReadScenario {
  const document = parseLocatedYaml(text);
  if (document.kind === 'syntax-error') {
    const finding = {
      ...document.at,
      text: document.text,
      hint: hintFor(text.split('\n')[document.at.line - 1] ?? ''),
    };
    return { kind: 'faulty', findings: [finding] };
  }
  const findings: Finding[] = [];
  const top = DocumentPart.top(document, findings);
  noteOtherKind(top);
  // Of a document of another kind nothing else says more.
  if (findings.length > 0) return { kind: 'faulty', findings };
  const scenario = readDocument(top, outside);
  if (findings.length === 0) return { kind: 'scenario', scenario };
  findings.sort((a, b) => a.line - b.line || a.column - b.column);
  return { kind: 'faulty', findings };
}

/** What usually is wrong in a line that is no YAML. */
function hintFor(line: string): string {
  if (/^ *\t/.test(line)) return 'lines are indented with spaces, not with tabs';
  if (line.startsWith('---')) return 'run and lint take several files';
  return 'texts with ": " or "#" in them need quotes';
}

/** One that is misspelt is looked at as what it was to be. */
function noteOtherKind(top: DocumentPart): void {
  const kind = top.value('kind');
  if (typeof kind !== 'string' || nearestNames(kind, ['Scenario']).length > 0) return;
  top.note(
    'kind',
    `kind "${kind}" is no scenario`,
    'a scenario has kind: Scenario and apiVersion: midplane/v1',
  );
}

function readDocument(top: DocumentPart, outside: OutsidePlays): ScenarioFile {
  top.only(['apiVersion', 'kind', 'metadata', 'spec']);
  top.neededWord('apiVersion', [apiVersion]);
  top.neededWord('kind', ['Scenario']);
  const metadata = top.neededPart('metadata').only(['name', 'title', 'order']);
  const name = metadata.neededText('name');
  if (name !== '' && !namePattern.test(name)) {
    metadata.note(
      'name',
      `name "${name}" is not in lower case with "-" between words`,
      'for example my-attack',
    );
  }
  const order = metadata.value('order') ?? Number.MAX_SAFE_INTEGER;
  if (!Number.isSafeInteger(order)) {
    metadata.note('order', `order is ${JSON.stringify(order)}`, 'it is a whole number');
  }
  const spec = top
    .neededPart('spec')
    .only([
      'story',
      'needs',
      'evidence',
      'attack',
      'setting',
      'notice',
      'sources',
      'cluster',
      'attacker',
      'user',
      'hints',
      'expect',
      'twin',
    ]);
  const setting = spec.neededPart('setting').only(['name', 'open', 'fixed']);
  const open = readOpen(spec, outside);
  const sources = spec.texts('sources');
  if (sources.length === 0 && !spec.has('sources')) {
    spec.noteName(
      'sources',
      'spec.sources is not there',
      'say where the facts of the story come from, one a line',
    );
  }
  return {
    name,
    title: metadata.neededText('title'),
    order: Number(order),
    story: spec.neededText('story'),
    setting: {
      name: setting.neededText('name'),
      open: setting.neededText('open'),
      fixed: setting.neededText('fixed'),
    },
    ...(spec.has('needs') ? { needs: spec.neededText('needs') } : {}),
    ...(spec.has('evidence') ? { evidence: spec.neededText('evidence') } : {}),
    ...(spec.has('attack') ? { attack: attackOf(spec) } : {}),
    notice: spec.neededText('notice'),
    sources,
    open,
    fixed: readTwin(spec.neededPart('twin'), open),
    hints: readHints(spec, open.kind === 'paths' ? open.user : []),
  };
}

const attackIds = Object.keys(attackNames) as AttackId[];

function attackOf(spec: DocumentPart): readonly AttackId[] {
  return spec.texts('attack').flatMap((given, at) => {
    const id = attackIds.find((each) => each === given);
    if (id === undefined) spec.note('attack', `unknown technique "${given}"`, nearOf(given, attackIds), [at]);
    return id ?? [];
  });
}

function readOpen(spec: DocumentPart, outside: OutsidePlays): Setup {
  const cluster = readCluster(spec.part('cluster')?.only(clusterFields) ?? null);
  const attacker = spec.neededPart('attacker');
  if (attacker.has('play')) {
    const words = readPlay(attacker.only(['play', 'with']), outside);
    if (spec.has('user'))
      spec.noteName('user', 'spec.user has no place beside a play', 'the play does it all');
    return { kind: 'play', cluster, attacker: words, expect: readExpectation(spec.neededPart('expect'), []) };
  }
  const words = readAttacker(attacker.only(['play', 'position', 'side', 'technique', 'rules']));
  const user = readUser(spec);
  if (user.length === 0) {
    spec.noteName('user', 'spec.user does nothing', 'name at least one path: - path: logs');
  }
  const expect = readExpectation(spec.neededPart('expect'), user);
  return { kind: 'paths', cluster, attacker: words, user, expect };
}

const clusterChanges = ['cluster', ...clusterFields] as const;
const changes = {
  paths: [...clusterChanges, 'position', 'side', 'technique', 'user'],
  play: [...clusterChanges, 'with'],
} as const;

/** The other twin: all as it was but for one thing, whose place is taken by what stands in `change`. */
function readTwin(twin: DocumentPart, open: Setup): Setup {
  twin.only(['change', 'expect']);
  const known: readonly string[] = changes[open.kind];
  const change = twin.neededPart('change').only(known);
  const changed = change.names().filter((name) => known.includes(name));
  if (changed.length !== 1) {
    twin.noteName(
      'change',
      `spec.twin.change names ${changed.length === 0 ? 'nothing' : changed.join(', ')}`,
      `the twins differ in one thing: exactly one of ${known.join(', ')}`,
    );
  }
  const whole = change.part('cluster')?.only(clusterFields);
  const cluster = whole === undefined ? readCluster(change, open.cluster) : readCluster(whole);
  return open.kind === 'play'
    ? playTwin(twin, change, { ...open, cluster })
    : pathsTwin(twin, change, { ...open, cluster });
}

function playTwin(twin: DocumentPart, change: DocumentPart, open: PlaySetup): PlaySetup {
  const { attacker } = open;
  const options = change.has('with') ? readOptions(change, attacker.play, attacker.name) : attacker.options;
  return {
    ...open,
    attacker: { ...attacker, options },
    expect: readExpectation(twin.neededPart('expect'), []),
  };
}

function pathsTwin(twin: DocumentPart, change: DocumentPart, open: PathsSetup): PathsSetup {
  const { rules, ...words } = open.attacker;
  const technique = change.has('technique') ? techniqueIn(change) : words.technique;
  const attacker = {
    ...words,
    ...placeIn(change),
    technique,
    // Only a relay plays them.
    ...(rules === undefined || technique !== 'relay' ? {} : { rules }),
  };
  const user = change.has('user') ? readUser(change) : open.user;
  return { ...open, attacker, user, expect: readExpectation(twin.neededPart('expect'), user) };
}
