import type { KubeObject } from '../api/objects';
import { signJwt } from '../pki/jwt';
import { deleteObject, keyOf, mustBe, type StartController, splitKey } from './context';
import { accountNameOf, mayBelongTo, planTokenSecret } from './plan-token-secret';

/**
 * Fills the Secrets that somebody makes for the token of a service account, and removes them with the account.
 * Source: pkg/controller/serviceaccount/tokens_controller.go.
 */
export const startTokenController: StartController = (context, { serviceAccountKey, rootCaPem }) => {
  if (serviceAccountKey === null) return null;
  const { client, signal } = context;
  const type = encodeURIComponent('type=kubernetes.io/service-account-token');
  const secrets = context.informer<KubeObject>(`/api/v1/secrets?fieldSelector=${type}`);
  const accounts = context.informer<KubeObject>('/api/v1/serviceaccounts');
  const queue = context.queue(sync, [secrets, accounts]);
  secrets.listen((secret) => {
    if (secret !== null) queue.add(keyOf(secret));
  });
  accounts.listen((now, before) => {
    const account = now ?? before;
    if (account === null) return;
    for (const secret of secrets.list()) {
      const { namespace } = secret.metadata;
      const isIts =
        namespace === account.metadata.namespace && accountNameOf(secret) === account.metadata.name;
      if (isIts) queue.add(keyOf(secret));
    }
  });

  async function sync(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const secret = secrets.get(namespace, name);
    if (secret === null || serviceAccountKey === null) return;
    const signingKey = serviceAccountKey;
    const account = await accountOf(secret);
    const plan = planTokenSecret({
      secret,
      account,
      rootCaPem,
      sign: (claims) => signJwt(claims, signingKey),
    });
    const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
    switch (plan.kind) {
      case 'nothing':
        break;
      case 'delete':
        await deleteObject(context, path, secret);
        break;
      case 'update':
        // Somebody else's change comes as another event.
        mustBe(await client.request('PUT', path, { body: plan.secret, signal }), 404, 409);
        break;
    }
  }

  /** One that is not known yet, or was made anew, may be there all the same: nothing is deleted on hearsay. */
  async function accountOf(secret: KubeObject): Promise<KubeObject | null> {
    const { namespace = '' } = secret.metadata;
    const name = accountNameOf(secret);
    const known = accounts.get(namespace, name);
    if (known !== null && mayBelongTo(secret, known)) return known;
    const answer = await client.request('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`, {
      signal,
    });
    if (answer.status === 404) return null;
    mustBe(answer);
    return answer.json() as KubeObject;
  }

  return { close: () => queue.close() };
};
