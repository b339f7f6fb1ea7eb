import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { midplaneVersion } from './version';

const root = resolve(__dirname, '..');

/** Folder → the folders whose files it may import, and why. Every folder may import the files of the root. */
const mayImport: readonly (readonly [folder: string, imports: readonly string[], why: string])[] = [
  ['wire', [], 'byte formats: values in, values out'],
  ['api', ['wire'], 'the nouns of Kubernetes, and the bytes that they come in'],
  ['pki', ['wire'], 'certificates know PEM and DER, and no network'],
  ['network', ['wire'], 'sockets and trust; nobody above them'],
  ['client', ['network', 'api', 'wire'], 'what any program needs to talk to an apiserver'],
  [
    'tunnel',
    ['network', 'wire', 'pki', 'client'],
    'both ends of what carries the apiserver to its nodes; the apiserver is handed a dialler and knows none of it',
  ],
  ['apiserver', ['network', 'wire', 'api', 'pki', 'client'], 'a component knows the others only over TLS'],
  ['kubelet', ['network', 'wire', 'api', 'pki', 'client'], 'a component knows the others only over TLS'],
  ['controller-manager', ['network', 'api', 'pki', 'client', 'wire'], 'an ordinary client of the apiserver'],
  [
    'kube-proxy',
    ['network', 'api', 'client', 'wire'],
    'an ordinary client of the apiserver; what it programs is its node',
  ],
  ['scheduler', ['network', 'api', 'client', 'wire'], 'an ordinary client of the apiserver'],
  ['attacker', ['network', 'wire', 'pki'], 'it knows nothing but its position and its loot'],
  ['scenarios', [], 'data'],
  [
    'report',
    ['scenarios', 'wire', 'network'],
    'pure rendering; of network the type of an event, and what a certificate says in words',
  ],
  [
    'lab',
    [
      'apiserver',
      'kubelet',
      'controller-manager',
      'scheduler',
      'kube-proxy',
      'attacker',
      'tunnel',
      'client',
      'network',
      'wire',
      'api',
      'pki',
      'report',
      'scenarios',
    ],
    'puts the cluster together and judges',
  ],
  [
    'check',
    ['lab', 'report', 'scenarios', 'apiserver', 'kubelet', 'network', 'pki', 'wire'],
    'reads what people give, and plays it in a lab; of the components only their tables of flags and fields',
  ],
  [
    'testing',
    ['lab', 'report', 'scenarios'],
    'a lab for the tests of others, and what they may expect of it',
  ],
  [
    'hooks',
    ['lab', 'attacker', 'client', 'api', 'report', 'scenarios'],
    'what attackers of others see of the lab, and no more',
  ],
  [
    'cli',
    [
      'check',
      'lab',
      'report',
      'scenarios',
      'network',
      'apiserver',
      'kubelet',
      'controller-manager',
      'scheduler',
      'kube-proxy',
      'attacker',
      'tunnel',
      'client',
      'api',
      'pki',
      'wire',
    ],
    'the edge; starts labs and single components',
  ],
];

