import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { LootReport } from '../attacker/loot-report';
import { MidplaneError } from '../error';
import { addresses, webPodAddress } from '../lab/addresses';
import type { AttackOrder } from '../lab/lab-under-test';
import { type RemoteAttacker, remoteAttacker } from '../lab/remote-attacker';
import { specOf } from '../lab/run-matrix';
import { hostNetwork } from '../network/host-network';
import { counted, oneLine } from '../report/text';
import { renderTranscript } from '../report/transcript';
import { defaultPosition, pathIds } from '../scenarios/vocabulary';
import { givenRules } from './given-rules';
import { parseId, parseTechnique } from './ids';
import { labState } from './lab-process';
import { parseOutputs, writeOutputs } from './outputs';
import { exitCodes, type Terminal } from './terminal';
import { homeOf } from './up';

export interface AttackArguments {
  readonly path: string;
  readonly technique: string;
  readonly rules?: string;
  readonly rule?: readonly string[];
  readonly forged: string;
  readonly output?: readonly string[];
}

/**
 * Puts the attacker of the lab that `midplane up` keeps running onto a path, until Ctrl-C; then the path is given back, and
 * what was captured is shown. Throws MidplaneError: USAGE, LAB_START_FAILED when the attacker is busy.
 */
export async function attack(given: AttackArguments, terminal: Terminal): Promise<number> {
  const path = specOf(parseId('path', given.path, pathIds));
  const technique = parseTechnique(given.technique);
  const rules = await givenRules(given);
  const outputs = parseOutputs(given.output ?? ['text'], ['text', 'json'] as const);
  if (path.kind === 'from-client' && path.id !== 'kubectl-api') {
    throw new MidplaneError('USAGE', `nobody uses the path "${path.id}" in a lab that stays`, {
      hint: 'midplane attack takes kubectl-api, and the paths from the apiserver: logs, exec, attach, port-forward, the proxies',
    });
  }
  const target = path.target({
    controlPlane: addresses.controlPlane,
    node1: addresses.node1,
    webPod: webPodAddress,
  });
  const relays = technique === 'relay' || rules !== undefined;
  const order: AttackOrder = {
    technique,
    position: defaultPosition,
    target,
    // Whatever it shows: rules are played between the client and the genuine endpoint.
    mode: technique === 'tap' ? 'tap' : relays ? 'relay' : 'impersonate',
    present: null,
    forged: given.forged,
    tampered: given.forged,
    ...(relays ? { rules: rules ?? [] } : {}),
  };
  if (technique === 'tap' && rules !== undefined) {
    throw new MidplaneError('USAGE', 'technique "tap" plays no rules', {
      hint: 'it touches nothing: --technique relay changes what passes',
    });
  }
  if ((terminal.labDescriptor ?? null) !== null) {
    throw new MidplaneError(
      'USAGE',
      'midplane attack is for the lab of midplane up, and MIDPLANE_LAB names one in containers',
      {
        hint: `there: midplane run --path ${path.id} --defence none --technique ${technique}${rules === undefined ? '' : ' --rules …'}`,
      },
    );
  }
  const attacker = await attackerOf(terminal);
  const ongoing = await attacker.attack(order);
  try {
    terminal.warn(
      `attacking ${path.id} (${target.address}:${target.port}) with ${technique}: use your kubectl elsewhere, for example\n` +
        `  ${path.command}\nCtrl-C gives the path back and shows what was captured\n`,
    );
    await untilTold(attacker, terminal.signal);
  } finally {
    await attacker.close();
  }
  const loot = await ongoing.withdraw();
  const render = (format: 'text' | 'json', toFile: boolean): string =>
    format === 'json'
      ? `${JSON.stringify(documentOf(loot), null, 2)}\n`
      : textOf(loot, { colour: terminal.colour && !toFile, width: terminal.width ?? 100 });
  await writeOutputs(outputs, render, terminal);
  return exitCodes.ok;
}

const LOOK_MS = 2_000;

/** Ends too when there is no lab any more: nothing could be given back. */
async function untilTold(attacker: RemoteAttacker, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await pause(LOOK_MS, null, { signal }).catch(() => undefined);
    if (signal.aborted || (await attacker.status()).kind === 'ready') continue;
    throw new MidplaneError('LAB_START_FAILED', 'the lab is gone, and its attacker with what it captured', {
      hint: 'midplane status; midplane up starts another one',
    });
  }
}

async function attackerOf(terminal: Terminal): Promise<RemoteAttacker> {
  const home = homeOf(terminal);
  const state = await labState(home);
  const token = await readFile(home.attackerToken, 'utf8').catch(() => null);
  if (state.kind !== 'running' || token === null) {
    throw new MidplaneError('USAGE', 'no lab is running that could be attacked', {
      hint: 'midplane up starts one; a cell of the matrix needs none: midplane run --path … --technique …',
    });
  }
  const server = { host: '127.0.0.1', port: state.record.attackerPort };
  return remoteAttacker({ from: hostNetwork(), server, token: token.trim() });
}

/** Without the bytes themselves, which the transcript has for people. */
function documentOf({ clearUp, clearDown, wireUp, wireDown, ...loot }: LootReport): object {
  const bytes = { clearUp, clearDown, wireUp, wireDown };
  const lengths = Object.entries(bytes).map(([name, { length }]) => [name, length] as const);
  return { kind: 'AttackReport', ...loot, bytes: Object.fromEntries(lengths) };
}

function textOf(loot: LootReport, look: { colour: boolean; width: number }): string {
  const { connections, requests, bearerTokens, handshakes, quotes, transcript } = loot;
  const refused = handshakes.filter(({ completed }) => !completed).length;
  const counts = [
    counted(connections, 'connection'),
    `${counted(requests, 'request')} read`,
    ...(refused === 0 ? [] : [`${refused} refused its certificate`]),
    ...(bearerTokens === 0 ? [] : [counted(bearerTokens, 'bearer token')]),
  ];
  return [
    `the path is given back: ${counts.join(', ')}\n`,
    ...quotes.map((quote) => `  ${oneLine(quote)}\n`),
    ...(transcript.entries.length === 0 ? [] : ['\n', renderTranscript(transcript, look)]),
  ].join('');
}
