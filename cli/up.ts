import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pino from 'pino';
import {
  chooseEmulatedCves,
  EMULATE_FLAG,
  type EmulatedCves,
  emulationWarnings,
} from '../apiserver/emulated-cves';
import { parseApiserverFlags } from '../apiserver/flags';
import { aborted } from '../client/aborted';
import { formatKubeconfig } from '../client/kubeconfig';
import { putContext, removeContext } from '../client/kubeconfig-context';
import { MidplaneError } from '../error';
import { stockApiserverFlags } from '../lab/control-plane';
import type { DefenceSettings } from '../lab/defences';
import { mintPeople, roles, roleText } from '../lab/lab-people';
import { mintLabPki } from '../lab/lab-pki';
import { settingsOf } from '../lab/run-matrix';
import { type LabKeys, packKeys, unpackKeys } from '../lab/saved-pki';
import { type StandingLab, startStandingLab } from '../lab/standing-lab';
import { makeFolder } from '../make-folder';
import { type Randomness, randomnessOf } from '../randomness';
import { defenceIds } from '../scenarios/vocabulary';
import { componentLog } from './component-log';
import { parseId } from './ids';
import { changeKubeconfig } from './kubeconfig-file';
import { LabHome, type LabRecord } from './lab-home';
import { adminOf, labState } from './lab-process';
import { labSummary } from './lab-summary';
import { Progress } from './progress';
import { exitCodes, type Terminal } from './terminal';

export interface UpArguments {
  readonly defence: string;
  readonly port: string;
  readonly kubeconfig?: string;
  readonly merge?: boolean;
  readonly dataDir?: string;
  readonly seed?: string;
  readonly emulateCve?: string;
  readonly detach?: boolean;
  readonly verbose?: boolean;
}

const CONTEXT = 'midplane';

/**
 * Starts a lab, says how to use it, and keeps it until it is told to end. Throws MidplaneError: USAGE, LAB_START_FAILED
 * when one runs already, and what the lab's parts say.
 *
 * @param flags more flags of kube-apiserver, behind `--`
 */
export async function up(given: UpArguments, flags: readonly string[], terminal: Terminal): Promise<number> {
  const home = homeOf(terminal);
  const plan = planOf(given, flags, terminal);
  await makeRoom(home, terminal);
  for (const warning of emulationWarnings(plan.emulated)) terminal.warn(`${warning}\n`);
  if (given.detach === true) return upInBackground(given, flags, home, terminal);
  const progress = new Progress(terminal);
  progress.show(`starting a lab with defence ${plan.defence} …`);
  const random = randomnessOf(given.seed);
  const keys = await keysOf(plan.dataDir, given.seed, random);
  const lab = await startStandingLab({
    ...keys,
    random: random.for('lab'),
    settings: plan.settings,
    log: given.verbose === true ? componentLog(terminal) : pino({ level: 'silent' }),
    port: plan.port,
    apiserverFlags: plan.apiserverFlags,
    readFile: (path) => readFile(path, 'utf8'),
  }).finally(() => progress.clear());
  let merged: string | null = null;
  try {
    await leaveKubeconfigs(home, lab);
    await home.put(home.attackerToken, lab.attacker.token);
    merged = await mergeInto(plan.mergeInto, lab);
    const record = recordOf(lab, plan, merged);
    await home.write(record);
    terminal.write(labSummary(home, record, roleText, await lab.pods()));
    const failure = await Promise.race([aborted(terminal.signal), lab.cluster.failed]);
    if (failure !== undefined) throw failure;
  } finally {
    await tidyUp(home, merged, terminal);
    await lab.close();
  }
  terminal.warn('the lab is down\n');
  return exitCodes.ok;
}

export function homeOf({ labHome }: Terminal): LabHome {
  if (labHome === undefined) throw new Error('this terminal has no home for labs');
  return new LabHome(labHome);
}

