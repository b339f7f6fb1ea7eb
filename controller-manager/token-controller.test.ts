import { expect, test } from '@jest/globals';
import pino from 'pino';
import { scriptedApiserver, signalled } from '../client/kube-client.test.fixtures';
import { generateSigningKey } from '../pki/jwt';
import { ControllerContext } from './context';
import { defaultControllerSettings } from './controller-settings';
import { startTokenController } from './token-controller';

const ACCOUNTS = '/api/v1/serviceaccounts';

function account(uid: string): object {
  return { metadata: { name: 'robot', namespace: 'ns', uid, resourceVersion: '1' } };
}

/** What the controller does first about a Secret for the account `new`, of which its collection still has the one before. */
async function firstWrite(found: object | null): Promise<string> {
  const secret = {
    metadata: {
      name: 'robot-token',
      namespace: 'ns',
      uid: 's',
      resourceVersion: '1',
      annotations: {
        'kubernetes.io/service-account.name': 'robot',
        'kubernetes.io/service-account.uid': 'new',
      },
    },
  };
  const wrote = signalled<string>();
  await using apiserver = await scriptedApiserver({
    onRequest: ({ method = '', url = '' }, response) => {
      const { pathname, searchParams } = new URL(url, 'https://apiserver');
      const isAccount = pathname === '/api/v1/namespaces/ns/serviceaccounts/robot';
      response.writeHead(isAccount && found === null ? 404 : 200, { 'content-type': 'application/json' });
      if (method !== 'GET') wrote.resolve(`${method} ${pathname}`);
      if (isAccount || method !== 'GET') response.end(JSON.stringify(found ?? {}));
      else if (searchParams.has('watch')) response.flushHeaders();
      else {
        const [kind, items] =
          pathname === ACCOUNTS ? ['ServiceAccountList', [account('old')]] : ['SecretList', [secret]];
        const metadata = { resourceVersion: '1' };
        response.end(JSON.stringify({ apiVersion: 'v1', kind, metadata, items }));
      }
    },
  });
  const log = pino({ level: 'silent' });
  const context = new ControllerContext({ client: apiserver.client, log });
  const settings = { ...defaultControllerSettings, serviceAccountKey: generateSigningKey() };
  const controller = startTokenController(context, settings);
  const first = await wrote.promise;
  await context.close();
  await controller?.close();
  return first;
}

const path = '/api/v1/namespaces/ns/secrets/robot-token';

test.each<[string, object | null, string]>([
  ['fills it when the apiserver knows that account', account('new'), `PUT ${path}`],
  ['removes it when the apiserver knows the one before', account('old'), `DELETE ${path}`],
  ['removes it when the apiserver knows none', null, `DELETE ${path}`],
])(
  'a Secret for an account that was made anew a moment ago: the controller %s',
  async (_what, found, first) => {
    expect(await firstWrite(found)).toBe(first);
  },
);
