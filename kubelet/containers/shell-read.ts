import { timeLimit } from '../../network/time-limit';
import { complain, type Process } from './process';
import type { Interpreter, Io } from './shell-interpreter';

/**
 * `read`: one line into variables, split at IFS, the last variable taking the rest. Without -r a backslash joins lines and
 * takes the meaning of the character behind it (POSIX.1-2017, read). -p prompts, -t waits so many seconds.
 */
export async function readLineInto(shell: Interpreter, self: Process, io: Io): Promise<number> {
  const words = self.argv.slice(1);
  let raw = false;
  let timeoutMs: number | null = null;
  while (/^-./.test(words[0] ?? '')) {
    const word = words.shift() ?? '';
    if (word === '--') break;
    for (const letter of word.slice(1)) {
      if (letter === 'r') raw = true;
      else if (letter === 'p') await self.stderr.write(Buffer.from(words.shift() ?? ''), self.signal);
      else if (letter === 't') timeoutMs = Number(words.shift() ?? '0') * 1000;
      else if (letter !== 's') {
        await complain(self, `sh: read: illegal option -${letter}`);
        return 2;
      }
    }
  }
  const bad = words.find((it) => !/^[A-Za-z_]\w*$/.test(it));
  if (bad !== undefined) {
    await complain(self, `sh: read: ${bad}: bad variable name`);
    return 2;
  }
  const line = await readLogicalLine(self, io, raw, timeoutMs);
  const names = words.length === 0 ? ['REPLY'] : words;
  const values = splitLine(line.text, shell.state.get('IFS') ?? ' \t\n', names.length, raw);
  for (const [index, name] of names.entries()) {
    const refused = shell.state.set(name, values[index] ?? '');
    if (refused === null) continue;
    await complain(self, `sh: read: ${refused}`);
    return 2;
  }
  return line.complete ? 0 : 1;
}

async function readLogicalLine(
  self: Process,
  io: Io,
  raw: boolean,
  timeoutMs: number | null,
): Promise<{ text: string; complete: boolean }> {
  let text = '';
  const signal = timeoutMs === null ? io.signal : timeLimit(timeoutMs, io.signal);
  for (;;) {
    const line = await self.stdin.readLine(signal);
    if (line === null) return { text, complete: false };
    text += line.toString();
    if (!text.endsWith('\n')) return { text, complete: false };
    text = text.slice(0, -1);
    const joins = !raw && /(?:^|[^\\])(?:\\\\)*\\$/.test(text.slice(-1024));
    if (!joins) return { text, complete: true };
    text = text.slice(0, -1);
  }
}

/** Fields of characters that know whether a backslash protected them. */
function splitLine(text: string, ifs: string, count: number, raw: boolean): string[] {
  const chars: { char: string; quoted: boolean }[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const quoted = !raw && text.charAt(at) === '\\';
    if (quoted) at += 1;
    chars.push({ char: text.charAt(at), quoted });
  }
  const isBlank = (at: number): boolean => {
    const it = chars[at];
    return it !== undefined && !it.quoted && /[ \t\n]/.test(it.char) && ifs.includes(it.char);
  };
  const isSeparator = (at: number): boolean => {
    const it = chars[at];
    return it !== undefined && !it.quoted && ifs.includes(it.char);
  };
  let [at, end] = [0, chars.length];
  while (isBlank(at)) at += 1;
  while (end > at && isBlank(end - 1)) end -= 1;
  const values: string[] = [];
  while (at < end) {
    let value = '';
    const isLast = values.length === count - 1;
    while (at < end && (isLast || !isSeparator(at))) {
      value += chars[at]?.char ?? '';
      at += 1;
    }
    values.push(value);
    while (at < end && isBlank(at)) at += 1;
    if (at < end && isSeparator(at)) at += 1;
    while (at < end && isBlank(at)) at += 1;
  }
  return values;
}
