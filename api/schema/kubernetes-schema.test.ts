import { describe, expect, test } from '@jest/globals';
import { jsonFields } from './json-fields';
import { kindNames, kubernetesSchema, messageNames } from './kubernetes-schema';
import type { Field, FieldType, Message } from './schema';

const all: readonly Message[] = messageNames().map((name) => kubernetesSchema.message(name));

function innermost(type: FieldType): FieldType {
  return type.kind === 'list' || type.kind === 'map' ? innermost(type.of) : type;
}

function field(apiVersion: string, kind: string, ...path: string[]): Field | undefined {
  let message = kubernetesSchema.messageOf(apiVersion, kind);
  let found: Field | undefined;
  for (const name of path) {
    found = message?.fields.find((one) => one.name === name);
    const type = found === undefined ? null : innermost(found.type);
    message = type?.kind === 'message' ? kubernetesSchema.message(type.message) : null;
  }
  return found;
}

/** Every field of every message, and what is wrong with it in the eyes of a rule. */
function faults(rule: (field: Field, message: Message) => boolean): string[] {
  return all.flatMap((message) =>
    message.fields.filter((one) => !rule(one, message)).map((one) => `${message.name}.${one.name}`),
  );
}

describe('the tables of types', () => {
  test('hold the types that a lab of this size needs', () => {
    expect(all.length).toBeGreaterThan(200);
  });

  test('number every field once in its message, and name it once', () => {
    expect(faults(({ number, name }) => number > 0 || ['kind', 'apiVersion'].includes(name))).toEqual([]);
    const twice = all.filter(({ fields }) => {
      const numbers = fields.map(({ number }) => number).filter((number) => number !== 0);
      return (
        new Set(numbers).size < numbers.length || new Set(fields.map(({ name }) => name)).size < fields.length
      );
    });
    expect(twice).toEqual([]);
  });

  test('hold every message that they refer to', () => {
    const referredTo = all.flatMap(({ fields }) => fields.map(({ type }) => innermost(type)));
    const names = referredTo.flatMap((type) => (type.kind === 'message' ? [type.message] : []));
    expect(names.filter((name) => kubernetesSchema.message(name).name !== name)).toEqual([]);
    expect(faults(({ inline, type }) => !inline || type.kind === 'message')).toEqual([]);
  });

  test('describe every kind, and every field that a user of the lab is likely to look up', () => {
    expect(kindNames().filter(({ message }) => message.description === '')).toEqual([]);
    const core = [
      'PodSpec',
      'Container',
      'Probe',
      'EnvVar',
      'ContainerPort',
      'ServiceSpec',
      'ServicePort',
      'Toleration',
    ];
    const looked = [
      'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
      'io.k8s.api.apps.v1.DeploymentSpec',
      'io.k8s.api.rbac.v1.PolicyRule',
      'io.k8s.api.certificates.v1.CertificateSigningRequestSpec',
      ...core.map((name) => `io.k8s.api.core.v1.${name}`),
    ];
    const silent = faults(
      ({ description, inline }, { name }) => description !== '' || inline || !looked.includes(name),
    );
    expect(silent).toEqual([]);
  });

  test('key lists by fields that the items have', () => {
    expect(
      faults(({ type, patchMergeKey }) => {
        if (type.kind !== 'list') return patchMergeKey === '';
        const keys = [
          ...(type.owned.kind === 'map' ? type.owned.keys : []),
          ...(patchMergeKey === '' ? [] : [patchMergeKey]),
        ];
        if (type.of.kind !== 'message') return keys.length === 0;
        const fields = jsonFields(kubernetesSchema.message(type.of.message), kubernetesSchema);
        return keys.every((key) => fields.has(key));
      }),
    ).toEqual([]);
  });
});

describe('a type', () => {
  test('is found by apiVersion and kind, lists too, and a miss is no error', () => {
    expect(kubernetesSchema.messageOf('v1', 'Pod')?.name).toBe('io.k8s.api.core.v1.Pod');
    expect(kubernetesSchema.messageOf('apps/v1', 'DeploymentList')?.name).toBe(
      'io.k8s.api.apps.v1.DeploymentList',
    );
    expect(kubernetesSchema.messageOf('v1', 'DeleteOptions')?.name).toBe(
      'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions',
    );
    expect(kubernetesSchema.messageOf('v1', 'Deployment')).toBeNull();
    expect(kubernetesSchema.messageOf('v1', 'TokenReviewList')).toBeNull();
    expect(kubernetesSchema.messageOf('v1', 'Container')).toBeNull();
  });

  test('that nobody wrote down is a bug', () => {
    expect(() => kubernetesSchema.message('io.k8s.api.core.v1.Nonsense')).toThrow('no type');
  });

  test('is parsed once', () => {
    expect(kubernetesSchema.message('io.k8s.api.core.v1.Pod')).toBe(
      kubernetesSchema.message('io.k8s.api.core.v1.Pod'),
    );
  });

  test('has what Go wrote in its tags and markers', () => {
    expect(field('v1', 'Pod', 'spec', 'containers', 'ports')).toMatchObject({
      number: 6,
      patchStrategies: ['merge'],
      patchMergeKey: 'containerPort',
      type: { kind: 'list', owned: { kind: 'map', keys: ['containerPort', 'protocol'] } },
    });
    expect(field('v1', 'Pod', 'spec', 'volumes')?.patchStrategies).toEqual(['merge', 'retainKeys']);
    expect(field('v1', 'Pod', 'spec', 'containers', 'ports', 'protocol')).toMatchObject({
      default: 'TCP',
      type: { kind: 'string', goType: 'v1.Protocol', values: ['TCP', 'UDP', 'SCTP'] },
    });
    expect(field('v1', 'Pod', 'spec', 'nodeSelector')?.type).toMatchObject({ kind: 'map', atomic: true });
    expect(field('apps/v1', 'Deployment', 'spec', 'selector')).toMatchObject({
      pointer: true,
      required: true,
      type: { kind: 'message', atomic: true },
    });
    expect(field('v1', 'Pod', 'metadata', 'finalizers')?.type).toMatchObject({ owned: { kind: 'set' } });
    expect(field('v1', 'Pod', 'status', 'containerStatuses', 'resources', 'limits')?.type).toEqual({
      kind: 'map',
      of: { kind: 'quantity' },
      atomic: false,
      goType: 'v1.ResourceList',
    });
    expect(field('rbac.authorization.k8s.io/v1', 'Role', 'rules')).toMatchObject({
      required: false,
      omitEmpty: false,
    });
    expect(field('authentication.k8s.io/v1', 'TokenReview', 'status', 'user', 'extra')?.type).toMatchObject({
      kind: 'map',
      of: { kind: 'list', goType: 'v1.ExtraValue' },
    });
    expect(field('v1', 'Pod', 'spec', 'volumes', 'volumeSource')).toMatchObject({ inline: true, number: 2 });
  });

  test('has its kind and apiVersion, which protobuf does not number', () => {
    const names = kubernetesSchema.messageOf('v1', 'Pod')?.fields.map(({ name, number }) => [name, number]);
    expect(names?.slice(0, 3)).toEqual([
      ['kind', 0],
      ['apiVersion', 0],
      ['metadata', 1],
    ]);
  });
});
