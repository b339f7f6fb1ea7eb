import { findExecutable, runOther } from './commands';
import { MEMORY_BYTES } from './proc-files';
import { type Command, complain, print, readAll, runProcess } from './process';
import { SIGNALS, type SignalName, signalNamed } from './process-table';

/** Commands about the container's processes and its simulated machine, as busybox's applets of the same names. */

export const ps: Command = async (self) => {
  const full = self.argv.slice(1).join('').includes('f');
  const rows = self.container.processes.all().map(({ pid, parent, argv, startedAt }) => {
    const minutes = Math.floor((Date.now() - startedAt.getTime()) / 60_000);
    const time = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
    return `${String(pid).padStart(5)} ${full ? `${String(parent).padStart(5)} ` : ''}root     ${time.padStart(5)} ${argv.join(' ')}\n`;
  });
  return (await print(self, `  PID ${full ? ' PPID ' : ''}USER      TIME COMMAND\n${rows.join('')}`)) ? 0 : 1;
};

export const kill: Command = async (self) => {
  const words = self.argv.slice(1);
  let signal: SignalName = 'TERM';
  if (words[0]?.startsWith('-') === true) {
    const option = words.shift() ?? '';
    const named = signalNamed(option === '-s' ? (words.shift() ?? '') : option.slice(1));
    if (named === null) {
      await complain(self, `kill: bad signal name '${option.slice(1)}'`);
      return 1;
    }
    signal = named;
  }
  let status = 0;
  for (const word of words) {
    const target = self.container.processes.get(Number(word));
    if (target !== undefined) target.deliver(signal);
    else {
      await complain(self, `kill: can't kill pid ${word}: No such process`);
      status = 1;
    }
  }
  return status;
};

/** pgrep and pkill by a part of the command's name, or of all of it with -f. */
export const pgrep: Command = async (self) => {
  const words = self.argv.slice(1);
  const whole = words.includes('-f');
  const pattern = words.find((it) => !it.startsWith('-')) ?? '';
  const signal = words.map((it) => signalNamed(it.slice(1))).find((it) => it !== null) ?? 'TERM';
  const found = self.container.processes.all().filter(({ pid, argv }) => {
    return pid !== self.pid && (whole ? argv.join(' ') : (argv[0] ?? '')).includes(pattern);
  });
  for (const { pid, argv, deliver } of found) {
    if (self.argv[0] === 'pkill') deliver(signal);
    else
      await print(
        self,
        `${pid}${words.includes('-a') || words.includes('-l') ? ` ${argv.join(' ')}` : ''}\n`,
      );
  }
  return found.length > 0 ? 0 : 1;
};

export const free: Command = async (self) => {
  const unit = self.argv.includes('-m') ? 1024 * 1024 : self.argv.includes('-b') ? 1 : 1024;
  const used = self.container.files.sizeBytes;
  const columns = [MEMORY_BYTES, used, MEMORY_BYTES - used, 0, used, MEMORY_BYTES - used];
  const shown = columns.map((it) => String(Math.floor(it / unit)).padStart(11)).join(' ');
  await print(
    self,
    `              total        used        free      shared  buff/cache   available\nMem:    ${shown}\nSwap:   ${'0'.padStart(11)} ${'0'.padStart(11)} ${'0'.padStart(11)}\n`,
  );
  return 0;
};

export const uptime: Command = async (self) => {
  const minutes = Math.floor((Date.now() - self.container.startedAt.getTime()) / 60_000);
  const up =
    minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
  await print(
    self,
    ` ${new Date().toISOString().slice(11, 19)} up ${up},  0 users,  load average: 0.00, 0.00, 0.00\n`,
  );
  return 0;
};

export const uname: Command = async (self) => {
  const all = {
    s: 'Linux',
    n: self.container.hostname,
    r: '6.6.0-midplane',
    v: '#1 SMP PREEMPT_DYNAMIC',
    m: 'x86_64',
    o: 'GNU/Linux',
  };
  const letters = self.argv.slice(1).join('').replace(/-/g, '') || 's';
  const shown = Object.entries(all).filter(([letter]) => letters.includes('a') || letters.includes(letter));
  await print(self, `${shown.map(([, text]) => text).join(' ')}\n`);
  return 0;
};

export const whoami: Command = async (self) => ((await print(self, 'root\n')) ? 0 : 1);

export const which: Command = async (self) => {
  let status = 0;
  for (const name of self.argv.slice(1)) {
    const found = findExecutable(self, name);
    if (found === null || found === 'not-executable') status = 1;
    else await print(self, `${name.includes('/') ? name : `/bin/${name}`}\n`);
  }
  return status;
};

export const timeout: Command = async (self) => {
  const words = self.argv.slice(1);
  const named = words[0] === '-s' ? signalNamed(words.splice(0, 2)[1] ?? '') : 'TERM';
  const seconds = Number(/^(\d+(?:\.\d+)?)s?$/.exec(words.shift() ?? '')?.[1]);
  if (Number.isNaN(seconds) || named === null || words.length === 0) {
    await complain(self, 'Usage: timeout [-s SIG] SECS PROG ARGS');
    return 1;
  }
  let timedOut = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const status = await runProcess((child) => runOther(child, words), {
    ...self,
    argv: words,
    parent: self.pid,
    onStart: (pid) => {
      timer = setTimeout(() => {
        timedOut = true;
        self.container.processes.get(pid)?.deliver(named);
      }, seconds * 1000);
    },
  });
  clearTimeout(timer);
  return timedOut ? 128 + SIGNALS[named] : (status ?? 125);
};

const MOST_INPUT = 1024 * 1024;

/** xargs -n N -I {} -0: runs a command with what it reads as arguments. */
export const xargs: Command = async (self) => {
  const words = self.argv.slice(1);
  let [most, replace, separator] = [Number.POSITIVE_INFINITY, '', /[ \t\n]+/];
  while (/^-./.test(words[0] ?? '')) {
    const option = words.shift() ?? '';
    if (option === '-0') separator = /\0/;
    else if (option.startsWith('-n')) most = Number(option.slice(2) || words.shift());
    else if (option.startsWith('-I')) [replace, separator] = [option.slice(2) || (words.shift() ?? ''), /\n/];
    else if (option !== '-r' && option !== '-t') {
      await complain(self, `xargs: unrecognized option: ${option}`);
      return 1;
    }
  }
  const input = (await readAll(self.stdin, self.signal, MOST_INPUT)).toString();
  const items = input.split(separator).filter((it) => it !== '');
  const command = words.length === 0 ? ['echo'] : words;
  const size = replace === '' ? Math.max(Math.min(most, 5000), 1) : 1;
  let status = 0;
  for (let at = 0; at < Math.max(items.length, replace === '' ? 1 : 0) && !self.signal.aborted; at += size) {
    const batch = items.slice(at, at + size);
    const argv =
      replace === '' ? [...command, ...batch] : command.map((it) => it.replaceAll(replace, batch[0] ?? ''));
    const ended = await runProcess((child) => runOther({ ...child, argv: ['xargs'] }, argv), {
      ...self,
      argv,
      parent: self.pid,
    });
    if (ended === 127 || ended === 126) return ended;
    if (ended !== 0) status = 123;
  }
  return status;
};