/** Word → where product code may say it, and why. Type-only imports do not count. */
const onlyHome: readonly (readonly [word: RegExp, homes: readonly string[], why: string])[] = [
  [/from 'node-forge'|require\('node-forge'\)/, ['pki/'], 'one place that issues'],
  [/from '@peculiar\/x509'|require\('@peculiar\/x509'\)/, ['pki/'], 'one place that issues'],
  [
    /\.listen\(\{? *(host|port)\b/,
    ['network/'],
    'whoever listens goes through a Host, so the fabric can carry it',
  ],
  [/tls\.connect|new TLSSocket|rejectUnauthorized/, ['network/'], 'one place that decides whom to believe'],
  [/from 'ssh2'|require\('ssh2'\)/, ['network/'], 'SSH is, like TLS, whom to believe on a connection'],
  [/AbortSignal\.timeout/, ['network/'], 'inside AbortSignal.any it is lost before its time comes'],
  [/from 'node:(net|tls)'/, ['network/'], 'sockets are the business of the network'],
  [/process\.(argv|exit\b|env)/, ['cli/'], 'a library reads no environment and ends no process'],
  [
    /from 'node:child_process'/,
    ['network/nft.ts', 'network/arping.ts', 'cli/'],
    'simulated containers run no program of the host',
  ],
  [
    /createRequire/,
    ['lab/scenario-files/load-plays.ts'],
    'code of others is loaded where a scenario file of the user names it, and nowhere else',
  ],
  [/from 'node:vm'/, [], 'nobody runs code that came over the network'],
  [
    /from 'node:worker_threads'/,
    [
      'lab/matrix-worker.ts',
      'lab/run-matrix-in-threads.ts',
      'cli/scenario-thread.ts',
      'cli/scenario-worker.ts',
    ],
    'the second half of a matrix, scenarios side by side, and nothing that came over the network',
  ],
];

interface SourceFile {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly isTest: boolean;
}

const folders = mayImport.map(([folder]) => folder);
const sources = folders.flatMap(filesOf);

function filesOf(folder: string): SourceFile[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = `${folder}/${name.split(sep).join('/')}`;
      return {
        path,
        folder,
        text: readFileSync(join(root, path), 'utf8'),
        isTest: isTestFile(name),
      };
    });
}

/** Tests, and what only tests use. */
function isTestFile(name: string): boolean {
  return /\.test(\.\w+)?\.ts$/.test(name) || /(^|\/)testing-[\w-]+\.ts$/.test(name);
}

/** The top-level folders that a file imports from, type imports included. */
function importedFolders(file: SourceFile): string[] {
  const imports = [...file.text.matchAll(/(?:from|import|require)\s*\(?\s*'(\.[^']*)'/g)].map(
    (match) => match[1] ?? '',
  );
  return imports
    .map((specifier) =>
      relative(root, resolve(root, file.path, '..', specifier))
        .split(sep)
        .join('/'),
    )
    .map((target) => (target.includes('/') ? (target.split('/')[0] ?? '') : '.'))
    .filter((folder) => folder !== '.' && folder !== file.folder);
}

describe('the house', () => {
  test.each(mayImport)('%s imports only what it may: %j (%s)', (folder, allowed) => {
    const trespassers = sources
      .filter((file) => file.folder === folder && !file.isTest)
      .flatMap((file) => importedFolders(file).map((imported) => ({ file: file.path, imported })))
      .filter(({ imported }) => !allowed.includes(imported));
    expect(trespassers).toEqual([]);
  });

  test.each(onlyHome)('%s is said only in %j (%s)', (word, homes) => {
    const homeless = sources
      .filter((file) => !file.isTest && !homes.some((home) => file.path.startsWith(home)))
      .filter((file) => word.test(withoutHarmlessImports(file.text)))
      .map((file) => file.path);
    expect(homeless).toEqual([]);
  });

  test('keeps files small enough to read at one sitting', () => {
    const long = sources
      .map((file) => ({ path: file.path, lines: file.text.split('\n').length }))
      .filter(({ lines }) => lines > 500);
    expect(long).toEqual([]);
  });

  test('has no file named after nothing in particular', () => {
    const vague = sources.filter((file) =>
      /\/(utils?|helpers?|common|manager|base|impl|index)\.ts$/.test(file.path),
    );
    expect(vague.map((file) => file.path)).toEqual([]);
  });

  test('the version is the one of the package', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(midplaneVersion).toBe(manifest.version);
  });
});

/** Types are gone at run time, and isIP and its kin are functions on text. */
function withoutHarmlessImports(text: string): string {
  return text
    .replace(/^import type .*$/gm, '')
    .replace(/^import \{(?:\s*(?:isIP|isIPv4|isIPv6|type \w+)\s*,?)+\} from 'node:(?:net|tls)';$/gm, '');
}
