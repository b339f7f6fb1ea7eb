import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ProtobufWriter } from '../../wire/protobuf-writer';
import { decodeProtobuf, openEnvelope } from './decode-protobuf';
import { kindNames, kubernetesSchema } from './kubernetes-schema';

/** Bodies that kubectl 1.33.1 sent to a recording server. */
const recorded: readonly (readonly [command: string, hex: string, object: object])[] = [
  [
    'create configmap c --from-literal=a=b',
    '6b3873000a0f0a0276311209436f6e6669674d6170121b0a110a016312001a0022002a0032003800420012060a01611201621a002200',
    {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { name: 'c', creationTimestamp: null },
      data: { a: 'b' },
    },
  ],
  [
    'create secret generic s --from-literal=p=q',
    '6b3873000a0c0a0276311206536563726574121d0a110a017312001a0022002a0032003800420012060a01701201711a001a002200',
    {
      kind: 'Secret',
      apiVersion: 'v1',
      metadata: { name: 's', creationTimestamp: null },
      data: { p: 'cQ==' },
    },
  ],
  [
    'create deployment d --image=nginx:1 --port=80 --replicas=2',
    '6b3873000a150a07617070732f7631120a4465706c6f796d656e7412b2010a1b0a016412001a0022002a003200380042005a080a03617070120164' +
      '1284010802120a0a080a036170701201641a6c0a1a0a0012001a0022002a003200380042005a080a03617070120164124e12300a056e67696e78' +
      '12076e67696e783a312a00320a0a001000185022002a0042006a007200800100880100900100a201001a00320042004a005200580060006800820' +
      '1008a01009a0100c2010022020a00280038001a0c0800100018002000280038001a002200',
    {
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      metadata: { name: 'd', creationTimestamp: null, labels: { app: 'd' } },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'd' } },
        template: {
          metadata: { creationTimestamp: null, labels: { app: 'd' } },
          spec: {
            containers: [{ name: 'nginx', image: 'nginx:1', ports: [{ containerPort: 80 }], resources: {} }],
          },
        },
        strategy: {},
      },
      status: {},
    },
  ],
  [
    'create service clusterip svc --tcp=80:http',
    '6b3873000a0d0a027631120753657276696365126c0a1f0a0373766312001a0022002a003200380042005a0a0a03617070120373766312450a1e' +
      '0a0738302d6874747012035443501850220a080110001a04687474702800120a0a0361707012037376631a002209436c757374657249503a0042' +
      '0052005a00600068001a020a001a002200',
    {
      kind: 'Service',
      apiVersion: 'v1',
      metadata: { name: 'svc', creationTimestamp: null, labels: { app: 'svc' } },
      spec: {
        ports: [{ name: '80-http', protocol: 'TCP', port: 80, targetPort: 'http' }],
        selector: { app: 'svc' },
        type: 'ClusterIP',
      },
      status: { loadBalancer: {} },
    },
  ],
  [
    'auth can-i get pods',
    '6b3873000a320a17617574686f72697a6174696f6e2e6b38732e696f2f7631121753656c665375626a656374416363657373526576696577123c' +
      '0a100a0012001a0022002a00320038004200121e0a1c0a0764656661756c7412036765741a0022002a04706f647332003a001a08080012001a00' +
      '20001a002200',
    {
      kind: 'SelfSubjectAccessReview',
      apiVersion: 'authorization.k8s.io/v1',
      metadata: { creationTimestamp: null },
      spec: { resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods' } },
      status: { allowed: false },
    },
  ],
  [
    'create token sa --duration=10m --bound-object-kind=Pod --bound-object-name=p --bound-object-uid=u1',
    '6b3873000a280a1861757468656e7469636174696f6e2e6b38732e696f2f7631120c546f6b656e52657175657374122f0a100a0012001a002200' +
      '2a0032003800420012151a100a03506f64120276311a01702202753120d8041a040a0012001a002200',
    {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { creationTimestamp: null },
      spec: {
        audiences: null,
        expirationSeconds: 600,
        boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: 'u1' },
      },
      status: { token: '', expirationTimestamp: null },
    },
  ],
];

function read(body: Buffer): unknown {
  const envelope = openEnvelope(body);
  if (envelope.kind !== 'enveloped') return envelope;
  const { apiVersion, objectKind: kind, raw } = envelope;
  const message = kubernetesSchema.messageOf(apiVersion, kind);
  if (message === null) return { unknown: kind };
  const decoded = decodeProtobuf(kubernetesSchema, message, raw);
  return decoded.kind === 'undecodable' ? decoded : { ...decoded.object, apiVersion, kind };
}

describe('a protobuf body', () => {
  test.each(recorded)('of kubectl %s is read', (_, hex, object) => {
    expect(read(Buffer.from(hex, 'hex'))).toEqual(object);
  });

  test.each([
    ['', 'empty data'],
    ['6b387300', 'empty body'],
    ['7b7d', 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]'],
    ['6b3873000a', 'unexpected EOF'],
    ['6b3873000001', 'proto: Unknown: illegal tag 0 (wire type 0)'],
    ['6b3873000801', 'proto: wrong wireType = 0 for field TypeMeta'],
  ])('of octets %j is refused: %s', (hex, error) => {
    expect(read(Buffer.from(hex, 'hex'))).toEqual({ kind: 'undecodable', error });
  });

  test('that breaks off within the object is refused', () => {
    const pod = kubernetesSchema.message('io.k8s.api.core.v1.Pod');
    const refused = (raw: Buffer) => decodeProtobuf(kubernetesSchema, pod, raw);
    expect(refused(Buffer.from('0a05', 'hex'))).toEqual({ kind: 'undecodable', error: 'unexpected EOF' });
    expect(refused(new ProtobufWriter().varint(1, 1).finish())).toMatchObject({
      error: 'proto: wrong wireType = 0 for field ObjectMeta',
    });
    expect(refused(new ProtobufWriter().bytes(2, Buffer.from('0801', 'hex')).finish())).toMatchObject({
      error: 'proto: wrong wireType = 0 for field Volumes',
    });
  });

  test('of any octets is read or refused, whatever the kind', () => {
    const kinds = kindNames();
    fc.assert(
      fc.property(fc.nat(kinds.length - 1), fc.uint8Array({ maxLength: 300 }), (at, octets) => {
        const message = kinds[at]?.message;
        if (message === undefined) return;
        const decoded = decodeProtobuf(kubernetesSchema, message, Buffer.from(octets));
        expect(['decoded', 'undecodable']).toContain(decoded.kind);
      }),
    );
  });

  test('of kubectl with octets changed is read or refused', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...recorded.map(([, hex]) => hex)),
        fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (hex, changes) => {
          const body = Buffer.from(hex, 'hex');
          for (const [at, octet] of changes) body[at % body.length] = octet;
          expect(read(body)).toBeDefined();
        },
      ),
    );
  });

  test('may hold fields that nobody knows', () => {
    const configMap = kubernetesSchema.message('io.k8s.api.core.v1.ConfigMap');
    const raw = new ProtobufWriter().varint(99, 1).bytes(98, 'x').finish();
    expect(decodeProtobuf(kubernetesSchema, configMap, raw)).toMatchObject({ kind: 'decoded' });
  });
});
