/**
 * `$((…))`: C's integer expressions on 64-bit numbers (POSIX.1-2017, Shell Command Language, 2.6.4). Pure but for the variables
 * that it assigns to; messages as busybox ash words them.
 */
export interface ArithmeticVariables {
  get(name: string): string | undefined;
  /** False: it may not be changed. */
  set(name: string, value: string): boolean;
}

export type ArithmeticResult =
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'arithmetic-problem'; readonly text: string };

const DEEPEST = 100;
const LONGEST = 16 * 1024;
const TOKEN =
  /\s*(0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*|<<=|>>=|\+\+|--|&&|\|\||<<|>>|[-+*/%&^|<>=!]=|[-+*/%&^|<>=!~?:(),])/y;
const BINARY: Readonly<Record<string, number>> = {
  ...{ '||': 1, '&&': 2, '|': 3, '^': 4, '&': 5, '==': 6, '!=': 6, '<': 7, '<=': 7, '>': 7, '>=': 7 },
  ...{ '<<': 8, '>>': 8, '+': 9, '-': 9, '*': 10, '/': 10, '%': 10 },
};

class Problem {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export function evaluateArithmetic(
  text: string,
  variables: ArithmeticVariables,
  depth = 0,
): ArithmeticResult {
  try {
    if (text.length > LONGEST) throw new Problem('arithmetic syntax error');
    const evaluator = new Evaluator(tokensOf(text), variables, depth);
    return { kind: 'number', value: evaluator.all() };
  } catch (problem) {
    if (problem instanceof Problem) return { kind: 'arithmetic-problem', text: problem.text };
    throw problem;
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  let at = 0;
  const end = text.trimEnd().length;
  while (at < end) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) throw new Problem('arithmetic syntax error');
    tokens.push(token);
    at = TOKEN.lastIndex;
  }
  return tokens;
}

/** What is not evaluated, because `&&`, `||` or `?:` decided already, is read with `live` off: it assigns nothing. */
class Evaluator {
  readonly #tokens: readonly string[];
  readonly #variables: ArithmeticVariables;
  #depth: number;
  #at = 0;

  constructor(tokens: readonly string[], variables: ArithmeticVariables, depth: number) {
    this.#tokens = tokens;
    this.#variables = variables;
    this.#depth = depth;
  }

