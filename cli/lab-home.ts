import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MidplaneError } from '../error';
import { makeFolder } from '../make-folder';

/**
 * Where `midplane up` leaves word of the lab that runs, so that `status` and `down` find it from another terminal: one
 * folder, one lab. Only its owner can read it, for kubeconfigs lie there too.
 */
export interface LabRecord {
  readonly version: 1;
  readonly pid: number;
  readonly startedAt: string;
  readonly defence: string;
  /** https://127.0.0.1:PORT */
  readonly server: string;
  readonly dataDir: string | null;
  /** On 127.0.0.1: where its attacker takes orders. */
  readonly attackerPort: number;
  /** Whose context is in which file of somebody else's. */
  readonly merged: string | null;
  /** Bugs of old releases that its apiserver has; left out when it has none. */
  readonly emulatedCves?: readonly string[];
}

export class LabHome {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  kubeconfig(role: string): string {
    return join(this.folder, `${role}.kubeconfig`);
  }

  get log(): string {
    return join(this.folder, 'lab.log');
  }

  async make(): Promise<void> {
    await this.#writing(async () => {
      await makeFolder(this.folder, 0o700);
      await chmod(this.folder, 0o700);
    });
  }

  /** What is written of the lab here; null when none is. */
  async record(): Promise<LabRecord | null> {
    let text: string;
    try {
      text = await readFile(this.#recordFile, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw new MidplaneError(
        'FILE_UNREADABLE',
        `cannot read "${this.#recordFile}": ${(cause as Error).message}`,
        {
          hint: 'MIDPLANE_HOME names the folder that labs are recorded in',
          cause,
        },
      );
    }
    const record = parse(text);
    if (record !== null) return record;
    throw new MidplaneError('CONFIG_INVALID', `"${this.#recordFile}" is no record of a lab`, {
      hint: 'delete it when no midplane up is running',
    });
  }

  async write(record: LabRecord): Promise<void> {
    await this.put(this.#recordFile, `${JSON.stringify(record, null, 2)}\n`);
  }

  /** What the lab's attacker takes orders with. */
  get attackerToken(): string {
    return join(this.folder, 'attacker.token');
  }

  /** Whole or not at all, and for the owner alone. */
  async put(file: string, content: string): Promise<void> {
    await this.#writing(async () => {
      await writeFile(`${file}.new`, content, { mode: 0o600 });
      await rename(`${file}.new`, file);
    });
  }

  /** Forgets the lab: its record and its kubeconfigs. The log of a lab in the background stays. */
  async clear(roles: readonly string[]): Promise<void> {
    for (const file of [
      this.#recordFile,
      this.attackerToken,
      ...roles.map((role) => this.kubeconfig(role)),
    ]) {
      await rm(file, { force: true });
    }
  }

  get #recordFile(): string {
    return join(this.folder, 'lab.json');
  }

  async #writing(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      throw new MidplaneError(
        'FILE_UNREADABLE',
        `cannot write to "${this.folder}": ${(cause as Error).message}`,
        {
          hint: 'set MIDPLANE_HOME to a folder that you may write to',
          cause,
        },
      );
    }
  }
}

function parse(text: string): LabRecord | null {
  try {
    const record = JSON.parse(text) as Partial<LabRecord> | null;
    return record?.version === 1 && typeof record.pid === 'number' && typeof record.server === 'string'
      ? (record as LabRecord)
      : null;
  } catch {
    return null;
  }
}
