import { isIP } from 'node:net';
import type { NodeAddressType } from '../api/objects';
import { MidplaneError } from '../error';
import { nearestNames } from '../nearest';
import { parseComponentFlags, renderComponentHelp, usage } from '../pflag';
import { parseGoDuration } from '../wire/go-duration';
import { chooseAdmissionPlugins } from './admission/admission-plugins';
import { chooseEmulatedCves } from './emulated-cves';
import { readFeatureGates } from './feature-gates';
import { type ApiserverFlags, type AuthorizationMode, apiserverFlagTable } from './flag-table';

export type { ApiserverFlags, AuthorizationMode } from './flag-table';

const PROGRAM = 'kube-apiserver';
const addressTypes: readonly NodeAddressType[] = [
  'Hostname',
  'InternalDNS',
  'InternalIP',
  'ExternalDNS',
  'ExternalIP',
];
const authorizationModes: readonly AuthorizationMode[] = ['AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC'];

/** Defaults that differ from kube-apiserver's own. */
export type OtherDefaults = Readonly<Partial<Record<keyof ApiserverFlags, string>>>;

/** Throws MidplaneError USAGE for a bad flag or value, CONFIG_INVALID for flags that contradict each other. */
export function parseApiserverFlags(argv: readonly string[], defaults: OtherDefaults = {}): ApiserverFlags {
  const table = apiserverFlagTable.map((row) => ({ ...row, default: defaults[row.key] ?? row.default }));
  const values = parseComponentFlags(PROGRAM, table, argv);
  const byKey = new Map(table.map((row) => [row.key, values.get(row.name)]));
  const text = (key: keyof ApiserverFlags): string => byKey.get(key) ?? '';
  const list = (key: keyof ApiserverFlags): string[] => splitList(text(key));
  const flags: ApiserverFlags = {
    advertiseAddress: text('advertiseAddress'),
    anonymousAuth: text('anonymousAuth') === 'true',
    apiAudiences:
      text('apiAudiences') === '' ? list('serviceAccountIssuer').slice(0, 1) : list('apiAudiences'),
    auditLogFormat: text('auditLogFormat'),
    auditLogPath: text('auditLogPath'),
    auditPolicyFile: text('auditPolicyFile'),
    authorizationMode: readModes(text('authorizationMode')),
    bindAddress: text('bindAddress'),
    clientCaFile: text('clientCaFile'),
    dataDir: text('dataDir'),
    disableAdmissionPlugins: list('disableAdmissionPlugins'),
    egressSelectorConfigFile: text('egressSelectorConfigFile'),
    enableAdmissionPlugins: list('enableAdmissionPlugins'),
    enableBootstrapTokenAuth: text('enableBootstrapTokenAuth') === 'true',
    enableKubeletCertCnValidation: text('enableKubeletCertCnValidation') === 'true',
    featureGates: readFeatureGates(list('featureGates')),
    kubeletCertificateAuthority: text('kubeletCertificateAuthority'),
    kubeletClientCertificate: text('kubeletClientCertificate'),
    kubeletClientKey: text('kubeletClientKey'),
    kubeletPort: Number(text('kubeletPort')),
    kubeletPreferredAddressTypes: readAddressTypes(text('kubeletPreferredAddressTypes')),
    kubeletTimeout: text('kubeletTimeout'),
    midplaneEmulateCve: list('midplaneEmulateCve'),
    midplaneSshKnownHosts: text('midplaneSshKnownHosts'),
    requestheaderAllowedNames: list('requestheaderAllowedNames'),
    requestheaderClientCaFile: text('requestheaderClientCaFile'),
    requestheaderExtraHeadersPrefix: list('requestheaderExtraHeadersPrefix'),
    requestheaderGroupHeaders: list('requestheaderGroupHeaders'),
    requestheaderUidHeaders: list('requestheaderUidHeaders'),
    requestheaderUsernameHeaders: list('requestheaderUsernameHeaders'),
    securePort: Number(text('securePort')),
    serviceAccountExtendTokenExpiration: text('serviceAccountExtendTokenExpiration') === 'true',
    serviceAccountIssuer: list('serviceAccountIssuer'),
    serviceAccountJwksUri: text('serviceAccountJwksUri'),
    serviceAccountKeyFile: list('serviceAccountKeyFile'),
    serviceAccountMaxTokenExpirationSeconds: secondsOf(text('serviceAccountMaxTokenExpirationSeconds')),
    serviceAccountSigningKeyFile: text('serviceAccountSigningKeyFile'),
    serviceClusterIpRange: text('serviceClusterIpRange'),
    sshKeyfile: text('sshKeyfile'),
    sshUser: text('sshUser'),
    tlsCertFile: text('tlsCertFile'),
    tlsPrivateKeyFile: text('tlsPrivateKeyFile'),
    tokenAuthFile: text('tokenAuthFile'),
    v: Number(text('v')),
  };
  refuseContradictions(flags);
  return flags;
}

