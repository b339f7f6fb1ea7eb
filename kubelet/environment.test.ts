import { describe, expect, test } from '@jest/globals';
import { expand } from './expansion';
import { container, podWith, startNode } from './pod-worker.test.fixtures';

test.each([
  ['$(A)-$(B)', '1-$(B)'],
  ['$$(A)', '$(A)'],
  ['$A $(', '$A $('],
  ['$$$(A)', '$1'],
  ['$(A)$(A)', '11'],
])('%s expands to %s', (text, expanded) => {
  expect(expand(text, (name) => (name === 'A' ? '1' : undefined))).toBe(expanded);
});

describe('a container', () => {
  test('is started with the values of what its spec refers to', async () => {
    await using node = startNode();
    node.configMaps.set('app', { color: 'red', size: 'xl' });
    node.secrets.set('key', { password: 's3cret' });
    node.workers.run(
      podWith('web', {
        restartPolicy: 'Never',
        containers: [
          container({
            command: ['sh', '-c'],
            args: ['echo $ALL_color $PASSWORD $WHO $LIMIT "$GREETING" $NOTHING.'],
            envFrom: [{ prefix: 'ALL_', configMapRef: { name: 'app' } }],
            env: [
              { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'key', key: 'password' } } },
              { name: 'WHO', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
              {
                name: 'LIMIT',
                valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } },
              },
              { name: 'GREETING', value: 'hello $(WHO), $(NOBODY)' },
              {
                name: 'NOTHING',
                valueFrom: { configMapKeyRef: { name: 'none', key: 'k', optional: true } },
              },
            ],
            resources: { limits: { memory: '64Mi' } },
          }),
        ],
      }),
    );
    await node.until(() => node.life('web').state.kind === 'terminated');
    const log = node
      .life('web')
      .container?.log.select()
      .map((it) => it.bytes.toString());
    expect(log).toEqual(['red s3cret web 64 hello web, $(NOBODY) .\n']);
  });

  test.each([
    [{ configMapKeyRef: { name: 'none', key: 'k' } }, 'configmap "none" not found'],
    [{ configMapKeyRef: { name: 'app', key: 'k' } }, "couldn't find key k in ConfigMap default/app"],
    [{ secretKeyRef: { name: 'key', key: 'k' } }, "couldn't find key k in Secret default/key"],
  ])('with %j waits: %s', async (valueFrom, message) => {
    await using node = startNode();
    node.configMaps.set('app', {});
    node.secrets.set('key', {});
    node.workers.run(podWith('web', { containers: [container({ env: [{ name: 'A', valueFrom }] })] }));
    await node.until(() => node.events.includes(`Warning Failed Error: ${message}`));
    expect(node.life('web').state).toEqual({
      kind: 'waiting',
      reason: 'CreateContainerConfigError',
      message,
    });
  });
});
