import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { shippedFolder } from '../lab/scenario-files/shipped';
import type { ScenarioReportList } from '../report/played';
import { midplane, type Said } from './midplane.test.fixtures';

const folder = mkdtempSync(join(tmpdir(), 'midplane-several-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

const good = readFileSync(join(shippedFolder, 'skip-verify-backend.yaml'), 'utf8');
const failing = at('failing.yaml');
writeFileSync(
  failing,
  good
    .replace('name: skip-verify-backend', 'name: failing')
    .replace('verdict: impersonated, forged: true', 'verdict: refused, forged: true'),
);

// There is no kubectl in this program: whoever needs one has a lab that cannot start.
describe('several scenarios', () => {
  const names = ['use-the-flag', 'kubectl-told-not-to-verify', 'skip-verify-backend', failing];
  let said: Said = { code: -1, out: '', err: '' };
  let document: ScenarioReportList;

  beforeAll(async () => {
    const outputs = ['json', 'junit', 'sarif', 'markdown', 'html'].map((it) => `${it}=${at(it)}`);
    const kept = ['--evidence', at('evidence'), '--record', at('recordings')];
    said = await midplane(['run', ...names, ...kept, ...['story', ...outputs].flatMap((it) => ['-o', it])]);
    document = JSON.parse(readFileSync(at('json'), 'utf8')) as ScenarioReportList;
  }, 120_000);

  test('are all run, also behind one whose lab cannot start; that counts more than an expectation that failed', () => {
    expect(said.code).toBe(3);
    expect(document.items.map(({ scenario }) => scenario.id)).toEqual([
      'use-the-flag',
      'skip-verify-backend',
      'failing',
    ]);
    expect(document.faults).toMatchObject([
      { scenario: 'kubectl-told-not-to-verify', code: 'LAB_START_FAILED' },
    ]);
  });

  test('are told one after the other, and then which of them did not come out as claimed', async () => {
    const heads = [
      ' use-the-flag  ',
      ' ? kubectl-told-not-to-verify  the lab failed',
      ' skip-verify-backend  one option',
      ' failing  one option',
      ' 2 of 4 scenarios came out as claimed; 1 did not; the lab failed in 1',
      ' ? kubectl-told-not-to-verify\n   the lab failed: there is no kubectl on PATH\n   hint: install one',
      ' ✗ failing\n   open: logs-skip-verify: verdict: expected "refused", and it was "impersonated"',
    ];
    const places = heads.map((head) => `\n${said.out}`.indexOf(`\n${head}`));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  test('tell of the fault in every format that a program reads', () => {
    const read = (name: string): string => readFileSync(at(name), 'utf8');
    expect(read('junit')).toContain('<testsuites name="midplane run" tests="7" failures="1" errors="1">');
    expect(read('sarif')).toContain('"executionSuccessful": false');
    for (const format of ['sarif', 'markdown', 'html'])
      expect(read(format)).toContain('there is no kubectl on PATH');
  });

  test('keep evidence and a recording each, under their names', async () => {
    expect(readdirSync(at('evidence')).sort()).toEqual(['failing', 'skip-verify-backend', 'use-the-flag']);
    expect(existsSync(join(at('evidence'), 'failing', 'report.html'))).toBe(true);
    expect(readdirSync(at('recordings')).sort()).toEqual([
      'failing.ndjson',
      'skip-verify-backend.ndjson',
      'use-the-flag.ndjson',
    ]);
    const replayed = await midplane(['replay', join(at('recordings'), 'failing.ndjson'), '-o', 'json']);
    expect(JSON.parse(replayed.out)).toEqual(document.items[2]);
  });
});

test('a limit of time that is passed is that of one scenario', async () => {
  const names = ['run', 'skip-verify-backend', 'get-nodes-proxy', '--twin', 'fixed'];
  const { code, out } = await midplane([...names, '--time-limit', '0.001', '-o', 'json']);
  expect(code).toBe(4);
  expect(JSON.parse(out)).toMatchObject({
    items: [{ scenario: { id: 'get-nodes-proxy' } }],
    faults: [{ scenario: 'skip-verify-backend', code: 'TIME_LIMIT' }],
  });
}, 60_000);

describe('a selection', () => {
  const planned = async (...args: readonly string[]): Promise<string[]> => {
    const kubectl = { named: 'kubectl', folders: [] };
    const { code, out } = await midplane(['run', '--dry-run', '--twin', 'fixed', ...args], { kubectl });
    expect(code).toBe(0);
    return [...out.matchAll(/^ (\S+) {2}\S/gm)].flatMap(([, id]) => (id === 'fixed' ? [] : (id ?? [])));
  };

  test('is all that ship, or those whose names fit', async () => {
    const all = readdirSync(shippedFolder).filter((name) => name.endsWith('.yaml'));
    expect(await planned('--all')).toHaveLength(all.length);
    expect(await planned('--only', 'konnectivity-*')).toEqual([
      'konnectivity-rogue-agent',
      'konnectivity-front-door',
    ]);
    expect(await planned('--all', '--only', '*-flag,skip*', '--only', 'USE-THE-FLAG')).toEqual([
      'use-the-flag',
      'skip-verify-backend',
    ]);
  });

  test('may have files, beside all that ship or without them', async () => {
    expect(await planned('--all', failing, '--only', 'fail*,use-*')).toEqual(['use-the-flag', 'failing']);
    expect(await planned(failing, 'use-the-flag')).toEqual(['failing', 'use-the-flag']);
  });

  test('of one by a pattern is a list of one', async () => {
    const { code, out } = await midplane(['run', '--only', 'skip-*', '--twin', 'fixed', '-o', 'json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ kind: 'ScenarioReportList', items: [{}], faults: [] });
  }, 30_000);
});

describe('--parallel', () => {
  const names = [
    'redirected-exec',
    failing,
    'kubectl-told-not-to-verify',
    'skip-verify-backend',
    'use-the-flag',
  ];
  const same = ({ items, faults }: ScenarioReportList) => ({
    faults,
    items: items.map(({ scenario, runs }) => ({
      id: scenario.id,
      runs: runs.map(({ steps, gains, outcome, unmet = [] }) => ({ steps, gains, outcome, unmet })),
    })),
  });

  test('gives what they give one after the other, in the same order, and keeps as much', async () => {
    const documents: ScenarioReportList[] = [];
    const told: string[] = [];
    for (const parallel of ['1', '3']) {
      const kept = at(`recordings-${parallel}`);
      const { code, out, err } = await midplane([
        'run',
        ...names,
        ...['--seed', 'together', '--parallel', parallel, '--record', kept],
        ...['-o', 'story', '-o', `json=${at(`${parallel}.json`)}`],
      ]);
      expect(code).toBe(3);
      expect(readdirSync(kept).sort()).toEqual([
        'failing.ndjson',
        'redirected-exec.ndjson',
        'skip-verify-backend.ndjson',
        'use-the-flag.ndjson',
      ]);
      expect(err.match(/^recorded /gm)).toHaveLength(4);
      documents.push(JSON.parse(readFileSync(at(`${parallel}.json`), 'utf8')) as ScenarioReportList);
      told.push(out);
    }
    const [serial, parallel] = documents;
    if (serial === undefined || parallel === undefined) throw new Error('one of them wrote nothing');
    expect(same(parallel)).toEqual(same(serial));
    const heads = told.map((text) => text.match(/^ (\? )?[a-z-]+ {2}/gm));
    expect(heads[1]).toEqual(heads[0]);
  }, 120_000);

  test('shows where it is, and ends with Ctrl-C in every thread', async () => {
    const interruption = new AbortController();
    const begun = new Set<string>();
    const { code, out } = await midplane(['run', 'use-the-flag', 'skip-verify-backend', '--parallel', '2'], {
      signal: interruption.signal,
      progress: true,
      warn: (text) => {
        const id = /\/\d+ (\S+) {2}\S+: /.exec(text)?.[1];
        if (id !== undefined) begun.add(id);
        if (begun.size === 2) interruption.abort(new Error('enough'));
      },
    });
    expect([code, [...begun].sort()]).toEqual([1, ['skip-verify-backend', 'use-the-flag']]);
    expect(out).not.toContain('came out as claimed');
  }, 60_000);
});

describe('what cannot be', () => {
  const two = ['use-the-flag', 'skip-verify-backend'];
  test.each<[readonly string[], string, string]>([
    [
      ['--only', 'use-the-flga'],
      '--only: no scenario is called "use-the-flga"',
      'did you mean "use-the-flag"?',
    ],
    [['--only', 'x*'], '--only: no scenario is called "x*"', 'it takes names, or patterns'],
    [[failing, '--only', 'use-the-flag'], '--only: no scenario is called "use-the-flag"', 'it takes names'],
    [['use-the-flag', 'use-the-flag'], 'scenario "use-the-flag" is given twice', 'name it once'],
    [['--all', 'use-the-flag'], 'scenario "use-the-flag" is given twice', '--all has every scenario'],
    [[failing, `${folder}/./failing.yaml`], 'are both scenario "failing"', 'another metadata.name'],
    [['use-the-flag', 'use-the-flga'], 'unknown scenario "use-the-flga"', 'did you mean use-the-flag?'],
    [[...two, '--twin', 'shut'], 'unknown twin "shut"', 'known: open, fixed'],
    [['--all', '--shell'], '--shell stops in one scenario', 'midplane run NAME --shell'],
    [[...two, '--time-limit', 'soon'], '--time-limit "soon" is not a number of seconds', 'for example'],
    [['--all', '--path', 'logs'], 'a scenario brings its own settings', 'midplane run --all'],
    [[...two, '--evidence', 'x.zip'], '"x.zip" would hold the evidence of several', '--evidence x'],
    [[...two, '--record', 'x.ndjson'], '"x.ndjson" would hold the recordings of several', 'name a folder'],
    [[...two, '--record', failing], `"${failing}" would hold the recordings of several`, 'name a folder'],
    [[...two, '--record', ''], '"" would hold the recordings of several', 'name a folder'],
  ])('%j is refused before anything is run', async (args, message, hint) => {
    const { code, out, err } = await midplane(['run', ...args]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^error: .*\nhint: .*\n$/);
    expect(err).toContain(message);
    expect(err).toContain(hint);
  });

  test('Ctrl-C ends all of them', async () => {
    const interruption = new AbortController();
    const { code, out, err } = await midplane(['run', '--all'], {
      signal: interruption.signal,
      progress: true,
      warn: (text) => {
        if (text.includes('attacker: ')) interruption.abort(new Error('enough'));
      },
    });
    expect([code, out, err]).toEqual([1, '', '']);
  }, 30_000);
});
