import type { KubeObject } from '../api/objects';
import type { KubeClient } from '../client/kube-client';
import { MidplaneError } from '../error';
import type { Randomness } from '../randomness';
import type { KeyPair } from '../wire/pem';
import { createObjects } from './create-workloads';
import { bootstrapTokenSecret } from './joining-objects';
import type { LabPki } from './lab-pki';

/** What the lab's clients show besides certificates that were minted at its start; each is made when it is first asked for. */
export class LabCredentials {
  readonly #admin: KubeClient;
  readonly #pki: LabPki;
  readonly #random: Randomness;
  readonly #made = new Map<string, Promise<unknown>>();

  constructor(admin: KubeClient, pki: LabPki, random: Randomness) {
    this.#admin = admin;
    this.#pki = pki;
    this.#random = random;
  }

  /** What an approved bootstrap brings a node. */
  kubelet(nodeName: string): Promise<KeyPair> {
    return this.#once(`kubelet/${nodeName}`, () =>
      this.#pki.authority.issue({
        commonName: `system:node:${nodeName}`,
        organizations: ['system:nodes'],
        usages: ['clientAuth'],
      }),
    );
  }

  /** Of a service account that is made with its role when it is first asked for. */
  token(account: ServiceAccountSpec): Promise<string> {
    const { namespace, name } = account;
    return this.#once(`token/${namespace}/${name}`, async () => {
      await createObjects(this.#admin, objectsOf(account));
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
      const answer = await this.#admin.request('POST', path, { body });
      const token = (answer.json() as { status?: { token?: string } } | null)?.status?.token;
      if (token !== undefined) return token;
      throw new MidplaneError('LAB_START_FAILED', `no token for "${namespace}/${name}": ${answer.words}`);
    });
  }

  /** A token to join with, for the group that kubeadm lets ask for certificates. */
  bootstrapToken(): Promise<string> {
    return this.#once('bootstrap', async () => {
      const [id, secret] = [this.#random.hex(3), this.#random.hex(8)];
      const object = bootstrapTokenSecret({ id, secret }, null);
      await createObjects(this.#admin, [{ path: '/api/v1/namespaces/kube-system/secrets', object }]);
      return `${id}.${secret}`;
    });
  }

  #once<T>(key: string, make: () => Promise<T>): Promise<T> {
    const made = (this.#made.get(key) as Promise<T> | undefined) ?? make();
    this.#made.set(key, made);
    return made;
  }
}

export type ServiceAccountSpec = {
  readonly namespace: string;
  readonly name: string;
} & (
  | { readonly clusterRole: string }
  /** Of a ClusterRole that is called like the account. */
  | {
      readonly rules: readonly {
        readonly apiGroups: readonly string[];
        readonly resources: readonly string[];
        readonly verbs: readonly string[];
      }[];
    }
);

function objectsOf(account: ServiceAccountSpec): { path: string; object: KubeObject }[] {
  const { namespace, name } = account;
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const apiGroup = 'rbac.authorization.k8s.io';
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  return [
    {
      path: '/api/v1/namespaces',
      object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    },
    { path: accounts, object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } } },
    ...('rules' in account
      ? [
          {
            path: `${rbac}/clusterroles`,
            object: {
              apiVersion: `${apiGroup}/v1`,
              kind: 'ClusterRole',
              metadata: { name },
              rules: account.rules,
            },
          },
        ]
      : []),
    {
      path: `${rbac}/clusterrolebindings`,
      object: {
        apiVersion: `${apiGroup}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef: {
          apiGroup,
          kind: 'ClusterRole',
          name: 'rules' in account ? name : account.clusterRole,
        },
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
      },
    },
  ];
}
