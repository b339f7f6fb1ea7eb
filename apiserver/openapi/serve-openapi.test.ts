import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Keys, mintKeys, TestCluster } from '../cluster.test.fixtures';

let keys: Keys;
beforeAll(async () => {
  keys = await mintKeys();
});

const accepting = (accept: string) => ({ headers: [['Accept', accept]] as const });
const header = (headers: readonly (readonly [string, string])[], name: string) =>
  headers.find(([key]) => key.toLowerCase() === name)?.[1];

describe('/openapi/v2', () => {
  test('is protobuf for kubectl, whose media type has a dot in the answer, and JSON for others', async () => {
    await using cluster = await TestCluster.start(keys);
    const asked = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
    const protobuf = await cluster.ask('GET', '/openapi/v2', accepting(asked));
    expect(header(protobuf.headers, 'content-type')).toBe(
      'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
    );
    expect(protobuf.text).toContain('io.k8s.api.core.v1.ConfigMap');
    const json = await cluster.ask('GET', '/openapi/v2', accepting('application/json, */*'));
    expect(json.json).toMatchObject({ swagger: '2.0', info: { title: 'Kubernetes' } });
    const refused = await cluster.ask('GET', '/openapi/v2', accepting('text/html'));
    expect([refused.status, refused.json['reason']]).toEqual([406, 'NotAcceptable']);
  });

  test('is not sent again to who has it', async () => {
    await using cluster = await TestCluster.start(keys);
    const etag = header((await cluster.ask('GET', '/openapi/v2')).headers, 'etag') ?? '';
    const again = await cluster.ask('GET', '/openapi/v2', { headers: [['If-None-Match', etag]] });
    expect([again.status, again.text]).toEqual([304, '']);
    const other = await cluster.ask('GET', '/openapi/v2', { headers: [['If-None-Match', '"x"']] });
    expect(other.status).toBe(200);
  });
});

describe('/openapi/v3', () => {
  test('names a document for each group version, by its content', async () => {
    await using cluster = await TestCluster.start(keys);
    const { paths } = (await cluster.ask('GET', '/openapi/v3')).json as unknown as {
      paths: Record<string, { serverRelativeURL: string }>;
    };
    const url = paths['apis/apps/v1']?.serverRelativeURL ?? '';
    expect(url).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{128}$/);
    const document = await cluster.ask('GET', url);
    expect(document.json).toMatchObject({ openapi: '3.0.0' });
    expect(header(document.headers, 'cache-control')).toBe('public, immutable');
    const stale = await cluster.ask('GET', '/openapi/v3/apis/apps/v1?hash=OLD');
    expect([stale.status, header(stale.headers, 'location')]).toEqual([301, url]);
    expect((await cluster.ask('GET', '/openapi/v3/apis/apps/v1')).status).toBe(200);
    expect((await cluster.ask('GET', '/openapi/v3/apis/batch/v1')).status).toBe(404);
  });
});
