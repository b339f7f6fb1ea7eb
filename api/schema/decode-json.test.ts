import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RandomBody } from '../../test/go-k8s/random-body';
import { jsonNode, parseGoJson } from '../../wire/go-json';
import { decodeJson } from './decode-json';
import { kindNames, kubernetesSchema } from './kubernetes-schema';

/** What Kubernetes makes of the same and of thousands more: test/go-k8s. Here is what must hold without Go. */
function decodePod(text: string) {
  const node = parseGoJson(text);
  if (node.kind === 'syntax-error') throw new Error(node.text);
  return decodeJson(kubernetesSchema, kubernetesSchema.message('io.k8s.api.core.v1.Pod'), node);
}

describe('a JSON body', () => {
  test('becomes what Go would write, in its order', () => {
    const decoded = decodePod(
      '{"spec":{"hostNetwork":false,"nodeSelector":{"b":"1","a":"2"},"automountServiceAccountToken":false,' +
        '"containers":[{"env":[],"resources":{"limits":{"cpu":0.5,"memory":"1024Mi"}},"name":"c"}]},' +
        '"metadata":{"labels":null,"name":"p"},"apiVersion":"v1","kind":"Pod"}',
    );
    expect(decoded.kind === 'decoded' ? JSON.stringify(decoded.object) : decoded.error).toBe(
      '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","creationTimestamp":null},' +
        '"spec":{"containers":[{"name":"c","resources":{"limits":{"cpu":"500m","memory":"1Gi"}}}],' +
        '"nodeSelector":{"a":"2","b":"1"},"automountServiceAccountToken":false},"status":{}}',
    );
  });

  test('loses its unknown fields, which are told, as are those said twice', () => {
    const decoded = decodePod(
      '{"spec":{"containers":[{"name":"a","imagex":"b","name":"c"}],"Containers":[]},"metadata":{"labels":{"a":"1","a":"2"}}}',
    );
    expect(decoded).toMatchObject({
      object: { spec: { containers: [{ name: 'c' }] } },
      strictErrors: [
        'unknown field "spec.containers[0].imagex"',
        'duplicate field "spec.containers[0].name"',
        'unknown field "spec.Containers"',
        'duplicate field "metadata.labels.a"',
      ],
    });
    expect(JSON.stringify(decoded)).not.toContain('"imagex":');
  });

  test.each([
    [
      '{"spec":{"containers":[{"ports":[{"containerPort":"80"}]}]}}',
      'json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32',
    ],
    [
      '{"spec":{"containers":"x","restartPolicy":5}}',
      'json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    [
      '{"spec":{"restartPolicy":5}}',
      'json: cannot unmarshal number into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy',
    ],
    [
      '{"metadata":{"labels":{"a":true}}}',
      'json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      '{"spec":{"priority":2147483648}}',
      'json: cannot unmarshal number 2147483648 into Go struct field PodSpec.spec.priority of type int32',
    ],
    [
      '{"spec":5,"metadata":{"creationTimestamp":"yesterday"}}',
      'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
    ],
    [
      '{"spec":{"overhead":{"cpu":"many"}}}',
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
  ])('%s is refused', (text, error) => {
    expect(decodePod(text)).toEqual({ kind: 'undecodable', error });
  });

  test('decoded twice is what it was decoded once', () => {
    for (const [at, { apiVersion, kind, message }] of kindNames().entries()) {
      const body = new RandomBody(kubernetesSchema, at, 0).body(apiVersion, kind, message);
      const once = decodeJson(kubernetesSchema, message, jsonNode(JSON.parse(body)));
      if (once.kind !== 'decoded') throw new Error(`${kind}: ${once.error}`);
      const twice = decodeJson(kubernetesSchema, message, jsonNode(once.object));
      expect([kind, twice]).toEqual([kind, { kind: 'decoded', object: once.object, strictErrors: [] }]);
    }
  });

  test('of any shape is decoded or refused', () => {
    const kinds = kindNames();
    fc.assert(
      fc.property(fc.nat(kinds.length - 1), fc.jsonValue(), (at, value) => {
        const message = kinds[at]?.message;
        if (message === undefined) return;
        const names = message.fields.map(({ name }) => name);
        const shaped = Object.fromEntries(names.map((name) => [name, value]));
        for (const node of [jsonNode(value), jsonNode(shaped)])
          expect(['decoded', 'undecodable']).toContain(decodeJson(kubernetesSchema, message, node).kind);
      }),
    );
  });

  test('is decoded in bounded time, however long its numbers are', () => {
    const digits = '9'.repeat(2_000_000);
    expect(decodePod(`{"spec":{"priority":${digits}}}`).kind).toBe('undecodable');
    expect(decodePod(`{"spec":{"overhead":{"cpu":"${digits}"}}}`).kind).toBe('undecodable');
  });
});
