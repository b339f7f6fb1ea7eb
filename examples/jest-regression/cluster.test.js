const { matchers, startLab } = require('midplane/testing');
const cluster = require('./cluster.json');

expect.extend(matchers);

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
  beforeAll(async () => {
    lab = await startLab(cluster);
  });
  afterAll(() => lab?.close());

  test('stays closed', async () => {
    await expect(lab).toStayClosed({ except: uncovered });
  });

  test.each(['logs', 'exec', 'attach', 'port-forward', 'node-proxy'])(
    'refuses a false kubelet for %s',
    async (path) => {
      await expect(lab.path(path)).toBeRefused();
    },
  );

  test('is read where somebody asks for logs and skips verification', async () => {
    await expect(lab.path('logs-skip-verify')).toBeIntercepted({ as: 'impersonated' });
  });
});
