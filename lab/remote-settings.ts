import { join } from 'node:path';
import { type FlagFiles, type SettingsFile, settingsFiles } from './compose-settings';
import { describeChange, formatFlags, parseFlags } from './flag-file';

/** The flag files of a lab in containers, as its workstation reads and writes them. */
export interface RemoteSettings {
  /** Throws MidplaneError FILE_UNREADABLE. */
  flags(): Promise<FlagFiles>;
  /** What of them is different from what is wanted. */
  plan(wanted: FlagFiles): Promise<PlannedChange>;
  /** As they stand now, to the letter. Throws MidplaneError FILE_UNREADABLE. */
  keep(): Promise<KeptSettings>;
  /** A file beside them, which they name. */
  addFile(name: string, content: string): Promise<void>;
  removeFile(name: string): Promise<void>;
}

export interface KeptSettings {
  /** What of them is different now. */
  plan(): Promise<PlannedChange>;
}

/** What is changed, per file whose part is started anew by it, in lines of `- flag` and `+ flag`. */
export interface DefenceChange {
  readonly files: readonly { readonly file: SettingsFile; readonly lines: readonly string[] }[];
}

export interface PlannedChange extends DefenceChange {
  write(): Promise<void>;
}

export interface LabFiles {
  /** Throws MidplaneError FILE_UNREADABLE. */
  readonly read: (path: string) => Promise<string>;
  /** Puts a new file in the place of the old one, at once. */
  readonly replace: (path: string, content: string) => Promise<void>;
  /** One that is not there is none to remove. */
  readonly remove: (path: string) => Promise<void>;
}

type Texts = Readonly<Record<SettingsFile, string>>;

export function remoteSettings(folder: string, files: LabFiles): RemoteSettings {
  const read = async (): Promise<Texts> => {
    const [apiserver = '', node1 = '', node2 = ''] = await Promise.all(
      settingsFiles.map((file) => files.read(join(folder, file))),
    );
    return { 'apiserver.flags': apiserver, 'node-1.flags': node1, 'node-2.flags': node2 };
  };
  const plan = async (wanted: (file: SettingsFile, now: string) => string): Promise<PlannedChange> => {
    const now = await read().catch(() => unwritten);
    const texts = settingsFiles.map((file) => ({ file, text: wanted(file, now[file]) }));
    return {
      files: texts
        .filter(({ file, text }) => !areSame(parseFlags(now[file]), parseFlags(text)))
        .map(({ file, text }) => ({ file, lines: linesOf(parseFlags(now[file]), parseFlags(text)) })),
      write: async () => {
        for (const { file, text } of texts)
          if (text !== now[file]) await files.replace(join(folder, file), text);
      },
    };
  };
  return {
    flags: async () => flagsOf(await read()),
    // What means the same is left as somebody wrote it.
    plan: (flags) =>
      plan((file, now) => (areSame(parseFlags(now), flags[file]) ? now : formatFlags(flags[file]))),
    keep: async () => {
      const kept = await read();
      return { plan: () => plan((file) => kept[file]) };
    },
    addFile: (name, content) => files.replace(join(folder, name), content),
    removeFile: (name) => files.remove(join(folder, name)),
  };
}

const unwritten: Texts = { 'apiserver.flags': '', 'node-1.flags': '', 'node-2.flags': '' };

function flagsOf(texts: Texts): FlagFiles {
  return {
    'apiserver.flags': parseFlags(texts['apiserver.flags']),
    'node-1.flags': parseFlags(texts['node-1.flags']),
    'node-2.flags': parseFlags(texts['node-2.flags']),
  };
}

function linesOf(before: readonly string[], after: readonly string[]): readonly string[] {
  const lines = describeChange(before, after);
  return lines.length === 0 ? ['the same flags in another order'] : lines;
}

/** As whoever runs a component with them compares them: the last of two wins, so their order counts. */
function areSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((flag, at) => flag === b[at]);
}