interface Plan {
  readonly defence: string;
  readonly settings: DefenceSettings;
  readonly port: number;
  readonly mergeInto: { readonly file: string; readonly mayExist: boolean } | null;
  readonly dataDir: string | null;
  readonly apiserverFlags: readonly string[];
  /** Bugs of old releases that the apiserver is given. */
  readonly emulated: EmulatedCves;
}

function planOf(given: UpArguments, flags: readonly string[], terminal: Terminal): Plan {
  const defence = parseId('defence', given.defence, defenceIds);
  const settings = settingsOf(defence);
  const port = Number(given.port);
  if (!/^\d+$/.test(given.port) || port > 65535) {
    throw new MidplaneError('USAGE', `--port "${given.port}" is not a port`, {
      hint: 'for example --port=16443; 0 takes any',
    });
  }
  const merge = given.merge === true;
  const file = given.kubeconfig ?? (merge ? terminal.userKubeconfig : undefined);
  const dataDir = given.dataDir === undefined ? null : resolve(given.dataDir);
  const apiserverFlags = [
    ...(dataDir === null ? [] : [`--data-dir=${join(dataDir, 'objects')}`]),
    ...(given.emulateCve === undefined ? [] : [`--${EMULATE_FLAG}=${given.emulateCve}`]),
    ...flags,
  ];
  // A flag that is wrong is the user's mistake, not the lab's, and known before anything starts.
  const parsed = parseApiserverFlags([...stockApiserverFlags, ...settings.apiserver, ...apiserverFlags]);
  return {
    defence,
    settings,
    port,
    mergeInto: file === undefined ? null : { file: resolve(file), mayExist: merge },
    dataDir,
    apiserverFlags,
    emulated: chooseEmulatedCves(parsed.midplaneEmulateCve),
  };
}

/** One lab a home. Word of one that was killed is taken away. */
async function makeRoom(home: LabHome, terminal: Terminal): Promise<void> {
  await home.make();
  const state = await labState(home);
  switch (state.kind) {
    case 'none':
      return;
    case 'dead':
      return tidyUp(home, state.record.merged, terminal);
    case 'running':
    case 'silent':
      throw new MidplaneError(
        'LAB_START_FAILED',
        `a lab is running already, as process ${state.record.pid}`,
        {
          hint: 'midplane status shows it, midplane down ends it; another one beside it: MIDPLANE_HOME=FOLDER midplane up',
        },
      );
  }
}

/** New keys, or those of an earlier lab with the same objects. */
async function keysOf(
  dataDir: string | null,
  seed: string | undefined,
  random: Randomness,
): Promise<LabKeys> {
  const file = dataDir === null ? null : join(dataDir, 'keys.json');
  if (file !== null) {
    const kept = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return null;
      throw new MidplaneError('FILE_UNREADABLE', `cannot read "${file}": ${cause.message}`, { cause });
    });
    if (kept !== null) {
      if (seed !== undefined) throw comesBack(seed, file);
      return unpackKeys(kept, file, new Date());
    }
  }
  const pki = await mintLabPki({ random: random.for('pki') });
  const keys = { pki, people: await mintPeople(pki.authority, pki.admin) };
  if (dataDir !== null && file !== null) {
    await makeFolder(dataDir, 0o700).catch((cause: Error) => {
      throw new MidplaneError('FILE_UNREADABLE', `cannot make "${dataDir}": ${cause.message}`, {
        hint: 'name a folder that you may write to with --data-dir',
        cause,
      });
    });
    await new LabHome(dataDir).put(file, packKeys(keys));
  }
  return keys;
}

/** What it draws is drawn from the beginning: another object would get the uid of one that was there. */
function comesBack(seed: string, file: string): MidplaneError {
  return new MidplaneError(
    'USAGE',
    `--seed "${seed}" begins a lab, and "${file}" has the keys of an earlier one`,
    {
      hint: 'leave --seed out to go on with that one, or name an empty folder with --data-dir',
    },
  );
}

async function leaveKubeconfigs(home: LabHome, lab: StandingLab): Promise<void> {
  for (const role of roles) {
    const name = role === 'admin' ? CONTEXT : `${CONTEXT}-${role}`;
    await home.put(home.kubeconfig(role), formatKubeconfig(lab.kubeconfig(role), name));
  }
}

