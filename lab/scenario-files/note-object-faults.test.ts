import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { apiVersionOf } from '../../apiserver/registry';
import { kinds } from '../../apiserver/registry-rows';
import { parseLocatedYaml } from '../../wire/located-yaml';
import { DocumentPart, type Finding } from './document-part';
import { readCluster } from './read-cluster';

/** What is found of an object, as `line:column text; hint`. */
function faultsOf(object: unknown): string[] {
  const document = parseLocatedYaml(JSON.stringify({ objects: [object] }, null, 1));
  if (document.kind === 'syntax-error') throw new Error(document.text);
  const findings: Finding[] = [];
  readCluster(DocumentPart.top(document, findings));
  return findings.map(({ line, column, text, hint }) => `${line}:${column} ${text}; ${hint}`);
}

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'cafe' },
  spec: { containers: [{ name: 'c', image: 'nginx', env: [{ name: 'A', value: 'b' }] }] },
};
const withContainer = (more: object) => ({
  ...pod,
  spec: { containers: [{ ...pod.spec.containers[0], ...more }] },
});

test('an object that the apiserver takes has no faults', () => {
  expect(faultsOf(pod)).toEqual([]);
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's' },
    spec: { ports: [{ port: 80 }] },
  };
  expect(faultsOf(service)).toEqual([]);
});

test.each<[string, object, string]>([
  ['an unknown field', withContainer({ imagePulPolicy: 'Always' }), 'did you mean "imagePullPolicy"'],
  [
    'one deep in a list',
    withContainer({ env: [{ nam: 'A' }] }),
    'unknown field "spec.containers[0].env[0].nam" of Pod; did you mean "name"',
  ],
  [
    'a value of the wrong type',
    withContainer({ env: { name: 'A' } }),
    'cannot unmarshal object into Go struct field Container.spec.containers.env of type []v1.EnvVar',
  ],
  [
    'one that is out of range',
    withContainer({ ports: [{ containerPort: 70000 }] }),
    'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535',
  ],
  [
    'a field of the metadata',
    { ...pod, metadata: { name: 'cafe', label: {} } },
    'unknown field "metadata.label" of Pod; did you mean "labels"?',
  ],
  [
    'a namespace that it cannot have',
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', namespace: 'team' } },
    'Node n is in no namespace; leave it out',
  ],
])('%s is told', (_, object, words) => {
  expect(faultsOf(object).join('\n')).toContain(words);
});

test('it is told where it stands', () => {
  const lines = JSON.stringify(
    { objects: [withContainer({ ports: [{ containerPort: 70000 }] })] },
    null,
    1,
  ).split('\n');
  const line = lines.findIndex((each) => each.includes('70000')) + 1;
  const column = (lines[line - 1] ?? '').indexOf('70000') + 1;
  expect(faultsOf(withContainer({ ports: [{ containerPort: 70000 }] }))).toEqual([
    expect.stringMatching(new RegExp(`^${line}:${column} spec\\.containers`)),
  ]);
});

test('a namespace that is no text is a fault, whatever it is', () => {
  const metadata = { name: 'a', namespace: { toString: false } };
  expect(faultsOf({ apiVersion: 'v1', kind: 'ConfigMap', metadata })).toEqual([
    expect.stringContaining('metadata.namespace'),
  ]);
});

test('takes any object of any kind', () => {
  const served = kinds.map((kind) => ({ apiVersion: apiVersionOf(kind), kind: kind.kind }));
  const value = fc.jsonValue({ maxDepth: 4 });
  const fields = fc.dictionary(
    fc.constantFrom('spec', 'metadata', 'data', 'rules', 'subjects', 'roleRef', 'status', 'x'),
    value,
  );
  fc.assert(
    fc.property(fc.constantFrom(...served), fields, (head, more) => {
      faultsOf({ ...more, ...head });
      faultsOf({ ...more, ...head, metadata: { name: 'a', labels: more['x'], namespace: more['spec'] } });
    }),
    { numRuns: 300 },
  );
});
