import { pause } from '../../client/pause';
import { type Command, complain, type Process, print } from './process';

/** Commands that ask about the container, its files and its clock, as busybox's applets of the same names. */

const MILLISECONDS_PER_UNIT: Readonly<Record<string, number>> = {
  '': 1000,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

export const printenv: Command = async (self) => {
  const names = self.argv.slice(1);
  if (names.length === 0) return listEnvironment(self);
  let status = 0;
  for (const name of names) {
    const value = self.env.get(name);
    if (value === undefined) status = 1;
    else await print(self, `${value}\n`);
  }
  return status;
};

export async function listEnvironment(self: Process): Promise<number> {
  for (const [name, value] of self.env) if (!(await print(self, `${name}=${value}\n`))) return 141;
  return 0;
}

export const sleep: Command = async (self) => {
  let total = 0;
  for (const word of self.argv.slice(1)) {
    const match = /^(\d+(?:\.\d*)?|\.\d+|inf(?:inity)?)([smhd]?)$/.exec(word);
    if (match === null) {
      await complain(self, `sleep: invalid number '${word}'`);
      return 1;
    }
    const count = match[1]?.startsWith('inf') ? Number.POSITIVE_INFINITY : Number(match[1]);
    total += count * (MILLISECONDS_PER_UNIT[match[2] ?? ''] ?? 1000);
  }
  await pause(total, self.signal);
  return 0;
};

export const pwd: Command = async (self) => {
  await print(self, `${self.cwd}\n`);
  return 0;
};

export const hostname: Command = async (self) => {
  await print(self, `${self.container.hostname}\n`);
  return 0;
};

/** Containers of the lab run as root, as most images do. */
export const id: Command = async (self) => {
  const [, option] = self.argv;
  const text = option === '-u' || option === '-g' ? '0' : 'uid=0(root) gid=0(root) groups=0(root)';
  await print(self, `${text}\n`);
  return 0;
};

export const stty: Command = async (self) => {
  const { terminal } = self;
  if (terminal === null) {
    await complain(self, 'stty: standard input: Not a tty');
    return 1;
  }
  const { width, height } = terminal.size;
  if (self.argv[1] === 'size') await print(self, `${height} ${width}\n`);
  else await print(self, `speed 38400 baud; rows ${height}; columns ${width};\n`);
  return 0;
};

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export const date: Command = async (self) => {
  const format =
    self.argv
      .slice(1)
      .find((it) => it.startsWith('+'))
      ?.slice(1) ?? '%a %b %e %T UTC %Y';
  await print(self, `${formatDate(format, new Date())}\n`);
  return 0;
};

/** strftime(3), the conversions that people use. */
export function formatDate(format: string, at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
  const day = `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`;
  const conversions: Readonly<Record<string, string>> = {
    '%': '%',
    a: DAYS[at.getUTCDay()] ?? '',
    b: MONTHS[at.getUTCMonth()] ?? '',
    d: two(at.getUTCDate()),
    e: String(at.getUTCDate()).padStart(2),
    F: day,
    H: two(at.getUTCHours()),
    m: two(at.getUTCMonth() + 1),
    M: two(at.getUTCMinutes()),
    s: String(Math.floor(at.getTime() / 1000)),
    S: two(at.getUTCSeconds()),
    T: time,
    Y: String(at.getUTCFullYear()),
    Z: 'UTC',
  };
  return format.replace(/%(.)/g, (all, letter) => conversions[letter] ?? all);
}
