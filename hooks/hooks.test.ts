import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from '@jest/globals';

const root = join(__dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'midplane-hooks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
// As npm install of a folder does it: what is required is the export of the package, and nothing beside it.
mkdirSync(join(folder, 'node_modules'));
symlinkSync(root, join(folder, 'node_modules', 'midplane'));

const page = readFileSync(join(root, 'docs', 'hooks.md'), 'utf8');
const play = blockOf('js');
const scenario = blockOf('yaml');

function blockOf(language: string): string {
  const [, block] = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(page) ?? [];
  if (block === undefined) throw new Error(`docs/hooks.md has no example in ${language}`);
  return block;
}

/** Writes both files, and runs the program in their folder. */
async function midplane(
  files: { readonly play?: string; readonly scenario?: string; readonly name?: string },
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const { name = 'quiet-log.js' } = files;
  writeFileSync(join(folder, name), files.play ?? play);
  writeFileSync(
    join(folder, 'quiet-log.yaml'),
    (files.scenario ?? scenario).replace('./quiet-log.js', `./${name}`),
  );
  const child = spawn(process.execPath, [join(root, 'bin', 'midplane'), ...args], { cwd: folder });
  const exited = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { code, out, err };
}

/** What is played instead in `play(stage, { options })`. */
function playing(body: string, name = 'play-1.js'): { play: string; name: string } {
  return {
    name,
    play: `const { definePlay } = require('midplane/hooks');\nmodule.exports = definePlay({ options: { instead: { type: 'string' } }, async play(stage, { options }) {\n${body}\n} });\n`,
  };
}

describe('a play of one’s own', () => {
  test('comes out as its scenario expects, both twins', async () => {
    const { code, out, err } = await midplane({}, 'run', 'quiet-log.yaml', '-o', 'json');
    expect(err).toBe('');
    const { runs } = JSON.parse(out) as {
      runs: { outcome: string; gains: string[]; steps: { saw: string }[] }[];
    };
    expect(runs.map(({ outcome }) => outcome)).toEqual(['open', 'closed']);
    expect(runs[0]?.gains).toEqual(['the say in what the log says']);
    expect(runs[0]?.steps[0]?.saw).toContain('all is well');
    expect(code).toBe(0);
  }, 60_000);

  test('is told by --dry-run, and its options by lint', async () => {
    const dry = await midplane({}, 'run', 'quiet-log.yaml', '--dry-run', '--twin', 'open');
    expect(dry.out).toContain('play ./quiet-log.js, with instead: "all is well"');
    expect(dry.out).toContain('attacker: passes the log of web on');
    expect(await midplane({}, 'lint', 'quiet-log.yaml')).toMatchObject({ code: 0 });
    const wrong = scenario.replace('instead:', 'insted:');
    const line = wrong.split('\n').findIndex((each) => each.includes('insted:')) + 1;
    expect(await midplane({ scenario: wrong }, 'lint', 'quiet-log.yaml')).toMatchObject({
      code: 2,
      out: `quiet-log.yaml:${line}:13: play "./quiet-log.js" has no option "insted"; did you mean "instead"?\n`,
    });
  }, 60_000);

  test('may be an ES module', async () => {
    const module = play
      .replace(
        "const { definePlay } = require('midplane/hooks');",
        "import { definePlay } from 'midplane/hooks';",
      )
      .replace('module.exports =', 'export default');
    const { code, out } = await midplane({ play: module, name: 'quiet.mjs' }, 'lint', 'quiet-log.yaml');
    expect([out, code]).toEqual(['quiet-log.yaml: quiet-log is a scenario\n', 0]);
  }, 60_000);

  test.each([
    [
      'throws',
      playing("throw new Error('what a pity');"),
      /^error: play "\.\/play-1\.js" failed: what a pity\nhint: at .*play-1\.js:3:\d+\)?\n$/,
    ],
    [
      'has a hook that throws',
      playing(
        `const cluster = await stage.cluster();
         await cluster.attack({ path: 'logs', hooks: { onRequest() { throw new Error('no hook of mine'); } } });
         await cluster.admin.logs({ name: 'web' });`,
      ),
      /^error: play "\.\/play-1\.js" failed: no hook of mine\nhint: at .*play-1\.js:4/,
    ],
    [
      'claims what it has no evidence for',
      playing(
        `const word = stage.word();
         await stage.gained({ who: 'a', did: 'b', saw: 'c', gain: 'everything', evidence: { word, in: 'c' } });`,
      ),
      /failed: gained "everything" without evidence: "word-[0-9a-f]+" is not in what was given\nhint: plant a word/,
    ],
    [
      'claims a word of its own for evidence',
      playing(
        "await stage.gained({ who: 'a', did: 'b', saw: 'c', gain: 'all', evidence: { word: 'c', in: 'c' } });",
      ),
      /failed: gained "all" without evidence: "c" is no word of stage\.word\(\)/,
    ],
    [
      'attacks from where nothing comes by',
      playing(
        "const cluster = await stage.cluster(); await cluster.attack({ path: 'pod-proxy-http', position: 'name' });",
      ),
      /failed: position "name" gets nothing of path "pod-proxy-http"\nhint: What is dialled here is an address/,
    ],
  ])(
    'that %s is told with its name and place, and ends with 3',
    async (_what, files, words) => {
      const { code, err } = await midplane(files, 'run', 'quiet-log.yaml', '--twin', 'open');
      expect(err).toMatch(words);
      expect(code).toBe(3);
    },
    60_000,
  );

  test.each([
    ['exports nothing', '', /play "\.\/play-2\.js" exports no play; its default export/],
    ['throws as it is loaded', "throw new Error('not today');", /cannot be loaded: not today/],
    ['is no JavaScript', 'const = 7;', /cannot be loaded: /],
    [
      'requires what is not there',
      "require('nowhere-to-be-found');",
      /Cannot find module 'nowhere-to-be-found'/,
    ],
    [
      'defines what nobody knows',
      "const { definePlay } = require('midplane/hooks'); module.exports = definePlay({ plays() {} });",
      /definePlay needs \{ play: async/,
    ],
  ])(
    'that %s is found by lint',
    async (_what, module, words) => {
      const { code, out } = await midplane({ play: module, name: 'play-2.js' }, 'lint', 'quiet-log.yaml');
      expect(out).toMatch(words);
      expect(out).toMatch(/^quiet-log\.yaml:\d+:11: /);
      expect(code).toBe(2);
    },
    60_000,
  );

  test('that is not there is found by lint', async () => {
    const { code, out } = await midplane(
      { scenario: scenario.replace('./quiet-log.js', './loud-log.js') },
      'lint',
      'quiet-log.yaml',
    );
    expect(out).toMatch(
      /play "\.\/loud-log\.js" is not there: .*loud-log\.js; a play that is a file is named/,
    );
    expect(code).toBe(2);
  }, 60_000);
});