/** The text of `--help`: every flag with its type, default, meaning and upstream home. */
export function renderApiserverHelp(defaults: OtherDefaults = {}): string {
  const own = apiserverFlagTable.flatMap(({ name, key }) => {
    const value = defaults[key];
    return value === undefined ? [] : [[name, value] as const];
  });
  return renderComponentHelp(PROGRAM, apiserverFlagTable, new Map(own));
}

function readModes(text: string): AuthorizationMode[] {
  const modes = splitList(text).map((word) => {
    const mode = authorizationModes.find((known) => known === word);
    if (mode !== undefined) return mode;
    throw usage(
      `authorization-mode ${JSON.stringify(word)} is not a valid mode`,
      hintOf(word, authorizationModes, '--authorization-mode'),
    );
  });
  if (modes.length === 0) throw usage('at least one authorization-mode must be passed');
  const twice = modes.find((mode, index) => modes.indexOf(mode) !== index);
  if (twice !== undefined)
    throw usage(`authorization-mode ${JSON.stringify(twice)} has mode specified more than once`);
  return modes;
}

/** Upstream takes any word here and then finds no address for it at the first request; a lab is kinder when it says so at once. */
function readAddressTypes(text: string): NodeAddressType[] {
  return splitList(text).map((word) => {
    const type = addressTypes.find((known) => known === word);
    if (type !== undefined) return type;
    throw usage(
      `invalid argument ${JSON.stringify(text)} for "--kubelet-preferred-address-types" flag: no address type is called ${JSON.stringify(word)}`,
      hintOf(word, addressTypes, '--kubelet-preferred-address-types'),
    );
  });
}

function splitList(text: string): string[] {
  return text === '' ? [] : text.split(',').map((word) => word.trim());
}

/** A Go duration in seconds; it has been checked before. */
function secondsOf(duration: string): number {
  return (parseGoDuration(duration) ?? 0) / 1000;
}

function hintOf(word: string, known: readonly string[], flag: string): string {
  const [near] = nearestNames(word, known);
  const all = `${flag} takes ${known.join(', ')}`;
  return near === undefined ? all : `did you mean ${near}? ${all}`;
}

