import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import pino from 'pino';
import { formatKubeconfig } from '../../client/kubeconfig';
import { defenceSettings } from '../../lab/defences';
import { mintPeople, type Role, roles } from '../../lab/lab-people';
import { mintLabPki } from '../../lab/lab-pki';
import { type StandingLab, startStandingLab } from '../../lab/standing-lab';
import type { DefenceId } from '../../scenarios/vocabulary';
import type { Kubectl } from './find-kubectl';

/** A lab that stays, as `midplane up` starts it, and real kubectl at its door. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** `token`: no certificate; give a token in the arguments. */
  readonly role?: Role | 'token';
  readonly stdin?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** For files that commands name by a relative path. */
  readonly cwd?: string;
}

export interface Workplace extends AsyncDisposable {
  readonly lab: StandingLab;
  /** A folder for files that commands read and write. */
  readonly folder: string;
  /** Runs to the end. Every version has a home, and so a discovery cache, of its own. */
  run(kubectl: Kubectl, args: readonly string[], options?: RunOptions): Promise<Said>;
  /** stdout of a command that must succeed without a word on stderr. */
  ok(kubectl: Kubectl, args: readonly string[], options?: RunOptions): Promise<string>;
  start(kubectl: Kubectl, args: readonly string[], options?: RunOptions): Running;
}

export interface Running {
  readonly child: ChildProcess;
  /** Resolves with what was captured as soon as everything that was printed so far matches; rejects at the end of the process. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  readonly stdin: Writable;
  readonly ended: Promise<Said>;
}

const TIME_LIMIT_MS = 20_000;
/** Less than a test may take, so that it can say what it waited for. */
const UNTIL_MS = 12_000;

export async function openWorkplace(
  defence: DefenceId = 'none',
  apiserverFlags: readonly string[] = [],
): Promise<Workplace> {
  const settings = defenceSettings(defence);
  if (settings === null) throw new Error(`${defence} is not run by this release`);
  const pki = await mintLabPki();
  const lab = await startStandingLab({
    pki,
    people: await mintPeople(pki.authority, pki.admin),
    settings,
    log: pino({ level: 'silent' }),
    port: 0,
    apiserverFlags,
    readFile: () => Promise.reject(new Error('no file is named')),
  });
  const folder = mkdtempSync(join(tmpdir(), 'midplane-clients-'));
  for (const role of roles) {
    writeFileSync(join(folder, `${role}.kubeconfig`), formatKubeconfig(lab.kubeconfig(role), 'midplane'));
  }
  const { clientCertificate: _, ...bare } = lab.kubeconfig('admin');
  writeFileSync(join(folder, 'token.kubeconfig'), formatKubeconfig(bare, 'midplane'));
  const start: Workplace['start'] = ({ path, version }, args, options = {}) => {
    const home = join(folder, `home-${version}`);
    mkdirSync(home, { recursive: true });
    const child = spawn(
      path,
      ['--kubeconfig', join(folder, `${options.role ?? 'admin'}.kubeconfig`), ...args],
      {
        env: { PATH: process.env['PATH'], HOME: home, ...options.env },
        cwd: options.cwd ?? folder,
        timeout: options.timeoutMs ?? TIME_LIMIT_MS,
      },
    );
    return running(child);
  };
  const run: Workplace['run'] = (kubectl, args, options = {}) => {
    const started = start(kubectl, args, options);
    started.stdin.end(options.stdin ?? '');
    return started.ended;
  };
  return {
    lab,
    folder,
    start,
    run,
    ok: async (kubectl, args, options) => {
      const said = await run(kubectl, args, options);
      if (said.code !== 0 || said.stderr !== '') {
        throw new Error(
          `kubectl ${kubectl.version} ${args.join(' ')} ended with ${said.code}: ${said.stderr}`,
        );
      }
      return said.stdout;
    },
    [Symbol.asyncDispose]: async () => {
      await lab.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function running(child: ChildProcess): Running {
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('without pipes');
  stdin.on('error', () => undefined);
  const said = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const lookers = new Set<() => void>();
  const take = (stream: 'stdout' | 'stderr') => (chunk: Buffer) => {
    said[stream].push(chunk);
    for (const look of [...lookers]) look();
  };
  stdout.on('data', take('stdout'));
  stderr.on('data', take('stderr'));
  const text = (stream: 'stdout' | 'stderr'): string => Buffer.concat(said[stream]).toString('utf8');
  const ended = new Promise<Said>((resolve) => {
    child.once('close', (code) =>
      resolve({ code: code ?? -1, stdout: text('stdout'), stderr: text('stderr') }),
    );
  });
  return {
    child,
    stdin,
    ended,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const overdue = setTimeout(() => {
          const printed = JSON.stringify(text('stdout') + text('stderr'));
          reject(new Error(`${pattern} was not printed within ${UNTIL_MS / 1000} s: ${printed}`));
        }, UNTIL_MS);
        const look = (): void => {
          const match = pattern.exec(text('stdout') + text('stderr'));
          if (match === null) return;
          lookers.delete(look);
          clearTimeout(overdue);
          resolve(match);
        };
        lookers.add(look);
        look();
        void ended.then(() => clearTimeout(overdue));
        void ended.then(({ code, stdout: out, stderr: err }) =>
          reject(new Error(`${pattern} was never printed; ended with ${code}:\n${out}\n${err}`)),
        );
      }),
  };
}
