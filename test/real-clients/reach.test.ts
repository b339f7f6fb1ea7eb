import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findKubectls, minor, promisedVersions } from './find-kubectl';
import { openWorkplace, type Running, type Workplace } from './standing.fixture';
import { haveTerminals, startInTerminal } from './terminal.fixture';

/** The paths, as people walk them: logs, exec, attach, cp, debug, port-forward and proxy, with every kubectl there is. */
const kubectls = findKubectls();
const missing = promisedVersions.filter((version) => !kubectls.some((it) => it.version === version));
const web = { namespace: 'default', pod: 'web', container: 'web' };

let workplace: Workplace;
beforeAll(async () => {
  workplace = await openWorkplace();
  const [kubectl] = kubectls;
  if (kubectl === undefined) return;
  // The log of the run before is there once it has crashed.
  const crashing = workplace.start(kubectl, ['get', 'pod', 'crash', '-w', '--no-headers']);
  await crashing.until(/^crash\s+\S+\s+\S+\s+[1-9]/m);
  await interrupt(crashing);
}, 60_000);
afterAll(async () => {
  await workplace?.[Symbol.asyncDispose]();
});

if (missing.length > 0) {
  test.skip(`NOT RUN: no kubectl ${missing.join(', ')} on this machine`, () => undefined);
}
if (!haveTerminals) {
  test.skip('NOT RUN: exec -it in a terminal, for there is no script of util-linux on this machine', () =>
    undefined);
}

function get(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, agent: false }, (answer) => resolve(text(answer)))
      .on('error', reject)
      .end();
  });
}

/** Ends a kubectl that waits, as Ctrl-C does. */
async function interrupt(session: Running): Promise<void> {
  session.child.kill('SIGINT');
  await session.ended;
}

