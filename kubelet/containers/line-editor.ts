/**
 * One line as it is typed at a shell's prompt: keys in, line and what the terminal must show out. No clock, no stream.
 * Keys as busybox ash has them (libbb/lineedit.c): arrows, Home, End, Delete, Ctrl-A B E F H K L N P U W, Tab.
 */
export interface EditorOptions {
  readonly prompt: string;
  /** Oldest first. */
  readonly history: readonly string[];
  /** Given the line up to the cursor: what to put in, or what to choose from. */
  readonly complete: (before: string) => Completion;
  readonly width: () => number;
  readonly initial?: string;
}

export interface Completion {
  readonly insert: string;
  readonly candidates: readonly string[];
}

export type EditorOutcome =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'interrupt' | 'end' };

const LONGEST_LINE = 16 * 1024;
const CONTROL: Readonly<Record<string, string>> = {
  '\x01': 'home',
  '\x02': 'left',
  '\x05': 'end',
  '\x06': 'right',
  '\x08': 'backspace',
  '\x7f': 'backspace',
  '\x09': 'complete',
  '\x0a': 'accept',
  '\x0d': 'accept',
  '\x0b': 'kill-to-end',
  '\x0c': 'clear',
  '\x0e': 'next',
  '\x10': 'previous',
  '\x15': 'kill-to-start',
  '\x17': 'kill-word',
  '\x03': 'interrupt',
  '\x04': 'end-of-file',
};
const SEQUENCES: Readonly<Record<string, string>> = {
  ...{ A: 'previous', B: 'next', C: 'right', D: 'left', H: 'home', F: 'end' },
  ...{ '1~': 'home', '7~': 'home', '4~': 'end', '8~': 'end', '3~': 'delete' },
  ...{ '1;5C': 'word-right', '1;5D': 'word-left' },
};

export class LineEditor {
  readonly #options: EditorOptions;
  #chars: string[];
  #cursor: number;
  #escape: string | null = null;
  #historyAt: number;
  #draft = '';
  #output = '';

  constructor(options: EditorOptions) {
    this.#options = options;
    this.#chars = [...(options.initial ?? '')];
    this.#cursor = this.#chars.length;
    this.#historyAt = options.history.length;
    this.#output = options.prompt + this.#chars.join('');
  }

  /** What the terminal must show since this was asked last. */
  takeOutput(): string {
    const output = this.#output;
    this.#output = '';
    return output;
  }

