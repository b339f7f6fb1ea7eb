import { LineSource, NOTHING, Pipe, type Source } from './pipe';
import type { SessionStreams } from './simulated-container';

/** What a command reads. Everything that arrives counts as taken in, read or not: it is in the container's pipe. */
export function sessionInput(
  { stdin, terminal }: Pick<SessionStreams, 'stdin' | 'terminal'>,
  hear: (bytes: Buffer) => void,
  signal: AbortSignal,
): LineSource {
  if (terminal !== null) {
    // Without input the terminal is there all the same, and nobody types.
    const keys = stdin === null ? new Pipe() : listening(stdin, hear);
    void terminal.run(keys, signal);
    return terminal.stdin;
  }
  if (stdin === null) return new LineSource(NOTHING);
  const pipe = new Pipe();
  void feed(listening(stdin, hear), pipe, signal);
  return new LineSource(pipe);
}

async function feed(source: Source, pipe: Pipe, signal: AbortSignal): Promise<void> {
  for (;;) {
    const bytes = await source.read(signal);
    if (bytes === null) break;
    // A reader that left does not stop the client: what it still sends is dropped.
    await pipe.write(bytes, signal);
  }
  pipe.end();
}

function listening(source: Source, hear: (bytes: Buffer) => void): Source {
  return {
    read: async (signal) => {
      const bytes = await source.read(signal);
      if (bytes !== null) hear(bytes);
      return bytes;
    },
    close: () => source.close(),
  };
}
