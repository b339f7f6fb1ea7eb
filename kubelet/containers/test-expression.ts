import { isFileProblem } from './file-problem';
import type { Inode } from './inode';
import { type Command, complain, type Process, pathOf } from './process';

/**
 * `test` and `[` (POSIX.1-2017, test) with -a, -o, ! and parentheses; messages as busybox words them (coreutils/test.c).
 * Processes are root's: what exists can be read, and run when anybody may run it.
 */
export const test: Command = async (self) => {
  const [name, ...words] = self.argv;
  if (name === '[' && words.pop() !== ']') {
    await complain(self, 'sh: missing ]');
    return 2;
  }
  try {
    return new Reader(self, words).all() ? 0 : 1;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    await complain(self, `sh: ${problem.text}`);
    return 2;
  }
};

class Problem {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const DEEPEST = 100;
const UNARY: ReadonlySet<string> = new Set(
  [
    'b',
    'c',
    'd',
    'e',
    'f',
    'g',
    'h',
    'k',
    'n',
    'p',
    'r',
    's',
    't',
    'u',
    'w',
    'x',
    'z',
    'G',
    'L',
    'O',
    'S',
  ].map((it) => `-${it}`),
);
const COMPARISONS: Readonly<Record<string, (left: bigint, right: bigint) => boolean>> = {
  '-eq': (left, right) => left === right,
  '-ne': (left, right) => left !== right,
  '-lt': (left, right) => left < right,
  '-le': (left, right) => left <= right,
  '-gt': (left, right) => left > right,
  '-ge': (left, right) => left >= right,
};
const TEXT_COMPARISONS: Readonly<Record<string, (left: string, right: string) => boolean>> = {
  '=': (left, right) => left === right,
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '<': (left, right) => left < right,
  '>': (left, right) => left > right,
};
const FILE_COMPARISONS: ReadonlySet<string> = new Set(['-nt', '-ot', '-ef']);

class Reader {
  readonly #self: Process;
  readonly #words: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(self: Process, words: readonly string[]) {
    this.#self = self;
    this.#words = words;
  }

  /** With up to four words POSIX decides by their number, so that operands may look like operators. */
  all(): boolean {
    const [first = '', second = '', third = ''] = this.#words;
    switch (this.#words.length) {
      case 0:
        return false;
      case 1:
        return first !== '';
      case 2:
        if (first === '!') return second === '';
        break;
      case 3:
        if (isBinary(second)) return this.#binary(first, second, third);
        if (second === '-a') return first !== '' && third !== '';
        if (second === '-o') return first !== '' || third !== '';
        break;
      case 4:
        if (first === '!' && isBinary(third)) return !this.#binary(second, third, this.#words[3] ?? '');
    }
    const verdict = this.#either();
    const left = this.#words[this.#at];
    if (left !== undefined) throw new Problem(`${left}: unknown operand`);
    return verdict;
  }

  #either(): boolean {
    const left = this.#both();
    if (this.#words[this.#at] !== '-o') return left;
    this.#at += 1;
    const right = this.#either();
    return left || right;
  }

  #both(): boolean {
    const left = this.#negation();
    if (this.#words[this.#at] !== '-a') return left;
    this.#at += 1;
    const right = this.#both();
    return left && right;
  }

  #negation(): boolean {
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw new Problem('too many arguments');
    const negated = this.#words[this.#at] === '!' && !isBinary(this.#words[this.#at + 1] ?? '');
    if (negated) this.#at += 1;
    const verdict = negated ? !this.#negation() : this.#primary();
    this.#depth -= 1;
    return verdict;
  }

  #primary(): boolean {
    const [word, operator = '', operand] = this.#words.slice(this.#at, this.#at + 3);
    if (word === undefined) throw new Problem('argument expected');
    if (operand !== undefined && isBinary(operator)) {
      this.#at += 3;
      return this.#binary(word, operator, operand);
    }
    this.#at += 1;
    if (word === '(') {
      const verdict = this.#either();
      if (this.#words[this.#at] !== ')') throw new Problem('closing paren expected');
      this.#at += 1;
      return verdict;
    }
    if (!UNARY.has(word)) return word !== '';
    if (this.#at >= this.#words.length) throw new Problem(`${word}: argument expected`);
    this.#at += 1;
    return this.#unary(word, operator);
  }

  #unary(operator: string, operand: string): boolean {
    switch (operator) {
      case '-n':
        return operand !== '';
      case '-z':
        return operand === '';
      case '-t':
        return this.#isTerminal(numberOf(operand));
      case '-L':
      case '-h': {
        const link = this.#self.container.files.lstat(pathOf(this.#self, operand));
        return !isFileProblem(link) && link.kind === 'symlink';
      }
    }
    const inode = this.#stat(operand);
    return inode !== null && hasProperty(operator, inode);
  }

  #isTerminal(fd: bigint): boolean {
    const { terminal, stdin, stdout, stderr } = this.#self;
    if (terminal === null) return false;
    return (
      (fd === 0n && stdin === terminal.stdin) ||
      (fd === 1n && stdout === terminal.stdout) ||
      (fd === 2n && stderr === terminal.stdout)
    );
  }

  #stat(name: string): Inode | null {
    const inode = this.#self.container.files.stat(pathOf(this.#self, name));
    return isFileProblem(inode) ? null : inode;
  }

  #binary(left: string, operator: string, right: string): boolean {
    const text = TEXT_COMPARISONS[operator];
    if (text !== undefined) return text(left, right);
    const compare = COMPARISONS[operator];
    if (compare !== undefined) return compare(numberOf(left), numberOf(right));
    const [one, other] = [this.#stat(left), this.#stat(right)];
    if (operator === '-ef') return one !== null && one === other;
    if (one === null || other === null) return false;
    return operator === '-nt' ? one.modified > other.modified : one.modified < other.modified;
  }
}

function isBinary(word: string): boolean {
  return word in TEXT_COMPARISONS || word in COMPARISONS || FILE_COMPARISONS.has(word);
}

function numberOf(text: string): bigint {
  if (!/^\s*[-+]?\d+\s*$/.test(text)) throw new Problem(`${text}: bad number`);
  return BigInt(text.trim().replace(/^\+/, ''));
}

function hasProperty(operator: string, inode: Inode): boolean {
  const isFile = inode.kind === 'file' || (inode.kind === 'device' && inode.device.looksLikeFile === true);
  switch (operator) {
    case '-f':
      return isFile;
    case '-d':
      return inode.kind === 'directory';
    case '-c':
      return inode.kind === 'device' && !isFile;
    case '-s':
      return inode.kind === 'directory' || (inode.kind === 'file' && inode.content.size > 0);
    case '-x':
      return inode.kind === 'directory' || (inode.mode & 0o111) !== 0;
    case '-u':
      return (inode.mode & 0o4000) !== 0;
    case '-g':
      return (inode.mode & 0o2000) !== 0;
    case '-k':
      return (inode.mode & 0o1000) !== 0;
    case '-b':
    case '-p':
    case '-S':
      // Neither block devices, named pipes nor sockets have a name in a container of the lab.
      return false;
    default:
      return true;
  }
}