async function mergeInto(target: Plan['mergeInto'], lab: StandingLab): Promise<string | null> {
  if (target === null) return null;
  const { file, mayExist } = target;
  await changeKubeconfig(file, (text) => {
    if (text !== '' && !mayExist) {
      throw new MidplaneError('USAGE', `kubeconfig "${file}" exists`, {
        hint: 'add --merge to put the context midplane into it, beside what is there',
      });
    }
    return putContext(text, file, CONTEXT, lab.kubeconfig('admin'));
  });
  return file;
}

/** Takes out again what was put into somebody's kubeconfig, and forgets the lab. */
export async function tidyUp(home: LabHome, merged: string | null, terminal: Terminal): Promise<void> {
  if (merged !== null) {
    await changeKubeconfig(merged, (text) => removeContext(text, merged, CONTEXT)).catch((error: Error) =>
      terminal.warn(`warning: context ${CONTEXT} is still in ${merged}: ${error.message}\n`),
    );
  }
  await home.clear(roles);
}

function recordOf(lab: StandingLab, plan: Plan, merged: string | null): LabRecord {
  return {
    version: 1,
    pid: process.pid,
    startedAt: new Date().toISOString(),
    defence: plan.defence,
    server: `https://${lab.at.host}:${lab.at.port}`,
    dataDir: plan.dataDir,
    merged,
    attackerPort: lab.attacker.port,
    ...(plan.emulated.size === 0 ? {} : { emulatedCves: [...plan.emulated] }),
  };
}

/** The same in a process of its own; returns when its lab answers. */
async function upInBackground(
  given: UpArguments,
  flags: readonly string[],
  home: LabHome,
  terminal: Terminal,
): Promise<number> {
  const log = openSync(home.log, 'w', 0o600);
  const child = spawn(process.execPath, [join(__dirname, 'main.js'), ...argumentsOf(given, flags)], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const exited = new Promise<number>((done) =>
    child.once('exit', (code) => done(code ?? exitCodes.labCouldNotStart)),
  );
  const progress = new Progress(terminal);
  progress.show('starting a lab in the background …');
  try {
    for (;;) {
      const state = await labState(home);
      if (state.kind === 'running' && state.record.pid === child.pid) {
        child.unref();
        progress.clear();
        await showSummary(home, state.record, terminal);
        return exitCodes.ok;
      }
      const code = await Promise.race([exited, pause(LOOK_MS, null)]);
      if (code !== null) {
        progress.clear();
        terminal.warn(await readFile(home.log, 'utf8'));
        return code;
      }
      if (terminal.signal.aborted) {
        child.kill('SIGTERM');
        await exited;
        return exitCodes.expectationFailed;
      }
    }
  } finally {
    progress.clear();
  }
}

const LOOK_MS = 50;

function argumentsOf(given: UpArguments, flags: readonly string[]): string[] {
  return [
    'up',
    `--defence=${given.defence}`,
    `--port=${given.port}`,
    ...(given.kubeconfig === undefined ? [] : [`--kubeconfig=${given.kubeconfig}`]),
    ...(given.merge === true ? ['--merge'] : []),
    ...(given.dataDir === undefined ? [] : [`--data-dir=${given.dataDir}`]),
    ...(given.seed === undefined ? [] : [`--seed=${given.seed}`]),
    ...(given.emulateCve === undefined ? [] : [`--emulate-cve=${given.emulateCve}`]),
    ...(given.verbose === true ? ['--verbose'] : []),
    ...(flags.length === 0 ? [] : ['--', ...flags]),
  ];
}

export async function showSummary(home: LabHome, record: LabRecord, terminal: Terminal): Promise<void> {
  const admin = await adminOf(home);
  if (admin === null) return;
  await using _ = admin;
  const answer = await admin.request('GET', '/api/v1/pods');
  const pods = answer.ok ? (answer.json() as { items: Parameters<typeof labSummary>[3] }).items : [];
  terminal.write(labSummary(home, record, roleText, pods));
}
