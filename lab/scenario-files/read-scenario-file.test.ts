import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readScenarioFile } from './read-scenario-file';
import { stockCluster } from './scenario-file';
import { shippedFolder } from './shipped';

const good = readFileSync(join(shippedFolder, 'use-the-flag.yaml'), 'utf8');

/** `line:column text; hint` of all that is found. */
function found(text: string): string[] {
  const read = readScenarioFile(text);
  if (read.kind === 'scenario') return [];
  return read.findings.map(({ line, column, text: what, hint }) => `${line}:${column} ${what}; ${hint}`);
}

/** The file with one thing in it replaced, and where that stands. */
function changed(from: string, to: string): { text: string; line: number; column: number } {
  const at = good.indexOf(from);
  if (at < 0) throw new Error(`not in the file: ${from}`);
  const before = good.slice(0, at).split('\n');
  const text = good.slice(0, at) + to + good.slice(at + from.length);
  return { text, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

describe('a scenario file', () => {
  test('is read', () => {
    expect(readScenarioFile(good)).toMatchObject({
      kind: 'scenario',
      scenario: {
        name: 'use-the-flag',
        open: {
          cluster: { defence: 'none', apiserver: [], kubelet: {} },
          attacker: { technique: 'rogue-ca' },
          expect: { outcome: 'open' },
        },
        fixed: { cluster: { defence: 'kubelet-ca' }, expect: { outcome: 'closed' } },
      },
    });
  });

  test.each([
    ['kind: Scenario', 'kind: Szenario', 6, 'unknown kind "Szenario"; did you mean "Scenario"?'],
    ['name: use-the-flag', 'name: Use the flag', 6, 'name "Use the flag" is not in lower case'],
    ['order: 20', 'ordre: 20', 0, 'unknown field "ordre" in metadata; did you mean "order"?'],
    ['order: 20', 'order: soon', 7, 'order is "soon"; it is a whole number'],
    [
      'technique: rogue-ca',
      'technique: rouge-ca',
      11,
      'unknown technique "rouge-ca"; did you mean "rogue-ca"',
    ],
    ['technique: rogue-ca', 'technique: rogue-ca--tap', 11, '"tap" cannot be joined to others'],
    ['technique: rogue-ca', 'technique: 7', 11, 'spec.attacker.technique is 7; it is a text'],
    ['path: exec\n', 'path: exce\n', 6, 'unknown path "exce"; did you mean "exec"'],
    [
      'defence: kubelet-ca',
      'defence: kublet-ca',
      9,
      'unknown defence "kublet-ca"; did you mean "kubelet-ca"',
    ],
    ['verdict: impersonated', 'verdict: impersonatd', 9, 'unknown verdict "impersonatd"; did you mean'],
    ['readUp: true', 'readUp: maybe', 8, 'is "maybe"; it is true or false'],
    ['outcome: open', 'outcome: opened', 9, 'unknown outcome "opened"; did you mean "open"?'],
    [
      'readUp: true',
      'readup: true',
      0,
      'unknown field "readup" in spec.expect.paths[0]; did you mean "readUp"?',
    ],
    [
      'alert: bad',
      'clientSew: bad',
      0,
      'unknown field "clientSew" in spec.twin.expect.paths[0]; did you mean "clientSaw"',
    ],
    [
      'change: { defence: kubelet-ca }',
      'change: {}',
      0,
      'spec.twin.change names nothing; the twins differ in one thing',
    ],
    [
      'change: { defence: kubelet-ca }',
      'change: { defence: kubelet-ca, side: node }',
      0,
      'spec.twin.change names defence, side; the twins differ in one thing',
    ],
  ])('%j → %j is found where it stands', (from, to, offset, words) => {
    const { text, line, column } = changed(from, to);
    const findings = found(text);
    expect(findings.join('\n')).toContain(words);
    expect(findings.some((each) => each.startsWith(`${line}:${column + offset} `))).toBe(true);
  });

  const withCluster = (cluster: string): string =>
    changed('  attacker:', `  cluster:\n${cluster}  attacker:`).text;

  test.each([
    [
      '    apiserver: [--v=2, --kubelet-certificate-autority=/ca.crt]\n',
      'unknown flag: --kubelet-certificate-autority; did you mean --kubelet-certificate-authority?',
    ],
    ['    apiserver: [--secure-port=x]\n', 'invalid argument "x" for "--secure-port" flag'],
    [
      '    insteadOf: { --authorization-mode=RBAC: --authorization-mode=Node }\n',
      '"--authorization-mode=RBAC" is no flag of the lab\'s kube-apiserver; did you mean "--authorization-mode=Node,RBAC"?',
    ],
    [
      '    insteadOf: { "--authorization-mode=Node,RBAC": --authorisation-mode=RBAC }\n',
      'unknown flag: --authorisation-mode',
    ],
    ['    apiserver: --v=2\n', 'spec.cluster.apiserver is "--v=2"; it is a list'],
    [
      '    kubelet: { readOnlyPrt: 10255 }\n',
      'unknown field "readOnlyPrt" of KubeletConfiguration; did you mean "readOnlyPort"?',
    ],
    [
      '    kubelet: { authentication: { anonymos: { enabled: true } } }\n',
      'unknown field "authentication.anonymos" of KubeletConfiguration; did you mean "anonymous"?',
    ],
    [
      '    kubelet: { readOnlyPort: "10255" }\n',
      'field "readOnlyPort" is "10255"; it must be a whole number',
    ],
    [
      '    objects: [{ apiVersion: v1, kind: ClusterRole, metadata: { name: x } }]\n',
      'no kind "ClusterRole" is served as "v1"; ClusterRole is of rbac.authorization.k8s.io/v1',
    ],
    [
      '    objects: [{ apiVersion: v1, kind: Pood, metadata: { name: x } }]\n',
      'no kind "Pood" is served as "v1"; did you mean "Pod"?',
    ],
    [
      '    objects: [{ apiVersion: v1, kind: Pod, metadata: {} }]\n',
      'spec.cluster.objects[0].metadata.name is not there',
    ],
    [
      '    objects: [{ apiVersion: v1, kind: Pod, metadata: { name: x }, spec: { containers: [{ name: c, imag: y }] } }]\n',
      'unknown field "spec.containers[0].imag" of Pod; did you mean "image"',
    ],
    [
      '    objects: [{ apiVersion: v1, kind: Pod, metadata: { name: x }, spec: { nodeName: 5 } }]\n',
      'Pod x: json: cannot unmarshal number into Go struct field PodSpec.spec.nodeName of type string',
    ],
    [
      '    objects: [{ apiVersion: v1, kind: Node, metadata: { name: x, namespace: team } }]\n',
      'Node x is in no namespace; leave it out',
    ],
  ])('what differs from a stock cluster is looked at by those who are to take it: %s', (cluster, words) => {
    expect(found(withCluster(cluster)).join('\n')).toContain(words);
  });

  test('what the apiserver would refuse of an object is found where it stands', () => {
    const objects = `    objects:
      - apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: { name: reader }
        rules:
          - { apiGroups: [''], resources: [pods], verb: [get] }
          - { apiGroups: [''], resources: pods, verbs: [get] }
`;
    const text = withCluster(objects);
    const line = text.split('\n').findIndex((each) => each.includes('verb: [get]')) + 1;
    const read = (given: string) => {
      const file = readScenarioFile(given);
      return file.kind === 'scenario' ? [] : file.findings.map((it) => [it.line, it.column, it.text]);
    };
    expect(read(text)).toEqual([[line, 11, expect.stringContaining('cannot unmarshal string')]]);
    expect(read(text.replace('resources: pods', 'resources: [pods]'))).toEqual([
      [line, 13, 'rules[0].verbs: Required value: verbs must contain at least one value'],
      [
        line,
        (text.split('\n')[line - 1] ?? '').indexOf('verb: ') + 1,
        'unknown field "rules[0].verb" of ClusterRole',
      ],
    ]);
  });

  test.each([
    ['', '1:1 the document is empty; it is an object'],
    ['[]', '1:1 the document is []; it is an object'],
    ['kind: Scenario\nspec:\n\tstory: x\n', 'lines are indented with spaces, not with tabs'],
    [`${good}---\n${good}`, 'a second document: one file holds one; run and lint take several files'],
    ['kind: Scenario\nspec: { story: a: b }\n', 'texts with ": " or "#" in them need quotes'],
  ])('what is no document at all is told: %#', (text, words) => {
    expect(found(text)).toEqual([expect.stringContaining(words)]);
  });

  test('of a document of another kind only that is told', () => {
    expect(found('apiVersion: v1\nkind: Pod\nmetadata: { labels: {} }\nspec: {}\n')).toEqual([
      '2:7 kind "Pod" is no scenario; a scenario has kind: Scenario and apiVersion: midplane/v1',
    ]);
  });

  test('what is missing is told once', () => {
    const without = good.replace(/ {2}attacker:\n(.*\n)*? {2}user:/, '  user:');
    expect(found(without).filter((each) => each.includes('attacker'))).toEqual([
      expect.stringContaining('spec.attacker is not there; it is an object'),
    ]);
  });

  const asking = (object: string): string[] =>
    found(changed('outcome: open\n', `outcome: open\n    object: ${object}\n`).text);

  test.each([
    ['{ apiVersion: v1, kind: Nod, name: x }', 'no kind "Nod" is served as "v1"; did you mean "Node"'],
    ['{ apiVersion: v1, kind: Node }', 'spec.expect.object.name is not there'],
    ['{ apiVersion: v1, kind: Node, namespace: team, name: x }', 'Node x is in no namespace; leave it out'],
    [
      '{ apiVersion: v1, kind: Node, name: x, jsonPath: "{.a[}", is: y }',
      'jsonPath "{.a[}" is none: a bracket does not end; as in kubectl get -o jsonpath',
    ],
    ['{ apiVersion: v1, kind: Node, name: x, is: "y" }', 'is is said without jsonPath'],
    ['{ apiVersion: v1, kind: Node, name: x, jsonPath: .a, is: [b] }', 'is holds more than a text'],
    ['{ apiVersion: v1, kind: Node, name: x, jsonPath: .a, matches: /(/ }', 'is no regular expression'],
    ['{ apiVersion: v1, kind: Node, name: x, jsonPath: .a, is: b, exists: true }', 'is and exists are both'],
    [
      '{ apiVersion: v1, kind: Node, name: x, jsonpath: .a }',
      'unknown field "jsonpath" in spec.expect.object',
    ],
  ])('what is asked of an object is looked at: %s', (object, words) => {
    expect(asking(object).join('\n')).toContain(words);
  });

  test('rules are for a relay, and each is looked at', () => {
    const rules = 'technique: relay\n    rules:\n      - replace: { stream: logs, match: /(/, with: x }\n';
    expect(found(changed('technique: rogue-ca\n', rules).text).join('\n')).toContain(
      'rule 1 (replace) has match "/(/"',
    );
    const alone = 'technique: rogue-ca\n    rules:\n      - drop: { stream: logs }\n';
    expect(found(changed('technique: rogue-ca\n', alone).text).join('\n')).toContain(
      '"rogue-ca" plays no rules',
    );
  });

  const withPlay = (attacker: string, change = '{ defence: kubelet-ca }'): string =>
    good
      .replace(/ {2}attacker:\n(.*\n)*? {2}expect:/, `  attacker:\n${attacker}  expect:`)
      .replace('change: { defence: kubelet-ca }', `change: ${change}`)
      .replaceAll(/ {4,6}paths:\n( {6,10}.*\n)*/g, '');

  test('a play gets its options, and the twin others', () => {
    const options = '    play: get-nodes-proxy\n    with: { resource: nodes/proxy }\n';
    expect(readScenarioFile(withPlay(options, '{ with: { resource: nodes/pods } }'))).toMatchObject({
      kind: 'scenario',
      scenario: {
        open: { kind: 'play', attacker: { name: 'get-nodes-proxy', options: { resource: 'nodes/proxy' } } },
        fixed: { attacker: { options: { resource: 'nodes/pods' } }, expect: { outcome: 'closed' } },
      },
    });
  });

  test.each([
    ['    play: get-node-proxy\n', 'unknown play "get-node-proxy"; did you mean "get-nodes-proxy"'],
    ['    play: get-nodes-proxy\n', 'play "get-nodes-proxy" needs the option "resource"; attacker.with: {'],
    [
      '    play: get-nodes-proxy\n    with: { ressource: nodes/pods }\n',
      'play "get-nodes-proxy" has no option "ressource"; did you mean "resource"?',
    ],
    [
      '    play: get-nodes-proxy\n    with: { resource: nodes/log }\n',
      'unknown resource "nodes/log"; did you mean "nodes/pods"',
    ],
    [
      '    play: join-without-ca-hash\n    with: { caCertHash: 7 }\n',
      'option "caCertHash" is 7; it is true or false',
    ],
    [
      '    play: false-node-address\n    with: { node: node-1 }\n',
      'play "false-node-address" has no option "node"; it has none',
    ],
    [
      '    play: false-node-address\n    technique: relay\n',
      'unknown field "technique" in spec.attacker; known: play, with',
    ],
    ['    play: ./mine.js\n', 'play "./mine.js" was not loaded'],
    ['    technique: relay\n    with: {}\n', 'unknown field "with" in spec.attacker'],
  ])('what is wrong with a play is found where it stands: %j', (attacker, words) => {
    expect(found(withPlay(attacker)).join('\n')).toContain(words);
  });

  test('beside a play nobody uses paths, and its twin differs in a cluster or in options', () => {
    const user = '    play: false-node-address\n  user: [{ path: logs }]\n';
    expect(found(withPlay(user, '{ technique: relay }')).join('\n')).toMatch(
      /spec\.user has no place beside a play(.|\n)*unknown field "technique" in spec\.twin\.change/,
    );
  });

  test('a cluster can be another one as a whole', () => {
    const stolen = readFileSync(join(shippedFolder, 'stolen-node-credentials.yaml'), 'utf8');
    expect(readScenarioFile(stolen)).toMatchObject({
      scenario: { open: { cluster: { objects: [{}] } }, fixed: { cluster: stockCluster } },
    });
  });

  test('tells of everything at once, in the order of the lines', () => {
    const findings = found('apiVersion: v1\nkind: Scenario\nspec:\n  attackr: {}\n');
    expect(findings.length).toBeGreaterThan(6);
    expect(findings[0]).toBe('1:1 metadata is not there; it is an object');
    const lines = findings.map((each) => Number.parseInt(each, 10));
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
  });

  test('never throws, whatever is in place of a value', () => {
    const lines = good.split('\n');
    fc.assert(
      fc.property(fc.nat(lines.length - 1), fc.jsonValue({ maxDepth: 2 }), (at, value) => {
        const name = /^\s*(- )?\S+?:/.exec(lines[at] ?? '')?.[0] ?? 'x:';
        const read = readScenarioFile(lines.with(at, `${name} ${JSON.stringify(value)}`).join('\n'));
        expect(['scenario', 'faulty']).toContain(read.kind);
      }),
    );
  });
});
