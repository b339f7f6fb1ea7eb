import type { DefenceSettings } from '../lab/defences';
import type { SettingHome } from './places';

/** A setting that could close what stands open, to be tried in a lab. */
export interface Closing {
  readonly id: string;
  /** In the words of whoever has to write it down. */
  readonly setting: string;
  readonly home: SettingHome;
  /** Names and values that leave open what this closes. */
  readonly instead: readonly (readonly [name: string, value: string])[];
  readonly apply: (settings: DefenceSettings) => DefenceSettings;
}

const authority = '--kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt';
const clientPair = ['--kubelet-client-certificate', '--kubelet-client-key'];
const bootstrap = (settings: DefenceSettings): DefenceSettings => ({
  ...settings,
  kubelet: { ...settings.kubelet, serverTLSBootstrap: true },
  kubeletServing: 'cluster-authority',
});

/** Those that are not in force already, the usual one first; of more than one, at last all of them together. */
export function closingsFor(settings: DefenceSettings): Closing[] {
  const wanted = all.filter(({ isInForce }) => !isInForce(settings));
  const [usual, second] = wanted;
  if (usual === undefined || second === undefined) return wanted;
  const together: Closing = {
    ...usual,
    id: 'all',
    setting: 'all of them together',
    apply: (before) => wanted.reduce((now, { apply }) => apply(now), before),
  };
  return [...wanted, together];
}

const all: readonly (Closing & { readonly isInForce: (settings: DefenceSettings) => boolean })[] = [
  {
    id: 'kubelet-ca',
    home: 'kube-apiserver',
    instead: [['--kubelet-certificate-authority', '']],
    setting:
      '--kubelet-certificate-authority=FILE on kube-apiserver, where kubelets serve with certificates of that authority (serverTLSBootstrap: true, requests approved)',
    isInForce: ({ apiserver }) =>
      apiserver.some((flag) => flag.startsWith('--kubelet-certificate-authority=')),
    apply: (settings) => {
      const told = { ...settings, apiserver: [...settings.apiserver, authority] };
      return settings.kubeletServing === 'self-signed' ? bootstrap(told) : told;
    },
  },
  {
    id: 'serving',
    home: 'kubelet',
    instead: [
      ['serverTLSBootstrap', 'false'],
      ['--rotate-server-certificates', 'false'],
    ],
    setting: 'serverTLSBootstrap: true on the kubelets, their kubelet-serving requests approved',
    isInForce: ({ kubeletServing, apiserver }) =>
      kubeletServing === 'cluster-authority' ||
      !apiserver.some((flag) => flag.startsWith('--kubelet-certificate-authority=')),
    apply: bootstrap,
  },
  {
    id: 'kubelet-authentication',
    home: 'kubelet',
    instead: [
      ['authentication.anonymous.enabled', 'true'],
      ['--anonymous-auth', 'true'],
      ['authorization.mode', 'AlwaysAllow'],
      ['--authorization-mode', 'AlwaysAllow'],
      ['authentication.x509.clientCAFile', ''],
      ['--client-ca-file', ''],
    ],
    setting:
      'authentication.anonymous.enabled: false and authorization.mode: Webhook on the kubelets, with authentication.x509.clientCAFile and the --kubelet-client-certificate of kube-apiserver',
    isInForce: ({ kubelet, insteadOf = {} }) =>
      kubelet.authentication?.anonymous.enabled !== true &&
      kubelet.authorization?.mode !== 'AlwaysAllow' &&
      kubelet.authentication?.x509?.clientCAFile !== '' &&
      !Object.entries(insteadOf).some(([own, flag]) => isClientPair(own) && flag === ''),
    apply: ({ insteadOf = {}, kubelet, ...settings }) => ({
      ...settings,
      insteadOf: Object.fromEntries(Object.entries(insteadOf).filter(([own]) => !isClientPair(own))),
      kubelet: {
        ...kubelet,
        authentication: {
          anonymous: { enabled: false },
          webhook: { enabled: true },
          x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' },
        },
        authorization: { mode: 'Webhook' },
      },
    }),
  },
  {
    id: 'client-ca',
    home: 'kubeconfig',
    instead: [['insecure-skip-tls-verify', 'true']],
    setting: 'certificate-authority-data in the kubeconfigs, in the place of insecure-skip-tls-verify',
    isInForce: ({ clientTrust }) => clientTrust === 'cluster-authority',
    apply: (settings) => ({ ...settings, clientTrust: 'cluster-authority' }),
  },
];

function isClientPair(flag: string): boolean {
  return clientPair.some((name) => flag.startsWith(`${name}=`));
}
