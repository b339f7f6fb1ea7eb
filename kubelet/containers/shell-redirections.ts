import { isFileProblem } from './file-problem';
import { sourceOf } from './file-system';
import { LineSource } from './pipe';
import { type OpenFile, openRead, openWrite, type Process } from './process';
import type { Interpreter, Io } from './shell-interpreter';
import type { Redirection } from './shell-tree';
import { expandString } from './shell-words';

/** The open files of a command after its redirections, in their order; null when one of them was refused, and told. */
export async function openRedirections(
  shell: Interpreter,
  redirections: readonly Redirection[],
  io: Io,
): Promise<Io['files'] | null> {
  if (redirections.length === 0) return io.files;
  const inner = { files: new Map(io.files), signal: io.signal };
  for (const redirection of redirections) {
    const opened = await open(shell, redirection, inner);
    if (typeof opened === 'string') {
      await shell.complain(io, opened);
      return null;
    }
    if (opened === null) inner.files.delete(redirection.fd);
    else inner.files.set(redirection.fd, opened);
  }
  return inner.files;
}

/** Null closes; a text says why it cannot be. */
async function open(shell: Interpreter, redirection: Redirection, io: Io): Promise<OpenFile | null | string> {
  const context = shell.words(io);
  switch (redirection.kind) {
    case 'here-document': {
      const content = await expandString(redirection.content, context);
      return { source: new LineSource(sourceOf(Buffer.from(content))), sink: null };
    }
    case 'duplicate': {
      const of = await expandString(redirection.of, context);
      if (of === '-') return null;
      return (/^\d+$/.test(of) ? io.files.get(Number(of)) : undefined) ?? `${of}: bad file descriptor`;
    }
    case 'file': {
      const name = await expandString(redirection.path, context);
      const self: Process = { ...shell.self, ...shell.processFor(io, shell.self.argv) };
      const reads = redirection.mode === 'read' || redirection.mode === 'both';
      if (redirection.mode === 'read') return openSource(self, name);
      const noclobber = redirection.mode === 'truncate' && shell.state.options.has('C');
      if (noclobber && self.container.files.kindOf(name) === 'file')
        return `can't create ${name}: File exists`;
      const sink = openWrite(self, name, redirection.mode === 'truncate' ? 'truncate' : 'append');
      if (isFileProblem(sink)) {
        const why = sink.text === 'No such file or directory' ? 'nonexistent directory' : sink.text;
        return `can't create ${name}: ${why}`;
      }
      const source = reads ? openSource(self, name) : null;
      return typeof source === 'string' ? source : { source: source?.source ?? null, sink };
    }
  }
}

function openSource(self: Process, name: string): OpenFile | string {
  const source = openRead(self, name);
  if (isFileProblem(source)) {
    return `can't open ${name}: ${source.text === 'No such file or directory' ? 'no such file' : source.text}`;
  }
  return { source: source instanceof LineSource ? source : new LineSource(source), sink: null };
}
