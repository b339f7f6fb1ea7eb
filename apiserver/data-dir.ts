import { mkdir, readdir } from 'node:fs/promises';
import { MidplaneError } from '../error';
import { damaged, unusable } from './data-dir-problem';
import { DiskJournal } from './disk-journal';
import { changeOf, decodeRecord, formatVersion, type JournalState, keys, kindKey } from './journal-record';
import { kinds, type ResourceKind } from './registry';
import type { Storage } from './storage';

/**
 * --data-dir: an ordered key-value store on disk that holds what etcd holds for an apiserver. Everything is read once
 * at start; from then on memory answers and the disk only gets.
 */
export interface DataDir {
  /** When the last write is on disk. */
  close(): Promise<void>;
  /** Settles when the disk can no longer be written; the apiserver must then end. */
  readonly failed: Promise<MidplaneError>;
}

type Level = import('classic-level').ClassicLevel<string, string>;

/** Throws MidplaneError DATA_DIR_UNUSABLE that names the directory. Fills the storage, which must be empty. */
export async function openDataDir(directory: string, storage: Storage): Promise<DataDir> {
  const level = await open(directory);
  let fail: (error: MidplaneError) => void = () => undefined;
  const failed = new Promise<MidplaneError>((resolve) => {
    fail = resolve;
  });
  try {
    const journal = await restore(directory, level, storage, (cause) => {
      const error = unusable(directory, 'cannot be written', cause);
      fail(error);
      return error;
    });
    return { close: () => journal.close(), failed };
  } catch (error) {
    await level.close();
    throw error instanceof MidplaneError ? error : unusable(directory, 'cannot be read', error);
  }
}

async function open(directory: string): Promise<Level> {
  try {
    // Secrets lie in it.
    await mkdir(directory, { mode: 0o700 }).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    const files = await readdir(directory);
    if (files.length > 0 && !files.includes('CURRENT') && !files.every((name) => name === 'LOCK')) {
      throw new MidplaneError('DATA_DIR_UNUSABLE', `--data-dir "${directory}" holds other files`, {
        hint: 'give --data-dir a directory of its own; it is made when it does not exist',
      });
    }
    const { ClassicLevel }: typeof import('classic-level') = require('classic-level');
    const level = new ClassicLevel<string, string>(directory);
    await level.open();
    return level;
  } catch (error) {
    throw error instanceof MidplaneError ? error : unusable(directory, 'cannot be opened', error);
  }
}

async function restore(
  directory: string,
  level: Level,
  storage: Storage,
  onFailure: (error: unknown) => MidplaneError,
): Promise<DiskJournal> {
  const state = await readState(directory, level);
  const journal = new DiskJournal({ store: level, storage, state, onFailure });
  storage.useJournal(journal);
  const byKey = new Map(kinds.map((kind) => [kindKey(kind), kind]));
  const forgotten = new Map<ResourceKind, number>();
  for await (const [key, value] of level.iterator({ gte: 'f/', lt: 'f0' })) {
    const kind = byKey.get(key.slice(2));
    if (kind !== undefined) forgotten.set(kind, Number(value));
  }
  storage.restoreRevision(state.revision, forgotten);
  let records = 0;
  for await (const [key, value] of level.iterator({ gte: 'r/', lt: 'r0' })) {
    const record = decodeRecord(key, value);
    if (record === null) throw damaged(directory, `record ${key} cannot be read`);
    records += 1;
    const kind = byKey.get(record.kind);
    // Written by a midplane that served more: kept, not shown.
    if (kind === undefined) continue;
    const change = changeOf(record, kind, storage.get(kind, record.namespace, record.name));
    const remembered = record.revision > (forgotten.get(kind) ?? 0);
    if (change !== null) storage.restore(change, remembered);
    else if (remembered) throw damaged(directory, `record ${key} deletes what was never there`);
  }
  if (records !== state.records)
    throw damaged(directory, `it holds ${records} records and should hold ${state.records}`);
  return journal;
}

async function readState(directory: string, level: Level): Promise<JournalState> {
  const format = await level.get(keys.format);
  if (format === undefined) {
    if ((await level.keys({ limit: 1 }).all()).length > 0)
      throw damaged(directory, 'it holds no data of midplane');
    await level.put(keys.format, String(formatVersion), { sync: true });
    return { revision: 0, records: 0 };
  }
  if (format !== String(formatVersion)) {
    const text = `--data-dir "${directory}" has format ${format}, and this midplane knows format ${formatVersion}`;
    throw new MidplaneError('DATA_DIR_UNUSABLE', text, {
      hint: 'use the midplane that wrote it, a newer one, or another directory',
    });
  }
  const text = await level.get(keys.state);
  if (text === undefined) return { revision: 0, records: 0 };
  const { revision, records } = JSON.parse(text) as JournalState;
  return { revision, records };
}