  all(): bigint {
    if (this.#tokens.length === 0) return 0n;
    let value = this.#assignment(true);
    while (this.#taken(',')) value = this.#assignment(true);
    if (this.#at < this.#tokens.length) throw new Problem('arithmetic syntax error');
    return value;
  }

  #assignment(live: boolean): bigint {
    const [name = '', operator = ''] = this.#tokens.slice(this.#at, this.#at + 2);
    if (!/^[A-Za-z_]/.test(name) || !/^(?:[-+*/%&^|]|<<|>>)?=$/.test(operator)) return this.#choice(live);
    this.#at += 2;
    const right = this.#nested(() => this.#assignment(live));
    const value =
      operator === '=' || !live ? right : apply(operator.slice(0, -1), this.#valueOf(name), right);
    return live ? this.#assign(name, value) : 0n;
  }

  #choice(live: boolean): bigint {
    const condition = this.#binary(1, live);
    if (!this.#taken('?')) return condition;
    const yes = this.#nested(() => this.#assignment(live && condition !== 0n));
    if (!this.#taken(':')) throw new Problem('arithmetic syntax error');
    const no = this.#nested(() => this.#assignment(live && condition === 0n));
    return condition !== 0n ? yes : no;
  }

  #binary(least: number, live: boolean): bigint {
    let left = this.#unary(live);
    for (;;) {
      const operator = this.#tokens[this.#at] ?? '';
      const rank = BINARY[operator];
      if (rank === undefined || rank < least) return left;
      this.#at += 1;
      const decided = (operator === '&&' && left === 0n) || (operator === '||' && left !== 0n);
      const goesOn = live && !decided;
      const right = this.#nested(() => this.#binary(rank + 1, goesOn));
      if (operator === '&&') left = left !== 0n && right !== 0n ? 1n : 0n;
      else if (operator === '||') left = left !== 0n || right !== 0n ? 1n : 0n;
      else left = goesOn ? apply(operator, left, right) : 0n;
    }
  }

  #unary(live: boolean): bigint {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    switch (token) {
      case '-':
        return wrap(-this.#nested(() => this.#unary(live)));
      case '+':
        return this.#nested(() => this.#unary(live));
      case '!':
        return this.#nested(() => this.#unary(live)) === 0n ? 1n : 0n;
      case '~':
        return ~this.#nested(() => this.#unary(live));
      case '++':
      case '--': {
        const name = this.#tokens[this.#at] ?? '';
        if (!/^[A-Za-z_]/.test(name)) return this.#nested(() => this.#unary(live));
        this.#at += 1;
        return live ? this.#assign(name, wrap(this.#valueOf(name) + (token === '++' ? 1n : -1n))) : 0n;
      }
      case '(': {
        const value = this.#nested(() => this.#assignment(live));
        if (!this.#taken(')')) throw new Problem('arithmetic syntax error');
        return value;
      }
    }
    if (token === undefined) throw new Problem('arithmetic syntax error');
    if (/^\d/.test(token)) return numberOf(token);
    if (!/^[A-Za-z_]/.test(token)) throw new Problem('arithmetic syntax error');
    const value = live ? this.#valueOf(token) : 0n;
    const step = this.#taken('++') ? 1n : this.#taken('--') ? -1n : 0n;
    if (step !== 0n && live) this.#assign(token, wrap(value + step));
    return value;
  }

  #valueOf(name: string): bigint {
    const text = (this.#variables.get(name) ?? '').trim();
    if (text === '') return 0n;
    if (/^[-+]?(?:\d+|0[xX][0-9a-fA-F]+)$/.test(text)) {
      return text.startsWith('-') ? wrap(-numberOf(text.slice(1))) : numberOf(text.replace(/^\+/, ''));
    }
    if (this.#depth >= DEEPEST) throw new Problem('expression recursion loop detected');
    const result = evaluateArithmetic(text, this.#variables, this.#depth + 10);
    if (result.kind === 'number') return result.value;
    throw new Problem(result.text);
  }

  #assign(name: string, value: bigint): bigint {
    if (!this.#variables.set(name, value.toString())) throw new Problem(`${name}: is read only`);
    return value;
  }

  #taken(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at += 1;
    return true;
  }

  #nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw new Problem('arithmetic syntax error');
    const value = read();
    this.#depth -= 1;
    return value;
  }
}

function apply(operator: string, left: bigint, right: bigint): bigint {
  const truth = (holds: boolean): bigint => (holds ? 1n : 0n);
  switch (operator) {
    case '+':
      return wrap(left + right);
    case '-':
      return wrap(left - right);
    case '*':
      return wrap(left * right);
    case '/':
    case '%':
      if (right === 0n) throw new Problem('divide by zero');
      return wrap(operator === '/' ? left / right : left % right);
    case '<<':
      return wrap(left << (right & 63n));
    case '>>':
      return left >> (right & 63n);
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '==':
      return truth(left === right);
    case '!=':
      return truth(left !== right);
    case '<':
      return truth(left < right);
    case '<=':
      return truth(left <= right);
    case '>':
      return truth(left > right);
    default:
      return truth(left >= right);
  }
}

function numberOf(text: string): bigint {
  if (/^0[xX]/.test(text)) return wrap(BigInt(text));
  if (!/^0[0-7]+$/.test(text)) {
    if (/^0\d/.test(text)) throw new Problem('arithmetic syntax error');
    return wrap(BigInt(text));
  }
  return wrap(BigInt(`0o${text.slice(1)}`));
}

function wrap(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}