  /**
   * Prompt and line anew, as lineedit.c's win_changed does when the window has another size: kubectl changes it on attach,
   * and so whoever comes late has a prompt.
   */
  redraw(): void {
    const width = Math.max(this.#options.width(), 1);
    const rows = Math.floor(([...this.#options.prompt].length + this.#cursor) / width);
    this.#output += `${rows > 0 ? `\x1b[${rows}A` : ''}\r${this.#options.prompt}${this.#chars.join('')}\x1b[J`;
    this.#stepBack(this.#chars.length, this.#cursor);
  }

  /** One character; an outcome ends the line. */
  key(char: string): EditorOutcome | null {
    const name = this.#named(char);
    if (name === null) return null;
    if (name === 'insert') {
      this.#insert(char);
      return null;
    }
    return this.#do(name);
  }

  #named(char: string): string | null {
    if (this.#escape === null) {
      if (char === '\x1b') {
        this.#escape = '';
        return null;
      }
      const control = CONTROL[char];
      if (control !== undefined) return control;
      return char >= ' ' ? 'insert' : null;
    }
    this.#escape += char;
    if (/^[[O]?$/.test(this.#escape) || /^\[[0-9;]{0,8}$/.test(this.#escape)) return null;
    const name = SEQUENCES[this.#escape.slice(1)] ?? null;
    this.#escape = null;
    return name;
  }

  #do(name: string): EditorOutcome | null {
    const length = this.#chars.length;
    switch (name) {
      case 'accept':
        this.#moveTo(length);
        this.#output += '\r\n';
        return { kind: 'line', text: this.#chars.join('') };
      case 'interrupt':
        this.#moveTo(length);
        this.#output += '^C\r\n';
        return { kind: 'interrupt' };
      case 'end-of-file':
        if (length > 0) return this.#do('delete');
        return { kind: 'end' };
      case 'left':
        this.#moveTo(this.#cursor - 1);
        return null;
      case 'right':
        this.#moveTo(this.#cursor + 1);
        return null;
      case 'home':
        this.#moveTo(0);
        return null;
      case 'end':
        this.#moveTo(length);
        return null;
      case 'word-left':
        this.#moveTo(this.#wordStart());
        return null;
      case 'word-right':
        this.#moveTo(
          this.#cursor + (/^\s*\S*/.exec(this.#chars.slice(this.#cursor).join(''))?.[0].length ?? 0),
        );
        return null;
      case 'backspace':
        if (this.#cursor > 0) this.#remove(this.#cursor - 1, this.#cursor);
        return null;
      case 'delete':
        this.#remove(this.#cursor, this.#cursor + 1);
        return null;
      case 'kill-to-end':
        this.#remove(this.#cursor, length);
        return null;
      case 'kill-to-start':
        this.#remove(0, this.#cursor);
        return null;
      case 'kill-word':
        this.#remove(this.#wordStart(), this.#cursor);
        return null;
      case 'clear':
        this.#output += `\x1b[H\x1b[J${this.#options.prompt}${this.#chars.join('')}`;
        this.#stepBack(length, this.#cursor);
        return null;
      case 'previous':
        this.#recall(this.#historyAt - 1);
        return null;
      case 'next':
        this.#recall(this.#historyAt + 1);
        return null;
      case 'complete':
        this.#complete();
        return null;
      default:
        return null;
    }
  }

  #insert(char: string): void {
    if (this.#chars.length >= LONGEST_LINE) return;
    const rest = this.#chars.slice(this.#cursor);
    this.#chars.splice(this.#cursor, 0, char);
    this.#cursor += 1;
    this.#output += char + rest.join('');
    this.#stepBack(this.#chars.length, this.#cursor);
  }

  #remove(from: number, to: number): void {
    if (to <= from || from >= this.#chars.length) return;
    this.#moveTo(from);
    this.#chars.splice(from, to - from);
    const rest = this.#chars.slice(from);
    this.#output += `${rest.join('')}\x1b[J`;
    this.#stepBack(this.#chars.length, from);
  }

  #moveTo(position: number): void {
    const to = Math.min(Math.max(position, 0), this.#chars.length);
    if (to > this.#cursor) this.#output += this.#chars.slice(this.#cursor, to).join('');
    else this.#stepBack(this.#cursor, to);
    this.#cursor = to;
  }

  /** Moves the terminal's cursor back over what is shown, over the ends of its rows too. */
  #stepBack(from: number, to: number): void {
    if (from <= to) return;
    const width = Math.max(this.#options.width(), 1);
    const offset = [...this.#options.prompt].length;
    const rows = Math.floor((offset + from) / width) - Math.floor((offset + to) / width);
    if (rows === 0) this.#output += from - to < 4 ? '\b'.repeat(from - to) : `\x1b[${from - to}D`;
    else {
      const column = (offset + to) % width;
      this.#output += `\x1b[${rows}A\r${column > 0 ? `\x1b[${column}C` : ''}`;
    }
  }

  #replace(text: string): void {
    this.#moveTo(0);
    this.#chars = [...text];
    this.#cursor = this.#chars.length;
    this.#output += `${text}\x1b[J`;
  }

  #recall(position: number): void {
    const { history } = this.#options;
    if (position < 0 || position > history.length) return;
    if (this.#historyAt === history.length) this.#draft = this.#chars.join('');
    this.#historyAt = position;
    this.#replace(history[position] ?? this.#draft);
  }

  #wordStart(): number {
    const before = this.#chars.slice(0, this.#cursor).join('');
    return [...before.replace(/\S*\s*$/, '')].length;
  }

  #complete(): void {
    const { insert, candidates } = this.#options.complete(this.#chars.slice(0, this.#cursor).join(''));
    for (const char of insert) this.#insert(char);
    if (insert !== '') return;
    if (candidates.length === 0) {
      this.#output += '\x07';
      return;
    }
    const at = this.#cursor;
    this.#moveTo(this.#chars.length);
    this.#output += `\r\n${candidates.join('  ')}\r\n${this.#options.prompt}${this.#chars.join('')}`;
    this.#stepBack(this.#chars.length, at);
    this.#cursor = at;
  }
}
