import { basename, dirname } from 'node:path/posix';
import { mkdir, rm } from './commands-files';
import { date, hostname, id, listEnvironment, ls, printenv, pwd, sleep, stty, test } from './commands-system';
import { cat, echo, head, md5sum, printf, tail, tee, wc, yes } from './commands-text';
import { type Command, complain, type Process, pathOf } from './process';
import { Shell } from './shell';
import { tar } from './tar';

/** Everything that can be run in a simulated container. There is nothing else: no program of the machine is reachable. */

const BINARY_DIRECTORIES = ['/bin', '/usr/bin', '/sbin', '/usr/sbin', '/usr/local/bin'];
const NOT_FOUND = 127;

const sh: Command = async (self) => {
  const [name = 'sh', ...rest] = self.argv;
  const [option, script, ...parameters] = rest;
  if (option === '-c') {
    if (script === undefined) {
      await complain(self, 'sh: -c requires an argument');
      return 2;
    }
    const all = parameters.length === 0 ? [name] : parameters;
    return new Shell({ self: self, find: findCommand, parameters: all }).run(script);
  }
  const file = rest.find((it) => !it.startsWith('-'));
  const shell = new Shell({ self: self, find: findCommand, parameters: [file ?? name] });
  if (file === undefined) return shell.readCommands();
  const content = self.container.files.read(pathOf(self, file));
  if (Buffer.isBuffer(content)) return shell.run(content.toString());
  await complain(self, `sh: can't open '${file}': ${content.text}`);
  return 2;
};

const env: Command = async (self) => {
  const words = self.argv.slice(1);
  const variables = new Map(self.env);
  if (words[0] === '-i') {
    variables.clear();
    words.shift();
  }
  while (/^[^=]+=/.test(words[0] ?? '')) {
    const [name = '', ...value] = (words.shift() ?? '').split('=');
    variables.set(name, value.join('='));
  }
  const started: Process = { ...self, env: variables, argv: words };
  const [name] = words;
  if (name === undefined) return listEnvironment(started);
  const command = findCommand(name);
  if (command !== null) return command(started);
  await complain(self, `env: can't execute '${name}': No such file or directory`);
  return NOT_FOUND;
};

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['[', test],
  ['cat', cat],
  ['date', date],
  ['echo', echo],
  ['env', env],
  ['false', async () => 1],
  ['head', head],
  ['hostname', hostname],
  ['id', id],
  ['ls', ls],
  ['md5sum', md5sum],
  ['mkdir', mkdir],
  ['printenv', printenv],
  ['printf', printf],
  ['pwd', pwd],
  ['rm', rm],
  ['sh', sh],
  ['sleep', sleep],
  ['stty', stty],
  ['tail', tail],
  ['tar', tar],
  ['tee', tee],
  ['test', test],
  ['true', async () => 0],
  ['wc', wc],
  ['yes', yes],
]);

/** By its name, or by a path in one of the directories where a base image has its binaries. */
export function findCommand(name: string): Command | null {
  if (!name.includes('/')) return COMMANDS.get(name) ?? null;
  return BINARY_DIRECTORIES.includes(dirname(name)) ? (COMMANDS.get(basename(name)) ?? null) : null;
}
