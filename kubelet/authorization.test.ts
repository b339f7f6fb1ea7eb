import { describe, expect, test } from '@jest/globals';
import { type Attributes, attributesOf, authorize, subresourcesOf, verbOf } from './authorization';

describe('what a request must be allowed', () => {
  test.each([
    ['GET', 'get'],
    ['POST', 'create'],
    ['PUT', 'update'],
    ['PATCH', 'patch'],
    ['DELETE', 'delete'],
    ['HEAD', ''],
    ['OPTIONS', ''],
  ])('%s is verb "%s"', (method, verb) => {
    expect(verbOf(method)).toBe(verb);
  });

  test.each([
    ['/stats/summary', ['stats'], ['stats']],
    ['/metrics', ['metrics'], ['metrics']],
    ['/metrics/cadvisor', ['metrics'], ['metrics']],
    ['/metricsx', ['proxy'], ['proxy']],
    ['/logs/', ['log'], ['log']],
    ['/containerLogs/ns/p/c', ['proxy'], ['proxy']],
    ['/exec/ns/p/c', ['proxy'], ['proxy']],
    ['/checkpoint/ns/p/c', ['checkpoint'], ['checkpoint']],
    ['/pods', ['pods', 'proxy'], ['proxy']],
    ['/runningpods/', ['pods', 'proxy'], ['proxy']],
    ['/healthz', ['healthz', 'proxy'], ['proxy']],
    ['/healthz/ping', ['healthz', 'proxy'], ['proxy']],
    ['/configz', ['configz', 'proxy'], ['proxy']],
    ['/spec/', ['proxy'], ['proxy']],
    ['/', ['proxy'], ['proxy']],
  ])('%s is about %j, before the feature %j', (path, fine, coarse) => {
    expect(subresourcesOf(path, true)).toEqual(fine);
    expect(subresourcesOf(path, false)).toEqual(coarse);
  });
});

describe('authorize', () => {
  const user = { name: 'alice', groups: ['dev'] };
  const asked = (method: string, path: string): Attributes[] =>
    attributesOf({ method, path }, user, { nodeName: 'node-1', fineGrained: true });
  const allowing =
    (...subresources: string[]) =>
    async ({ subresource }: Attributes): Promise<boolean> =>
      subresources.includes(subresource);

  test.each([
    ['pods', 'allowed'],
    ['proxy', 'allowed'],
    ['metrics', 'refused'],
  ])('a grant for nodes/%s on /pods is %s', async (granted, kind) => {
    expect(await authorize(asked('GET', '/pods'), 'Webhook', allowing(granted))).toMatchObject({ kind });
  });

  test('says what was missing', async () => {
    expect(await authorize(asked('POST', '/exec/ns/p/c'), 'Webhook', allowing())).toEqual({
      kind: 'refused',
      code: 403,
      text: 'Forbidden (user=alice, verb=create, resource=nodes, subresource(s)=[proxy])\n',
    });
    expect(await authorize(asked('GET', '/pods'), 'Webhook', allowing())).toMatchObject({
      text: 'Forbidden (user=alice, verb=get, resource=nodes, subresource(s)=[pods proxy])\n',
    });
  });

  test('an apiserver that cannot be asked is an error, not a refusal', async () => {
    const away = async (): Promise<boolean> => {
      throw new Error('connection refused');
    };
    expect(await authorize(asked('GET', '/pods'), 'Webhook', away)).toEqual({
      kind: 'refused',
      code: 500,
      text: 'Authorization error (user=alice, verb=get, resource=nodes, subresource=pods)',
    });
  });

  test('AlwaysAllow asks nobody', async () => {
    const never = async (): Promise<boolean> => {
      throw new Error('asked');
    };
    expect(await authorize(asked('GET', '/pods'), 'AlwaysAllow', never)).toEqual({ kind: 'allowed' });
  });
});
