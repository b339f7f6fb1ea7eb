import { shellWords } from '../../wire/shell-words';
import { roles } from '../lab-people';
import { type DocumentPart, nearOf } from './document-part';
import type { KubectlLine } from './scenario-file';

/**
 * A scenario may come from anybody, and this is the one thing in it that starts a program: so a command line speaks to the
 * lab and to nobody else, reads and writes no file of the machine, and ends by itself.
 */
const verbs = [
  'annotate',
  'api-resources',
  'api-versions',
  'apply',
  'attach',
  'auth',
  'autoscale',
  'certificate',
  'cluster-info',
  'cordon',
  'create',
  'delete',
  'describe',
  'drain',
  'events',
  'exec',
  'explain',
  'expose',
  'get',
  'label',
  'logs',
  'patch',
  'replace',
  'rollout',
  'run',
  'scale',
  'set',
  'taint',
  'top',
  'uncordon',
  'version',
  'wait',
];

const elsewhere = 'it talks to the lab, as the user that "as" names';
const ofTheMachine = 'what it is to read goes into "stdin", and -f - reads that';
const endless = 'it has to end by itself';

const refusedFlags: Readonly<Record<string, string>> = {
  '--kubeconfig': elsewhere,
  '--server': elsewhere,
  '-s': elsewhere,
  '--context': elsewhere,
  '--cluster': elsewhere,
  '--user': elsewhere,
  '--client-certificate': elsewhere,
  '--client-key': elsewhere,
  '--certificate-authority': elsewhere,
  '--tls-server-name': elsewhere,
  '--kustomize': ofTheMachine,
  '-k': ofTheMachine,
  '--from-file': ofTheMachine,
  '--from-env-file': ofTheMachine,
  '--patch-file': ofTheMachine,
  '--cert': ofTheMachine,
  '--key': ofTheMachine,
  '--cache-dir': 'it has a folder of its own',
  '--profile': 'it writes no file',
  '--profile-output': 'it writes no file',
  '--output-directory': 'it writes no file',
  '--watch': endless,
  '-w': endless,
  '--watch-only': endless,
  '--follow': endless,
};

/** Those behind which the rest of a word is their value. Source: k8s.io/cli-runtime and kubectl's commands. */
const withValue = ['-n', '-l', '-o', '-c', '-f', '-v', '-p', '-L'];

/** To go on with where it is wrong. */
export const nothing: KubectlLine = { words: [], command: 'kubectl', stdin: '', as: 'admin' };

/** What stands in `kubectl`, `stdin` and `as` of an action; undefined where there is no command line. */
export function readKubectl(part: DocumentPart): KubectlLine | undefined {
  const as = part.word('as', roles) ?? 'admin';
  const stdin = part.text('stdin') ?? '';
  if (!part.has('kubectl')) {
    for (const name of ['as', 'stdin'].filter((each) => part.has(each)))
      part.noteName(name, `${name} is said without kubectl`, 'only a kubectl command line has it');
    return undefined;
  }
  const line = part.neededText('kubectl');
  const read = shellWords(line);
  if (line === '') return { ...nothing, stdin, as };
  if (read.kind === 'open-quote') {
    part.note('kubectl', `kubectl has a quote (${read.sign}) that does not end`, 'end it');
    return { ...nothing, stdin, as };
  }
  const all = read.words.map(({ text }) => text);
  const words = all[0] === 'kubectl' ? all.slice(1) : all;
  const verb = words[verbAt(words)];
  if (verb === undefined) part.note('kubectl', 'kubectl is to do nothing', 'for example: logs web --tail=3');
  else if (verb.startsWith('-'))
    part.note('kubectl', `kubectl begins with "${verb}"`, 'say first what it does: get pods -n default');
  else if (!verbs.includes(verb))
    part.note('kubectl', `kubectl ${verb} is not run by a scenario`, nearOf(verb, verbs));
  else noteFlags(part, verb, words);
  return { words, command: `kubectl ${line.replace(/^kubectl\s+/, '').trim()}`, stdin, as };
}

/** Behind the namespace, which people like to say first. */
function verbAt(words: readonly string[]): number {
  const [first = ''] = words;
  if (first === '-n' || first === '--namespace') return 2;
  return /^(-n.|--namespace=)/.test(first) ? 1 : 0;
}

function noteFlags(part: DocumentPart, verb: string, words: readonly string[]): void {
  const end = words.indexOf('--');
  const own = end === -1 ? words : words.slice(0, end);
  for (const [at, word] of own.entries()) {
    for (const flag of flagsIn(word)) {
      const why = refusedFlags[flag] ?? (flag === '-f' && verb === 'logs' ? endless : undefined);
      if (why !== undefined) part.note('kubectl', `kubectl is given ${flag}`, why);
      else if (flag === '-f' || flag === '--filename') noteFile(part, word, own[at + 1]);
    }
  }
}

/** `--name` of `--name=value`; of short ones that are written together, each. */
function flagsIn(word: string): string[] {
  if (word.startsWith('--')) return [word.split('=')[0] ?? word];
  if (!word.startsWith('-')) return [];
  const letters = [...(word.slice(1).split('=')[0] ?? '')].map((letter) => `-${letter}`);
  const last = letters.findIndex((letter) => withValue.includes(letter));
  return last === -1 ? letters : letters.slice(0, last + 1);
}

function noteFile(part: DocumentPart, word: string, next: string | undefined): void {
  const [, attached] = /^(?:--filename=|-[a-zA-Z]*f=?)(.+)$/.exec(word) ?? [];
  const file = attached ?? next;
  if (file !== '-') part.note('kubectl', `kubectl is to read the file "${file ?? ''}"`, ofTheMachine);
}
