import { randomBytes } from 'node:crypto';
import { readFile as readFromDisk, rename, rm, writeFile } from 'node:fs/promises';
import { MidplaneError } from '../error';
import { firstAway, type PartState } from '../lab/parts';
import type { RemoteLab } from '../lab/remote-lab';
import type { LabFiles } from '../lab/remote-settings';
import { defenceIds } from '../scenarios/vocabulary';
import { parseId } from './ids';
import { probe } from './probe';
import { exitCodes, type Terminal } from './terminal';

export interface LabArguments {
  readonly lab?: string;
}

export async function status(
  given: LabArguments & { readonly probe?: string; readonly ca?: string; readonly output: string },
  terminal: Terminal,
): Promise<number> {
  if (given.output !== 'table' && given.output !== 'json') {
    throw new MidplaneError('USAGE', `unknown output format "${given.output}"`, {
      hint: 'known formats: table, json',
    });
  }
  if (given.probe !== undefined) return probe({ url: given.probe, ca: given.ca ?? null }, terminal);
  await using lab = await openLab(given, terminal);
  const parts = await lab.parts();
  const defence = await lab.defence().catch(() => null);
  if (given.output === 'json') {
    const plain = parts.map(({ part, up, says }) => ({ part, up, says }));
    terminal.write(`${JSON.stringify({ defence, parts: plain }, null, 2)}\n`);
  } else {
    terminal.write(tableOf(parts));
    terminal.write(
      `defence     ${defence ?? 'none of the known ones: the flag files were written by somebody else'}\n`,
    );
  }
  return firstAway(parts) === null ? exitCodes.ok : exitCodes.expectationFailed;
}

function tableOf(parts: readonly PartState[]): string {
  return parts.map((it) => `${it.part.padEnd(10)}  ${it.up ? 'up  ' : 'away'}  ${it.says}\n`).join('');
}

export async function set(wanted: string, given: LabArguments, terminal: Terminal): Promise<number> {
  const defence = parseId('defence', wanted, defenceIds);
  await using lab = await openLab(given, terminal);
  const began = performance.now();
  const { files } = await lab.setDefence(defence, terminal.signal);
  if (files.length === 0) {
    terminal.write(`the lab has defence ${defence} already: nothing was changed\n`);
    return exitCodes.ok;
  }
  for (const { file, lines } of files) {
    const part = file.replace('.flags', '');
    terminal.write(`${part}: restarted with\n${lines.map((line) => `  ${line}\n`).join('')}`);
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const lost = files.some(({ file }) => file === 'apiserver.flags')
    ? ' (the apiserver keeps its objects in memory: the workloads were created again)'
    : '';
  terminal.write(`defence ${defence} is in force after ${seconds} s${lost}\n`);
  return exitCodes.ok;
}

export async function populate(given: LabArguments, terminal: Terminal): Promise<number> {
  await using lab = await openLab(given, terminal);
  const { created } = await lab.populate(terminal.signal);
  await lab.whenReady({ signal: terminal.signal });
  terminal.write(created.length === 0 ? 'nothing was missing\n' : `created ${created.join(', ')}\n`);
  return exitCodes.ok;
}

/** Throws MidplaneError USAGE when no lab is named. */
export async function openLab({ lab }: LabArguments, terminal: Terminal): Promise<RemoteLab> {
  const file = lab ?? terminal.labDescriptor ?? null;
  if (file === null) {
    throw new MidplaneError('USAGE', 'no lab is named', {
      hint: 'in the lab in containers: docker compose exec workstation midplane lab …; elsewhere: --lab FILE',
    });
  }
  const { openRemoteLab } = await import('../lab/remote-lab');
  return openRemoteLab(file, labFiles);
}

/** The disk of the workstation. */
export const labFiles: LabFiles = {
  read: async (path) => {
    try {
      return await readFromDisk(path, 'utf8');
    } catch (cause) {
      throw new MidplaneError('FILE_UNREADABLE', `cannot read "${path}": ${(cause as Error).message}`, {
        hint: 'has midplane pki run, and may this user read its folder?',
        cause,
      });
    }
  },
  replace: async (path, content) => {
    // Two of us at once must not write one file.
    const draft = `${path}.${randomBytes(4).toString('hex')}`;
    try {
      await writeFile(draft, content);
      await rename(draft, path);
    } catch (cause) {
      throw new MidplaneError('FILE_UNREADABLE', `cannot write "${path}": ${(cause as Error).message}`, {
        hint: "only the lab's workstation may change its settings",
        cause,
      });
    }
  },
  remove: (path) => rm(path, { force: true }),
};
