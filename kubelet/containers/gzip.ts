import { createGunzip, createGzip } from 'node:zlib';
import { isFileProblem } from './file-problem';
import { readOptions } from './options';
import type { Sink, Source } from './pipe';
import { type Command, complain, openRead, openWrite, type Process, pathOf } from './process';
import { takeTurn } from './turns';

/** Nobody reads any more: SIGPIPE, which says nothing. */
const BROKEN_PIPE = 'Broken pipe';

/** gzip, gunzip and zcat -c -d -f -k -t -1…-9, streaming; a file takes its place beside or instead of the one it is made of. */
export const gzip: Command = async (self) => {
  const [name = 'gzip'] = self.argv;
  const options = readOptions(self.argv.slice(1), {
    flags: 'cdfknqtv123456789',
    long: { stdout: 'c', decompress: 'd', force: 'f', keep: 'k', test: 't', best: '9', fast: '1' },
  });
  if (options.kind === 'refused') {
    await complain(self, `${name}: ${options.text}`);
    return 1;
  }
  const level = Number([...'987654321'].find((it) => options.has(it)) ?? 6);
  const unpacks = name !== 'gzip' || options.has('d') || options.has('t');
  const work = { self, name, unpacks, level };
  const toStdout = options.has('c') || name === 'zcat';
  let status = 0;
  for (const word of options.words.length === 0 ? ['-'] : options.words) {
    const problem =
      word === '-' || toStdout || options.has('t')
        ? await toStream(work, word, options.has('t'), options.has('f'))
        : await toFile(work, word, options.has('f'), options.has('k'));
    if (problem === null) continue;
    if (problem === BROKEN_PIPE) return 141;
    status = 1;
    await complain(self, `${name}: ${problem}`);
  }
  return self.signal.aborted ? 141 : status;
};

interface Work {
  readonly self: Process;
  readonly name: string;
  readonly unpacks: boolean;
  readonly level: number;
}

async function toStream(
  work: Work,
  word: string,
  onlyTests: boolean,
  forced: boolean,
): Promise<string | null> {
  const { self, unpacks } = work;
  const source = word === '-' ? self.stdin : openRead(self, word);
  if (isFileProblem(source)) return `${word}: ${source.text}`;
  if (!unpacks && !forced && self.terminal !== null && self.stdout === self.terminal.stdout)
    return 'compressed data not written to terminal, use -f to force it';
  return turned(work, source, onlyTests ? null : self.stdout);
}

async function toFile(work: Work, word: string, forced: boolean, keeps: boolean): Promise<string | null> {
  const { self, unpacks } = work;
  const { files } = self.container;
  const source = openRead(self, word);
  if (isFileProblem(source)) return `${word}: ${source.text}`;
  const packed = /^(.*)\.(?:gz|tgz)$/s.exec(word);
  if (unpacks && packed === null) return `${word}: unknown suffix - ignored`;
  const made = unpacks ? `${packed?.[1]}${word.endsWith('.tgz') ? '.tar' : ''}` : `${word}.gz`;
  if (!forced && files.kindOf(pathOf(self, made)) !== null) return `can't open '${made}': File exists`;
  const sink = openWrite(self, made, 'truncate');
  if (isFileProblem(sink)) return `can't open '${made}': ${sink.text}`;
  const problem = await turned(work, source, sink);
  sink.end();
  if (problem !== null) files.remove(pathOf(self, made));
  else if (!keeps) files.remove(pathOf(self, word));
  return problem;
}

/** What goes wrong, if anything. Nothing is collected: the sink's pace is the pace of all. */
async function turned(
  { self, unpacks, level }: Work,
  source: Source,
  sink: Sink | null,
): Promise<string | null> {
  const engine = unpacks ? createGunzip() : createGzip({ level });
  let problem: string | null = null;
  let goOn: () => void = () => undefined;
  engine.on('drain', () => goOn());
  engine.on('close', () => goOn());
  const feed = async (): Promise<void> => {
    for (let bytes = await source.read(self.signal); bytes !== null; bytes = await source.read(self.signal)) {
      await takeTurn();
      if (engine.destroyed) return;
      await new Promise<void>((resolve) => {
        goOn = resolve;
        if (engine.write(bytes) || engine.destroyed) resolve();
      });
    }
    engine.end();
  };
  engine.on('error', (error: NodeJS.ErrnoException) => {
    // Others come of giving up early, which has its own reason.
    if (error.code?.startsWith('Z_') !== true) return;
    problem = error.code === 'Z_BUF_ERROR' ? 'unexpected end of file' : 'invalid magic';
    if (error.code === 'Z_DATA_ERROR' && !/incorrect header/.test(error.message)) problem = 'corrupted data';
  });
  const fed = feed().catch(() => undefined);
  try {
    for await (const bytes of engine as AsyncIterable<Buffer>) {
      await takeTurn();
      if (sink === null || (await sink.write(bytes, self.signal))) continue;
      problem = sink.problem ?? BROKEN_PIPE;
      break;
    }
  } catch {
    // Told by the event.
  }
  engine.destroy();
  await fed;
  return problem;
}
