import type { Logger } from 'pino';
import type { GivenPart } from '../check/given';
import type { GivenCertificate } from '../check/kubelet-certificate';
import { type CheckPlan, planCheck } from '../check/plan-check';
import { readGiven, readGivenWords } from '../check/read-given';
import { type CheckOptions, runCheck } from '../check/run-check';
import { MidplaneError } from '../error';
import { checkHoldsCertificate } from '../pki/key-pair';
import { evidenceFiles, matrixMaterial, type RecordedCell } from '../report/evidence-files';
import type { InterceptionMatrix } from '../report/outcome';
import { isOpen, pathIds, positionsRun, techniquesRun } from '../scenarios/vocabulary';
import { componentLog } from './component-log';
import { evidencePlace, writeEvidence } from './evidence';
import { type ExpectArguments, openJudge } from './expect';
import { tellFaults } from './fault-outputs';
import { parseIds, parseSide, parseTechniques } from './ids';
import { matrixFormats, renderMatrix } from './matrix-formats';
import { parseOutputs, writeOutputs } from './outputs';
import { parseSeconds } from './parse-seconds';
import { Progress } from './progress';
import { readNamedFile } from './read-named-file';
import { exitCodes, type Terminal } from './terminal';

export interface CheckArguments extends ExpectArguments {
  readonly file?: readonly string[];
  readonly kubeletCert?: string;
  readonly kubeletCa?: string;
  readonly kubeletHost?: string;
  readonly path?: readonly string[];
  readonly technique?: readonly string[];
  readonly position?: readonly string[];
  readonly side?: string;
  readonly all?: boolean;
  readonly failOn?: readonly string[];
  readonly output?: readonly string[];
  readonly evidence?: string;
  readonly seed?: string;
  readonly timeLimit: string;
  readonly verbose?: boolean;
}

const failures = ['open', 'unknown'] as const;
type FailOn = (typeof failures)[number];

export async function check(
  command: readonly string[],
  given: CheckArguments,
  terminal: Terminal,
): Promise<number> {
  const outputs = parseOutputs(given.output ?? ['table'], matrixFormats);
  const failOn = parseIds<FailOn>('reason to fail', given.failOn ?? [], failures, 'midplane check --help');
  const paths = given.path === undefined ? {} : { paths: parseIds('path', given.path, pathIds) };
  const techniques =
    given.technique !== undefined
      ? parseTechniques(given.technique)
      : given.all === true
        ? techniquesRun
        : null;
  const cellTimeLimitMs = parseSeconds('--time-limit', given.timeLimit) * 1000;
  const certificate = await readCertificate(given);
  const plan = planCheck(
    await readAll(given.file ?? [], command, terminal, certificate !== null),
    certificate,
  );
  const place = placeOf(given, plan);
  // Its labs are its own, whichever MIDPLANE_LAB names.
  const evidence =
    given.evidence === undefined
      ? null
      : await evidencePlace(given.evidence, { ...terminal, labDescriptor: null });
  const recorded: RecordedCell[] = [];
  const log: Logger | undefined = given.verbose === true ? componentLog(terminal) : undefined;
  const progress = new Progress(terminal);
  const run = async (): Promise<InterceptionMatrix> => {
    try {
      return await runCheck(plan, {
        ...paths,
        ...place,
        ...(techniques === null ? {} : { techniques }),
        ...(given.seed === undefined ? {} : { seed: given.seed }),
        ...(log === undefined ? {} : { log }),
        cellTimeLimitMs,
        signal: terminal.signal,
        ...(evidence === null ? {} : { onRecorded: (cells) => void recorded.push(...cells) }),
        onLab: (what) => progress.show(`starting the lab with ${what} …`),
        onCell: (cell, done, total) =>
          progress.show(`${done}/${total}  ${cell.path}  ${cell.technique}: ${cell.verdict}`),
      });
    } finally {
      progress.clear();
    }
  };
  const judge = await openJudge(given, terminal);
  const document = judge.judge(await tellFaults('midplane check', outputs, terminal, run));
  const all = techniques !== null;
  await writeOutputs(
    outputs,
    (format, toFile) => renderMatrix(document, format, { toFile, all, terminal }),
    terminal,
  );
  if (evidence !== null)
    await writeEvidence(evidence, evidenceFiles(matrixMaterial(document, recorded)), terminal);
  await judge.tell(document);
  const failed = given.softFail !== true && fails(document, failOn);
  return failed ? exitCodes.expectationFailed : judge.exitCode(document);
}

function placeOf(
  { position, side }: CheckArguments,
  { lab }: CheckPlan,
): Pick<CheckOptions, 'positions' | 'side'> {
  if (side !== undefined && lab.settings.tunnel === undefined) {
    throw new MidplaneError('USAGE', `--side "${side}" says nothing: these settings are those of no tunnel`, {
      hint: 'a kube-apiserver with --egress-selector-config-file or --ssh-user has one',
    });
  }
  return {
    ...(position === undefined ? {} : { positions: parseIds('position', position, positionsRun) }),
    ...(side === undefined ? {} : { side: parseSide(side) }),
  };
}

/** What people want to hear of without writing expectations. */
function fails({ cells, given }: InterceptionMatrix, failOn: readonly FailOn[]): boolean {
  if (failOn.includes('open') && cells.some(({ verdict }) => isOpen(verdict))) return true;
  return failOn.includes('unknown') && given?.settings.some((it) => it.class === 'unknown') === true;
}

async function readAll(
  files: readonly string[],
  command: readonly string[],
  terminal: Terminal,
  mayBeNone: boolean,
): Promise<GivenPart[]> {
  if (files.length === 0 && command.length === 0 && !mayBeNone) {
    throw new MidplaneError('USAGE', 'no settings were given', {
      hint: 'midplane check -f kube-apiserver.yaml -f kubelet-config.yaml, or midplane check -- kube-apiserver --flag …',
    });
  }
  const parts: GivenPart[] = command.length === 0 ? [] : [readGivenWords(command)];
  for (const file of new Set(files)) {
    const [text, name] =
      file === '-'
        ? [(await terminal.readInput?.()) ?? '', 'the standard input']
        : [await readNamedFile(file), file];
    parts.push(...readGiven(text, name));
  }
  return parts;
}

/** All three or none: what is dialled decides whether a certificate is believed. */
async function readCertificate(given: CheckArguments): Promise<GivenCertificate | null> {
  const { kubeletCert, kubeletCa, kubeletHost } = given;
  const all = [kubeletCert, kubeletCa, kubeletHost];
  if (all.every((it) => it === undefined)) return null;
  if (kubeletCert === undefined || kubeletCa === undefined || kubeletHost === undefined) {
    throw new MidplaneError('USAGE', '--kubelet-cert, --kubelet-ca and --kubelet-host belong together', {
      hint: 'name the PEM file that the kubelet serves with, the bundle of --kubelet-certificate-authority, and what the apiserver dials',
    });
  }
  const read = async (file: string): Promise<string> => {
    const pem = await readNamedFile(file);
    checkHoldsCertificate({ pem, file });
    return pem;
  };
  return { chain: await read(kubeletCert), bundle: await read(kubeletCa), host: kubeletHost };
}
