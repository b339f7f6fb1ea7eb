import { type ChildProcess, spawn } from 'node:child_process';
import { access, constants, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { CommandOutcome } from '../client/kube-client';
import { MidplaneError } from '../error';
import type { Kubectl, KubectlCall } from '../lab/kubectl';

/** Where to look for the user's own kubectl. */
export interface KubectlPlace {
  /** MIDPLANE_KUBECTL; null: the first on PATH. */
  readonly named: string | null;
  /** Those of PATH. */
  readonly folders: readonly string[];
}

export const nowhere: KubectlPlace = { named: null, folders: [] };

/**
 * The real kubectl. It knows nothing of this machine but the kubeconfig that it is given: no environment (so no proxy, no
 * plugin, no editor, no credential helper), a home of its own that goes when it is closed, and no shell around it.
 * Throws MidplaneError LAB_START_FAILED where there is none.
 */
export async function openKubectl(place: KubectlPlace): Promise<Kubectl> {
  const program = await findKubectl(place);
  const home = await mkdtemp(join(tmpdir(), 'midplane-kubectl-'));
  const running = new Set<ChildProcess>();
  let calls = 0;
  return {
    run: async ({ words, stdin, kubeconfig, signal }: KubectlCall): Promise<CommandOutcome> => {
      signal.throwIfAborted();
      calls += 1;
      const config = join(home, `${calls}.kubeconfig`);
      await writeFile(config, kubeconfig, { mode: 0o600 });
      const child = spawn(program, [...words], {
        cwd: home,
        env: { KUBECONFIG: config, HOME: home },
        // A group of its own: what it starts is killed with it.
        detached: true,
      });
      running.add(child);
      const stop = (): void => kill(child);
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      try {
        return await outcomeOf(child, stdin);
      } finally {
        signal.removeEventListener('abort', stop);
        running.delete(child);
      }
    },
    close: async () => {
      const ended = [...running].map(
        (child) =>
          new Promise((done) =>
            child.exitCode === null && child.signalCode === null ? child.once('close', done) : done(null),
          ),
      );
      for (const child of running) kill(child);
      await Promise.all(ended);
      await rm(home, { recursive: true, force: true });
    },
  };
}

export async function findKubectl({ named, folders }: KubectlPlace): Promise<string> {
  const places =
    named === null ? folders.filter((it) => it !== '').map((it) => join(it, 'kubectl')) : [named];
  for (const path of places.map((it) => resolve(it))) if (await isProgram(path)) return path;
  throw new MidplaneError(
    'LAB_START_FAILED',
    named === null ? 'there is no kubectl on PATH' : `MIDPLANE_KUBECTL is "${named}", which is no program`,
    {
      hint: 'install one (Debian: kubernetes-client; https://kubernetes.io/docs/tasks/tools/), or name it: MIDPLANE_KUBECTL=/path/to/kubectl',
    },
  );
}

/** Why the user has none, as a clause; null: there is one, or he named one, which is then needed. */
export async function lackOfKubectl(place: KubectlPlace): Promise<string | null> {
  if (place.named !== null) return null;
  try {
    await findKubectl(place);
    return null;
  } catch (error) {
    if (!(error instanceof MidplaneError)) throw error;
    return error.message;
  }
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function outcomeOf(child: ChildProcess, input: string): Promise<CommandOutcome> {
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null)
    throw new Error('kubectl was started without pipes');
  const exitCode = new Promise<number>((ended, failed) => {
    child.once('error', (cause) =>
      failed(new MidplaneError('LAB_START_FAILED', `kubectl cannot be started: ${cause.message}`, { cause })),
    );
    // As a shell counts what ended by a signal.
    child.once('close', (code) => ended(code ?? 137));
  });
  // It may end before it has read all of it.
  stdin.on('error', () => undefined);
  stdin.end(input);
  const [code, out, said] = await Promise.all([exitCode, buffer(stdout), buffer(stderr)]);
  const words = said.toString('utf8').trimEnd();
  return { kind: 'outcome', ok: code === 0, exitCode: code, stdout: out, stderr: Buffer.alloc(0), words };
}
