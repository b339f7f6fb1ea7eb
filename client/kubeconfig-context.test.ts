import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { ClientConfig } from './kubeconfig';
import { putContext, removeContext } from './kubeconfig-context';

const config: ClientConfig = {
  server: { host: '127.0.0.1', port: 41000 },
  trust: { kind: 'verify', bundlePem: 'CA\n', host: '127.0.0.1' },
  token: 'secret',
};

const theirs = `# mine, do not touch
apiVersion: v1
kind: Config
clusters:
  - name: work # the important one
    cluster: { server: "https://work.example:6443" }
contexts:
  - name: work
    context:
      cluster: work
      user: me
current-context: work
users:
  - name: me
    user: {}
preferences: {}
`;

interface Named {
  name: string;
}

describe('a context in somebody’s kubeconfig', () => {
  test('goes into an empty file, which then points at it', () => {
    const made = parse(putContext('', 'config', 'midplane', config)) as Record<string, unknown>;
    expect(made).toMatchObject({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'midplane',
      contexts: [{ name: 'midplane', context: { cluster: 'midplane', user: 'midplane' } }],
      users: [{ name: 'midplane', user: { token: 'secret' } }],
    });
  });

  test('stands beside theirs, and leaves comments and the current context alone', () => {
    const merged = putContext(theirs, 'config', 'midplane', config);
    expect(merged).toContain('# mine, do not touch');
    expect(merged).toContain('# the important one');
    const read = parse(merged) as { clusters: Named[]; 'current-context': string };
    expect(read.clusters.map((it) => it.name)).toEqual(['work', 'midplane']);
    expect(read['current-context']).toBe('work');
  });

  test('is replaced, not doubled, by the next one', () => {
    const once = putContext(theirs, 'config', 'midplane', config);
    const again = putContext(once, 'config', 'midplane', {
      ...config,
      server: { host: '127.0.0.1', port: 42000 },
    });
    const read = parse(again) as { clusters: { name: string; cluster: { server: string } }[] };
    expect(read.clusters.map((it) => it.cluster.server)).toEqual([
      'https://work.example:6443',
      'https://127.0.0.1:42000',
    ]);
  });

  test('is taken out again without a trace', () => {
    const merged = putContext(theirs, 'config', 'midplane', config);
    expect(parse(removeContext(merged, 'config', 'midplane') ?? '')).toEqual(parse(theirs));
  });

  test('that is current leaves no current context behind', () => {
    const made = putContext('', 'config', 'midplane', config);
    expect(parse(removeContext(made, 'config', 'midplane') ?? '')).toMatchObject({ 'current-context': '' });
  });

  test('of the same name that is not ours is refused, and never removed', () => {
    const named = theirs.replaceAll('work', 'midplane');
    expect(() => putContext(named, 'config', 'midplane', config)).toThrow(
      'kubeconfig "config" has something named "midplane" under clusters that midplane did not put there',
    );
    expect(removeContext(named, 'config', 'midplane')).toBeNull();
  });

  test.each([
    ['a: [', 'not YAML'],
    ['- a\n', 'holds no configuration'],
    ['plain', 'holds no configuration'],
  ])('%j is no kubeconfig', (text, why) => {
    expect(() => putContext(text, 'config', 'midplane', config)).toThrow(why);
  });
});
