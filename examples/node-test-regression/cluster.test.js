import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { assertIntercepted, assertRefused, assertStaysClosed, startLab } from 'midplane/testing';

const cluster = JSON.parse(await readFile(new URL('cluster.json', import.meta.url), 'utf8'));

/** What no setting of the apiserver covers: docs/matrix.md. Whoever may use them is a matter of RBAC. */
const uncovered = [
  'logs-skip-verify',
  'node-proxy-http',
  'node-proxy-https',
  'pod-proxy-http',
  'pod-proxy-https',
  'service-proxy-http',
  'service-proxy-https',
];

describe('our cluster, with a machine in the middle', () => {
  let lab;
  before(async () => {
    lab = await startLab(cluster);
  });
  after(() => lab?.close());

  test('stays closed', async () => {
    assertStaysClosed(await lab.everyPath({ except: uncovered }));
  });

  for (const path of ['logs', 'exec', 'attach', 'port-forward', 'node-proxy'])
    test(`refuses a false kubelet for ${path}`, async () => {
      assertRefused(await lab.path(path));
    });

  test('is read where somebody asks for logs and skips verification', async () => {
    assertIntercepted(await lab.path('logs-skip-verify'), { as: 'impersonated' });
  });
});
