import { StringDecoder } from 'node:string_decoder';
import { type EditorOptions, LineEditor } from './line-editor';
import { LineSource, Pipe, type Sink, type Source } from './pipe';

/**
 * The line discipline between a client's raw terminal and the processes behind it: echo, line editing, Ctrl-C, Ctrl-D,
 * and newlines as a terminal needs them. Source: termios(3), canonical mode with ICRNL, ECHO, ISIG, OPOST and ONLCR.
 */
export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

const INTERRUPT = 0x03;
const END_OF_FILE = 0x04;
const BACKSPACE = 0x08;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const KILL_LINE = 0x15;
const ESCAPE = 0x1b;
const DELETE = 0x7f;
const SPACE = 0x20;
/** A terminal takes no more in one line (N_TTY_BUF_SIZE). */
const LONGEST_LINE_BYTES = 4095;
const ERASE = Buffer.from('\b \b');

export class Terminal {
  /** Whole lines, as processes read them. */
  readonly stdin: LineSource;
  readonly stdout: Sink;
  /** What Ctrl-C does now: the shell at its prompt and a running command differ. */
  onInterrupt: (() => void) | null = null;
  /** What the foreground is told when the client's window changes. */
  onResize: (() => void) | null = null;
  #size: TerminalSize = { width: 80, height: 24 };
  readonly #lines = new Pipe();
  readonly #raw: Sink;
  #line: number[] = [];
  #editing: { readonly editor: LineEditor; readonly end: (line: string | null) => void } | null = null;
  readonly #decoder = new StringDecoder();
  #escape: 'none' | 'started' | 'sequence' = 'none';

  constructor(raw: Sink) {
    this.#raw = raw;
    this.stdin = new LineSource(this.#lines);
    this.stdout = { write: (bytes, signal) => raw.write(withReturns(bytes), signal), end: () => undefined };
  }

  get size(): TerminalSize {
    return this.#size;
  }

  resize(size: TerminalSize): void {
    const changed = size.width !== this.#size.width || size.height !== this.#size.height;
    this.#size = size;
    if (!changed) return;
    this.onResize?.();
    this.#editing?.editor.redraw();
    const shown = this.#editing?.editor.takeOutput() ?? '';
    if (shown !== '') void this.#raw.write(Buffer.from(shown));
  }

  /**
   * A line with its newline, typed at a prompt with everything a line editor offers. Null: the client hung up, typed
   * Ctrl-D on an empty line or, with `onInterrupt` called, Ctrl-C; or `signal` is aborted. What was typed before the
   * prompt came is read first.
   */
  async readLine({
    signal,
    ...options
  }: Omit<EditorOptions, 'width' | 'initial'> & { readonly signal: AbortSignal }): Promise<string | null> {
    if (this.stdin.hasRest || this.#lines.hasBytes || this.#lines.ended) {
      await this.#raw.write(Buffer.from(options.prompt), signal);
      return (await this.stdin.readLine(signal))?.toString() ?? null;
    }
    const initial = Buffer.from(this.#line).toString();
    this.#line = [];
    const editor = new LineEditor({ ...options, initial, width: () => this.#size.width });
    return new Promise((resolve) => {
      const end = (line: string | null): void => {
        this.#editing = null;
        signal.removeEventListener('abort', aborted);
        resolve(line);
      };
      const aborted = (): void => end(null);
      this.#editing = { editor, end };
      signal.addEventListener('abort', aborted, { once: true });
      void this.#raw.write(Buffer.from(editor.takeOutput()), signal);
      if (signal.aborted) aborted();
    });
  }

  /** Takes keystrokes until the client hangs up. */
  async run(keys: Source, signal: AbortSignal): Promise<void> {
    for (;;) {
      const bytes = await keys.read(signal);
      if (bytes === null) break;
      await this.#take(bytes, signal);
    }
    this.#lines.end();
    this.#editing?.end(null);
  }

  /** Resolves when what was typed has been read by a process that came back for more. */
  consumed(signal: AbortSignal): Promise<void> {
    return this.#lines.consumed(signal);
  }

  async #take(bytes: Buffer, signal: AbortSignal): Promise<void> {
    const echo: Buffer[] = [];
    for (const byte of bytes) {
      if (this.#editing !== null) {
        await this.#edit(byte, signal);
        continue;
      }
      if (this.#inEscapeSequence(byte)) continue;
      if (byte === RETURN || byte === NEWLINE) {
        echo.push(Buffer.from('\r\n'));
        await this.#flush(echo, signal);
        await this.#commit([...this.#line, NEWLINE], signal);
      } else if (byte === INTERRUPT) {
        echo.push(Buffer.from('^C\r\n'));
        this.#line = [];
        await this.#flush(echo, signal);
        this.onInterrupt?.();
      } else if (byte === END_OF_FILE) {
        await this.#flush(echo, signal);
        if (this.#line.length === 0) this.#lines.markEnd();
        else await this.#commit(this.#line, signal);
      } else if (byte === DELETE || byte === BACKSPACE) {
        if (this.#erase()) echo.push(ERASE);
      } else if (byte === KILL_LINE) {
        while (this.#erase()) echo.push(ERASE);
      } else if (byte >= SPACE || byte === 0x09) {
        if (this.#line.length >= LONGEST_LINE_BYTES) continue;
        this.#line.push(byte);
        echo.push(Buffer.of(byte));
      }
    }
    await this.#flush(echo, signal);
  }

  async #edit(byte: number, signal: AbortSignal): Promise<void> {
    for (const char of this.#decoder.write(Buffer.of(byte))) {
      const editing = this.#editing;
      const outcome = editing?.editor.key(char) ?? null;
      const shown = editing?.editor.takeOutput() ?? '';
      if (shown !== '') await this.#raw.write(Buffer.from(shown), signal);
      if (outcome === null) continue;
      if (outcome.kind === 'interrupt') this.onInterrupt?.();
      editing?.end(outcome.kind === 'line' ? `${outcome.text}\n` : null);
    }
  }

  async #flush(echo: Buffer[], signal: AbortSignal): Promise<void> {
    if (echo.length > 0) await this.#raw.write(Buffer.concat(echo), signal);
    echo.length = 0;
  }

  async #commit(line: number[], signal: AbortSignal): Promise<void> {
    this.#line = [];
    await this.#lines.write(Buffer.from(line), signal);
  }

  /** Removes the last character, all bytes of its UTF-8 form. */
  #erase(): boolean {
    let last = this.#line.pop();
    if (last === undefined) return false;
    while (last !== undefined && (last & 0xc0) === 0x80) last = this.#line.pop();
    return true;
  }

  /** Cursor keys and the like: there is nothing to move, so `ESC [ … letter` is swallowed. */
  #inEscapeSequence(byte: number): boolean {
    if (this.#escape === 'none') {
      if (byte === ESCAPE) this.#escape = 'started';
      return byte === ESCAPE;
    }
    const isIntroducer = this.#escape === 'started' && (byte === 0x5b || byte === 0x4f);
    if (isIntroducer) this.#escape = 'sequence';
    else if (this.#escape === 'started' || (byte >= 0x40 && byte <= 0x7e)) this.#escape = 'none';
    return true;
  }
}

function withReturns(bytes: Buffer): Buffer {
  if (!bytes.includes(NEWLINE)) return bytes;
  return Buffer.from(bytes.toString('latin1').replace(/\n/g, '\r\n'), 'latin1');
}
