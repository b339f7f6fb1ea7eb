import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { pathsRun, techniquesRun } from '../scenarios/vocabulary';
import { completionScript } from './completion';
import { describeProgram } from './program';

const terminal = {
  write: () => undefined,
  warn: () => undefined,
  signal: new AbortController().signal,
  colour: false,
  width: null,
  progress: false,
};
const program = describeProgram(terminal, () => undefined);
const script = completionScript('bash', program);

/** What bash would offer for the last word. */
function offered(...words: string[]): string[] {
  const ask = [
    script,
    `COMP_WORDS=(midplane ${words.map((word) => `'${word}'`).join(' ')})`,
    `COMP_CWORD=${words.length}`,
    '_midplane',
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join('\n');
  return execFileSync('bash', ['-c', ask], { encoding: 'utf8' }).trim().split('\n');
}

describe('completion for bash', () => {
  test.each<[string[], string[]]>([
    [['mat'], ['matrix']],
    [
      ['matrix', '--path', 'log'],
      ['logs', 'logs-skip-verify'],
    ],
    [['matrix', '--path', 'logs,ex'], ['logs,exec']],
    [['matrix', '--path', '=', 'logs,exec,att'], ['logs,exec,attach']],
    [
      ['matrix', '-o', ''],
      ['table', 'wide', 'json', 'junit', 'sarif', 'markdown', 'html', 'page'],
    ],
    [
      ['run', '-o', ''],
      ['story', 'json', 'junit', 'sarif', 'markdown', 'html'],
    ],
    [
      ['run', '--output', '='],
      ['story', 'json', 'junit', 'sarif', 'markdown', 'html'],
    ],
    [['verify-cert', '--h'], ['--host']],
    [['run', '--technique', 'rogue-ca--ex'], ['rogue-ca--expired']],
    [
      ['matrix', '--technique', 'tap,wrong-host--expired--w'],
      [
        'tap,wrong-host--expired--wrong-host',
        'tap,wrong-host--expired--weak-key',
        'tap,wrong-host--expired--weak-signature',
      ],
    ],
    [['drill', 'kube'], ['kubelet-ca']],
    [['drill', 'kubelet-ca', '--only', 'set-flag,csr'], ['set-flag,csr-pending']],
    [['run', '--only', 'use-the-flag,leaked'], ['use-the-flag,leaked-bootstrap-token']],
    [['run', 'use-the-flag', 'leaked'], ['leaked-bootstrap-token']],
    [['run', '--twin', 'f'], ['fixed']],
    [['run', '--par'], ['--parallel']],
    [
      ['diagnose', '-o', ''],
      ['text', 'json'],
    ],
    [['list', 'ver'], ['verdicts']],
    [['lab', 'sup'], ['supervise']],
  ])('%j', (words, offer) => {
    expect(offered(...words)).toEqual(offer);
  });

  test('offers only what this release runs, but explains every word', () => {
    expect(offered('matrix', '--path', '')).toEqual([...pathsRun]);
    expect(offered('run', '--technique', '')).toEqual([...techniquesRun]);
    expect(offered('explain', 'steer')).toContain('steer');
    expect(offered('run', 'leaked')).toEqual(['leaked-bootstrap-token']);
    expect(offered('list', 'sc')).toEqual(['scenarios']);
  });

  test('one cell takes no list', () => {
    expect(offered('run', '--path', 'logs,ex')).toEqual(['']);
  });
});

describe('completion for fish', () => {
  test('has the formats of each verb, by the short name too', () => {
    const fish = completionScript('fish', program);
    expect(fish).toContain(
      "'__fish_seen_subcommand_from run' -s o -l output -x -a 'story json junit sarif markdown html'",
    );
    expect(fish).toContain(`-l path -x -a '${pathsRun.join(' ')}'`);
  });
});