describe.each(kubectls)('kubectl $version', (kubectl) => {
  const say = (args: string[], options = {}) => workplace.run(kubectl, args, options);
  const ok = (args: string[], options = {}) => workplace.ok(kubectl, args, options);

  describe('logs', () => {
    test('shows the last lines, with their times when asked', async () => {
      workplace.lab.cluster.container(web).plant(`one-${kubectl.version}`);
      workplace.lab.cluster.container(web).plant(`two-${kubectl.version}`);
      expect(await ok(['logs', 'web', '--tail=2'])).toBe(
        `canary one-${kubectl.version}\ncanary two-${kubectl.version}\n`,
      );
      expect(await ok(['logs', 'web', '-c', 'web', '--tail=1', '--timestamps'])).toMatch(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z canary two-/,
      );
      expect(await ok(['logs', 'web', '--since=10m', '--limit-bytes=7'])).toHaveLength(7);
    });

    test('follows', async () => {
      const following = workplace.start(kubectl, ['logs', '-f', 'web', '--tail=0']);
      // The request is on its way when the lab has it; a line that is planted again and again is seen at last.
      const planting = setInterval(
        () => workplace.lab.cluster.container(web).plant(`live-${kubectl.version}`),
        20,
      );
      await following.until(new RegExp(`canary live-${kubectl.version}`));
      clearInterval(planting);
      await interrupt(following);
    });

    test('of pods that a selector finds, and of all containers', async () => {
      const said = await ok(['logs', '-l', 'app=web', '--tail=1', '--prefix']);
      expect(said).toMatch(/^\[pod\/web\/web\] /);
      expect(await ok(['logs', 'web', '--all-containers', '--tail=1'])).toMatch(/\n$/);
      const behind = await say(['logs', 'deployment/shop', '--tail=5']);
      expect(behind.code).toBe(0);
      expect(behind.stderr).toMatch(/^Found 2 pods, using pod\/shop-/);
    });

    test('of the run before', async () => {
      const said = await say(['logs', 'crash', '-p']);
      expect(said).toMatchObject({ code: 0, stderr: '' });
      const never = await say(['logs', 'web', '--previous']);
      expect(never.code).toBe(1);
      expect(never.stderr).toBe(
        'Error from server (BadRequest): previous terminated container "web" in pod "web" not found\n',
      );
    });

    test('with the backend unverified when that is asked for', async () => {
      expect(await ok(['logs', 'web', '--tail=1', '--insecure-skip-tls-verify-backend'])).toMatch(/\n$/);
    });

    test.each([
      [['logs', 'absent'], /^(E|error: e)rror from server \(NotFound\): pods "absent" not found/],
      [
        ['logs', 'web', '-c', 'absent'],
        /^(error: container absent is not valid for pod web|Error from server \(BadRequest\): container absent is not valid for pod web)\n$/,
      ],
    ])('%j is refused in the words of a cluster', async (args, words) => {
      const said = await say(args);
      expect(said.code).toBe(1);
      expect(said.stderr).toMatch(words);
    });
  });

  describe('exec', () => {
    test('runs a command, and ends as it ends', async () => {
      expect(await ok(['exec', 'web', '--', 'echo', 'hello there'])).toBe('hello there\n');
      const said = await say(['exec', 'web', '--', 'sh', '-c', 'echo out; echo err >&2; exit 42']);
      expect(said).toMatchObject({ code: 42, stdout: 'out\n' });
      expect(said.stderr).toBe('err\ncommand terminated with exit code 42\n');
    });

    test('passes stdin through, byte for byte', async () => {
      const bytes = randomBytes(300_000);
      const said = await ok(['exec', '-i', 'box', '--', 'md5sum'], { stdin: bytes });
      const here = (await import('node:crypto')).createHash('md5').update(bytes).digest('hex');
      expect(said).toContain(here);
    });

    test('finds a pod behind a deployment or a service', async () => {
      expect(await ok(['exec', 'deploy/shop', '--', 'hostname'])).toMatch(/^shop-/);
      expect(await ok(['exec', 'svc/shop', '--', 'hostname'])).toMatch(/^shop-/);
    });

    test('says what a runtime says of a command that is not there', async () => {
      const said = await say(['exec', 'web', '--', 'no-such-command']);
      expect(said.code).not.toBe(0);
      expect(said.stderr).toMatch(/exec: "no-such-command": executable file not found in \$PATH/);
    });

    (haveTerminals ? test : test.skip)('is a terminal: prompt, echo, size, Ctrl-C, exit code', async () => {
      const session = startInTerminal(workplace, kubectl, ['exec', '-it', 'box', '--', 'sh']);
      // Behind the prompt may stand what clears the rest of the line.
      await session.until(/# \S*$/);
      // Every size travels by itself, the first one too; the shell is asked until it has come.
      const askForSize = async (size: string, word: string): Promise<void> => {
        session.type(`until [ "$(stty size)" = "${size}" ]; do sleep 0.05; done; echo ${word}\r`);
        await session.until(new RegExp(`\\r\\n${word}\\r\\n`));
      };
      await askForSize('30 100', 'sized');
      session.resize(132, 50);
      await askForSize('50 132', 'grown');
      session.type('sleep 100\r');
      await session.until(/sleep 100\r\n/);
      session.type('\u0003');
      session.type('echo back-$?\r');
      await session.until(/back-130/);
      session.type('exit 7\r');
      expect((await session.ended).code).toBe(7);
    });
  });

  test('attach talks to what runs', async () => {
    const session = workplace.start(kubectl, ['attach', '-i', 'box']);
    session.stdin.write(`echo attached-${kubectl.version}\n`);
    await session.until(new RegExp(`(^|\\n)attached-${kubectl.version}\\n`));
    await interrupt(session);
  });

  describe('cp', () => {
    test('carries a file in and out', async () => {
      const bytes = randomBytes(2_000_000);
      const [here, back] = ['here', 'back'].map((name) => `${name}-${kubectl.version}.bin`);
      writeFileSync(join(workplace.folder, here ?? ''), bytes);
      await ok(['cp', here ?? '', `box:/tmp/${here}`]);
      const said = await say(['cp', `box:/tmp/${here}`, back ?? '']);
      expect(said.code).toBe(0);
      expect(readFileSync(join(workplace.folder, back ?? '')).equals(bytes)).toBe(true);
    });

    test('carries a folder in and out', async () => {
      const name = `tree-${kubectl.version}`;
      const tree = join(workplace.folder, name);
      mkdirSync(join(tree, 'below', 'empty'), { recursive: true });
      writeFileSync(join(tree, 'top.txt'), 'top\n');
      writeFileSync(join(tree, 'below', 'with space.txt'), 'below\n');
      await ok(['cp', name, 'box:/tmp']);
      expect(await ok(['exec', 'box', '--', 'cat', `/tmp/${name}/below/with space.txt`])).toBe('below\n');
      const said = await say(['cp', `box:/tmp/${name}`, `${name}-back`]);
      expect(said.code).toBe(0);
      expect(readFileSync(join(workplace.folder, `${name}-back`, 'below', 'with space.txt'), 'utf8')).toBe(
        'below\n',
      );
      expect(existsSync(join(workplace.folder, `${name}-back`, 'below', 'empty'))).toBe(true);
    });
  });

  describe('port-forward', () => {
    const forwarded = async (args: string[], count = 1): Promise<{ session: Running; ports: number[] }> => {
      const session = workplace.start(kubectl, ['port-forward', ...args]);
      const pattern = new RegExp(
        Array(count).fill('Forwarding from 127\\.0\\.0\\.1:(\\d+) -> \\d+').join('[^]*?'),
      );
      const match = await session.until(pattern);
      return { session, ports: match.slice(1).map(Number) };
    };

    test('reaches a pod, on several ports', async () => {
      workplace.lab.cluster.container(web).plant(`port-${kubectl.version}`);
      const { session, ports } = await forwarded(['pod/web', ':8080', ':8443'], 2);
      expect(await get(ports[0] ?? 0, '/canary')).toBe(`port-${kubectl.version}\n`);
      expect(ports).toHaveLength(2);
      await interrupt(session);
    });

    test('reaches a pod behind a service, by the service’s port', async () => {
      const { session, ports } = await forwarded(['svc/shop', ':80']);
      expect(await get(ports[0] ?? 0, '/')).toContain('<h1>shop-');
      await interrupt(session);
    });

    test('carries thirty connections at once, and a long answer', async () => {
      const { session, ports } = await forwarded(['pod/web', ':8080']);
      const answers = await Promise.all(Array.from({ length: 30 }, () => get(ports[0] ?? 0, '/')));
      expect(new Set(answers).size).toBe(1);
      await interrupt(session);
    });

    test('says what is wrong with a port that nobody listens on', async () => {
      const { session, ports } = await forwarded(['pod/web', ':9']);
      await expect(get(ports[0] ?? 0, '/')).rejects.toThrow();
      await session.until(
        /an error occurred forwarding \d+ -> 9: error forwarding port 9 to pod [0-9a-f]+, uid : /,
      );
      if (minor(kubectl) >= 27) {
        const said = await session.ended;
        expect(said.code).toBe(1);
        expect(said.stderr).toContain('error: lost connection to pod');
      } else await interrupt(session);
    });
  });

  test('proxy serves the API, and a watch through it', async () => {
    const session = workplace.start(kubectl, ['proxy', '--port=0']);
    const port = Number((await session.until(/Starting to serve on 127\.0\.0\.1:(\d+)/))[1]);
    expect(JSON.parse(await get(port, '/version'))).toMatchObject({ major: '1', minor: '33' });
    expect(await get(port, '/api/v1/namespaces/default/pods/web:8080/proxy/')).toContain('<h1>web</h1>');
    const first = await new Promise<string>((resolve, reject) => {
      const asked = request(
        { host: '127.0.0.1', port, path: '/api/v1/namespaces?watch=true', agent: false },
        (answer) => {
          answer.once('data', (chunk: Buffer) => {
            resolve(chunk.toString());
            asked.destroy();
          });
        },
      );
      asked.on('error', reject).end();
    });
    expect(first).toMatch(/^\{"type":"ADDED","object":\{/);
    await interrupt(session);
  });

  if (minor(kubectl) >= 27) {
    test('debug puts a container into a running pod', async () => {
      const pod = `debugged-${kubectl.version.replace('.', '-')}`;
      await ok(['run', pod, '--image=midplane/web']);
      await ok(['wait', '--for=condition=Ready', `pod/${pod}`, '--timeout=15s']);
      const said = await say([
        ...['debug', pod, '--image=busybox', '--container=helper', `--target=${pod}`, '--attach=false'],
        ...['--', 'sh', '-c', 'echo debugging; sleep 1000'],
      ]);
      expect(said.code).toBe(0);
      const started = '{.status.ephemeralContainerStatuses[*].state.running.startedAt}';
      const watching = workplace.start(kubectl, ['get', 'pod', pod, '-w', '-o', `jsonpath=${started}`]);
      await watching.until(/^\d{4}-/m);
      await interrupt(watching);
      const log = workplace.start(kubectl, ['logs', '-f', pod, '-c', 'helper']);
      await log.until(/debugging/);
      await interrupt(log);
    });
  }
});