function refuseContradictions(flags: ApiserverFlags): void {
  refuseHalfPair(
    'kubelet-client-certificate',
    flags.kubeletClientCertificate,
    'kubelet-client-key',
    flags.kubeletClientKey,
  );
  refuseIdleNameCheck(flags);
  refuseHalfPair('tls-cert-file', flags.tlsCertFile, 'tls-private-key-file', flags.tlsPrivateKeyFile);
  refuseHalfTunnel(flags);
  for (const [name, port] of [
    ['secure-port', flags.securePort],
    ['kubelet-port', flags.kubeletPort],
  ] as const) {
    if (port < 1 || port > 65535) {
      const off = name === 'secure-port' ? '. It cannot be turned off with 0' : '';
      throw usage(`--${name} ${port} must be between 1 and 65535, inclusive${off}`);
    }
  }
  if (flags.auditLogFormat !== 'json') {
    throw usage(`invalid audit log format ${flags.auditLogFormat}, allowed formats are "json"`);
  }
  chooseAdmissionPlugins(flags.enableAdmissionPlugins, flags.disableAdmissionPlugins);
  chooseEmulatedCves(flags.midplaneEmulateCve);
  const longest = flags.serviceAccountMaxTokenExpirationSeconds;
  if (longest < 0 || (longest > 0 && longest < 3600)) {
    throw usage('the service-account-max-token-expiration must be between 1 hour and 2^32 seconds');
  }
  const range = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(flags.serviceClusterIpRange);
  if (range === null || isIP(range[1] ?? '') !== 4 || Number(range[2]) > 30 || Number(range[2]) < 8) {
    throw usage(
      `--service-cluster-ip-range ${JSON.stringify(flags.serviceClusterIpRange)} is not an IPv4 range of /8 to /30`,
    );
  }
}

/** Source: cmd/kube-apiserver/app/server.go of 1.21, CreateNodeDialer; a missing key file it only found when it was to be used. */
function refuseHalfTunnel({
  sshUser,
  sshKeyfile,
  midplaneSshKnownHosts,
  kubeletPort,
  egressSelectorConfigFile,
}: ApiserverFlags): void {
  if (sshUser === '') {
    const [idle] = [
      ...(sshKeyfile === '' ? [] : ['ssh-keyfile']),
      ...(midplaneSshKnownHosts === '' ? [] : ['midplane-ssh-known-hosts']),
    ];
    if (idle === undefined) return;
    throw new MidplaneError('CONFIG_INVALID', `--${idle} is set without --ssh-user`, {
      hint: 'SSH tunnels are on when --ssh-user names somebody: set it, or leave the others away',
    });
  }
  if (egressSelectorConfigFile !== '') {
    throw new MidplaneError(
      'CONFIG_INVALID',
      `--ssh-user ${JSON.stringify(sshUser)} and --egress-selector-config-file ${JSON.stringify(egressSelectorConfigFile)} both say through what the cluster is dialled`,
      { hint: 'set one of them' },
    );
  }
  if (kubeletPort === 0) throw usage('must enable kubelet port if proxy ssh-tunneling is specified');
  if (sshKeyfile !== '') return;
  throw new MidplaneError(
    'CONFIG_INVALID',
    `--ssh-user ${JSON.stringify(sshUser)} is set without --ssh-keyfile`,
    {
      hint: 'name the file of the private key to log in with; a new pair is made when <file>.pub does not exist',
    },
  );
}

function refuseHalfPair(certFlag: string, cert: string, keyFlag: string, key: string): void {
  if ((cert === '') === (key === '')) return;
  const [given, missing] = cert === '' ? [keyFlag, certFlag] : [certFlag, keyFlag];
  throw new MidplaneError('CONFIG_INVALID', `--${given} is set without --${missing}`, {
    hint: `a certificate and its key belong together: set --${certFlag} and --${keyFlag}, or neither`,
  });
}

/** KEP-4872, "Enabling the feature": the flag is an error without the gate, and without an authority to verify with. */
function refuseIdleNameCheck(flags: ApiserverFlags): void {
  if (!flags.enableKubeletCertCnValidation) return;
  const missing = !flags.featureGates.KubeletCertCNValidation
    ? '--feature-gates=KubeletCertCNValidation=true'
    : flags.kubeletCertificateAuthority === ''
      ? '--kubelet-certificate-authority'
      : null;
  if (missing === null) return;
  throw new MidplaneError('CONFIG_INVALID', `--enable-kubelet-cert-cn-validation is set without ${missing}`, {
    hint: `set ${missing} too, or leave --enable-kubelet-cert-cn-validation out: names are compared only in certificates that are verified`,
  });
}
