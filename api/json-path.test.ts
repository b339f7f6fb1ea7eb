import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseJsonPath, printJsonPath } from './json-path';

const node = {
  metadata: { name: 'node-1', labels: { 'kubernetes.io/os': 'linux', zone: 'a' } },
  spec: { unschedulable: true, taints: [] },
  status: {
    conditions: [
      { type: 'MemoryPressure', status: 'False', age: 3 },
      { type: 'Ready', status: 'True', age: 7 },
    ],
    addresses: [
      { type: 'InternalIP', address: '10.0.0.11' },
      { type: 'Hostname', address: 'node-1' },
    ],
  },
};

function shown(text: string): string {
  const path = parseJsonPath(text);
  if (path.kind === 'malformed') throw new Error(path.text);
  return printJsonPath(path.read(node));
}

describe('JSONPath as kubectl has it', () => {
  test.each([
    ['{.metadata.name}', 'node-1'],
    ['.metadata.name', 'node-1'],
    ['metadata.name', 'node-1'],
    ['{$.metadata.name}', 'node-1'],
    [`{.metadata['name']}`, 'node-1'],
    ['{.metadata.labels.kubernetes\\.io/os}', 'linux'],
    [`{.metadata.labels['kubernetes.io/os']}`, 'linux'],
    [`{.metadata.labels['zone','kubernetes.io/os']}`, 'a linux'],
    ['{.spec.unschedulable}', 'true'],
    ['{.spec.taints}', '[]'],
    ['{.status.conditions[0].age}', '3'],
    ['{.status.conditions[-1].type}', 'Ready'],
    ['{.status.conditions[5].type}', ''],
    ['{.status.conditions[0:1].type}', 'MemoryPressure'],
    ['{.status.conditions[0,1].type}', 'MemoryPressure Ready'],
    ['{.status.conditions[*].type}', 'MemoryPressure Ready'],
    ['{.status.addresses.*.address}', '10.0.0.11 node-1'],
    ['{.status.conditions[?(@.type=="Ready")].status}', 'True'],
    [`{.status.conditions[?(@.type != 'Ready')].status}`, 'False'],
    ['{.status.conditions[?(@.age>3)].type}', 'Ready'],
    ['{.status.conditions[?(@.age<=3)].type}', 'MemoryPressure'],
    ['{.status.conditions[?(@.nothing)].type}', ''],
    ['{..address}', '10.0.0.11 node-1'],
    ['{.status..type}', 'MemoryPressure Ready InternalIP Hostname'],
    ['{.metadata.nothing.at.all}', ''],
    ['{.metadata.constructor}', ''],
    ['{.metadata.labels}', '{"kubernetes.io/os":"linux","zone":"a"}'],
  ])('%s', (text, printed) => {
    expect(shown(text)).toBe(printed);
  });

  test.each([
    ['', 'it leads nowhere'],
    ['{.}', 'it leads nowhere'],
    ['{.a..}', 'a name is missing at "."'],
    ['{.a[0}', 'a bracket does not end'],
    ['{.a[x]}', '[x] is no index, no slice and no name in quotes'],
    ['{.a[?(@.b==c)]}', '"c" is not @…, a text in quotes, a number, true or false'],
    ['{.a[?(@.b=1)]}', '?(@.b=1) compares with none of == != <= >= < >'],
    ['{.a[?(1)]}', '?(1) asks nothing of @'],
    ['{.a[0:2:-1]}', '[0:2:-1] does not go forwards'],
    ['{.a}{.b}', '"a}{" is no name of a field'],
    ['{range .items[*]}', '"range " is no name of a field'],
  ])('%j is none', (text, why) => {
    expect(parseJsonPath(text)).toEqual({ kind: 'malformed', text: why });
  });

  test('takes any text', () => {
    const text = fc.string({ unit: fc.constantFrom(...'{}[]().*?@$\'"\\,:=<>ab01 ') });
    fc.assert(
      fc.property(text, (each) => {
        const path = parseJsonPath(each);
        if (path.kind === 'path') path.read({ a: [{ b: 1 }], b: 'x' });
      }),
    );
  });
});
