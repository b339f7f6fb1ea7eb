import { type ComponentFlag, usage } from '../pflag';
import { parseGoDuration } from '../wire/go-duration';
import { type SignerName, signerNames } from './signer-rules';

/** The flags of the signers. Source: cmd/kube-controller-manager/app/options/csrsigningcontroller.go. */
const source = 'cmd/kube-controller-manager/app/options/csrsigningcontroller.go';

const prefixes: Readonly<Record<SignerName, string>> = {
  'kubernetes.io/kube-apiserver-client': 'cluster-signing-kube-apiserver-client',
  'kubernetes.io/kube-apiserver-client-kubelet': 'cluster-signing-kubelet-client',
  'kubernetes.io/kubelet-serving': 'cluster-signing-kubelet-serving',
  'kubernetes.io/legacy-unknown': 'cluster-signing-legacy-unknown',
};

export const signingFlags: readonly ComponentFlag[] = [
  ...fileFlags(
    'cluster-signing',
    'of all signers; without it, and without one for a signer, nothing is signed',
  ),
  ...signerNames.flatMap((name) =>
    fileFlags(prefixes[name], `of signer ${name}; the signers that have none of their own then sign nothing`),
  ),
  {
    name: 'cluster-signing-duration',
    type: 'duration',
    default: '8760h0m0s',
    help: 'longest life of signed certificates; a request may ask for less by spec.expirationSeconds',
    source,
  },
];

function fileFlags(prefix: string, whose: string): ComponentFlag[] {
  const flag = (suffix: string, what: string): ComponentFlag => ({
    name: `${prefix}-${suffix}`,
    type: 'string',
    default: '',
    help: `${what} ${whose}`,
    source,
  });
  return [
    flag('cert-file', 'PEM certificate of the authority'),
    flag('key-file', 'PEM key of the authority'),
  ];
}

export interface SigningFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface SigningFlags {
  readonly signingFiles: Readonly<Partial<Record<SignerName, SigningFiles>>>;
  readonly signingDurationMs: number;
}

/** Throws MidplaneError USAGE, in upstream's words (Validate of the same file). */
export function readSigningFlags(values: ReadonlyMap<string, string>): SigningFlags {
  const filesOf = (prefix: string): SigningFiles => ({
    certFile: values.get(`${prefix}-cert-file`) ?? '',
    keyFile: values.get(`${prefix}-key-file`) ?? '',
  });
  const isNamed = ({ certFile, keyFile }: SigningFiles): boolean => certFile !== '' || keyFile !== '';
  const own = signerNames.map((name) => [name, filesOf(prefixes[name])] as const);
  for (const [name, { certFile, keyFile }] of own) {
    if ((certFile === '') === (keyFile === '')) continue;
    const why = certFile === '' ? 'cannot specify key without cert' : 'cannot specify cert without key';
    throw usage(`"${prefixes[name]}": ${why}`);
  }
  const named = own.filter(([, files]) => isNamed(files));
  const common = filesOf('cluster-signing');
  if (named.length > 0 && isNamed(common)) {
    throw usage(
      'cannot specify --cluster-signing-{cert,key}-file and other --cluster-signing-*-file flags at the same time',
    );
  }
  const hasCommon = common.certFile !== '' && common.keyFile !== '';
  const all = hasCommon ? signerNames.map((name) => [name, common] as const) : named;
  return {
    signingFiles: Object.fromEntries(all),
    signingDurationMs: parseGoDuration(values.get('cluster-signing-duration') ?? '') ?? 0,
  };
}
