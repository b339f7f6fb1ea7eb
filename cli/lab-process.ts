import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { KubeClient } from '../client/kube-client';
import { type ClientConfig, parseKubeconfig } from '../client/kubeconfig';
import { hostNetwork } from '../network/host-network';
import { timeLimit } from '../network/time-limit';
import type { LabHome, LabRecord } from './lab-home';

/** Whether the lab of a record still runs. A process number alone proves nothing: numbers are used again. */
export type LabState =
  | { readonly kind: 'none' }
  /** It answered under its own authority: no other lab can. */
  | { readonly kind: 'running'; readonly record: LabRecord }
  /** The process is there and does not answer: it starts, it ends, or it hangs. */
  | { readonly kind: 'silent'; readonly record: LabRecord; readonly says: string }
  /** Its process is gone, killed without a word. */
  | { readonly kind: 'dead'; readonly record: LabRecord };

const ANSWER_WITHIN_MS = 3_000;

export async function labState(home: LabHome): Promise<LabState> {
  const record = await home.record();
  if (record === null) return { kind: 'none' };
  if (!(await isLabProcess(record.pid))) return { kind: 'dead', record };
  const client = await adminOf(home);
  if (client === null) return { kind: 'silent', record, says: 'its kubeconfig is not there' };
  await using _ = client;
  const answer = await client.request('GET', '/readyz', { signal: timeLimit(ANSWER_WITHIN_MS) });
  return answer.ok ? { kind: 'running', record } : { kind: 'silent', record, says: answer.words };
}

/** The administrator's client of the lab that is recorded here; null without its kubeconfig. */
export async function adminOf(home: LabHome): Promise<KubeClient | null> {
  const config = await adminConfigOf(home);
  return config === null ? null : new KubeClient({ from: hostNetwork(), ...config });
}

export async function adminConfigOf(home: LabHome): Promise<ClientConfig | null> {
  const file = home.kubeconfig('admin');
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  return parseKubeconfig(text, file, () => Promise.reject(new Error('everything is inline')));
}

/** Whether this process is a `midplane up`: by /proc on Linux, where slim images have no ps; by ps elsewhere. */
export async function isLabProcess(pid: number): Promise<boolean> {
  const words = await commandLine(pid);
  return / up( |$)/.test(words.trim());
}

/** '' for a process that is gone. */
async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    const words = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
    return words.replaceAll('\0', ' ');
  }
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'command=', '-p', String(pid)], (error, stdout) =>
      resolve(error === null ? stdout : ''),
    );
  });
}
