import { MidplaneError } from '../error';
import { nearestNames } from '../nearest';
import { isIPv4Address, isIPv4Cidr } from '../network/cidr';
import { type Endpoint, joinHostPort } from '../network/network';
import { formatGoDuration, parseGoDuration } from '../wire/go-duration';
import { defaultSettings, type KubeProxySettings } from './settings';

const API_VERSION = 'kubeproxy.config.k8s.io/v1alpha1';
const KIND = 'KubeProxyConfiguration';

/** What a configuration says besides: who the node is, and where the apiserver. */
export interface KubeProxyConfiguration {
  readonly kubeconfig: string;
  readonly hostnameOverride: string;
  readonly settings: KubeProxySettings;
}

/** The fields of v1alpha1 in 1.33. Those with `ignored` are taken and mean nothing here. Source: staging/src/k8s.io/kube-proxy/config/v1alpha1/types.go. */
const fields: Readonly<Record<string, 'string' | 'strings' | 'nftables' | 'client' | 'ignored'>> = {
  apiVersion: 'string',
  bindAddress: 'ignored',
  bindAddressHardFail: 'ignored',
  clientConnection: 'client',
  clusterCIDR: 'string',
  configSyncPeriod: 'ignored',
  conntrack: 'ignored',
  detectLocal: 'ignored',
  detectLocalMode: 'string',
  enableProfiling: 'ignored',
  featureGates: 'ignored',
  healthzBindAddress: 'string',
  hostnameOverride: 'string',
  iptables: 'ignored',
  ipvs: 'ignored',
  kind: 'string',
  logging: 'ignored',
  metricsBindAddress: 'string',
  mode: 'string',
  nftables: 'nftables',
  nodePortAddresses: 'strings',
  oomScoreAdj: 'ignored',
  portRange: 'ignored',
  showHiddenMetricsForVersion: 'ignored',
  windowsRunAsService: 'ignored',
  winkernel: 'ignored',
};

/**
 * Reads a KubeProxyConfiguration in YAML or JSON. Strict: what is unknown, or of the wrong type, is refused (upstream
 * falls back to lenient decoding and warns). Throws MidplaneError CONFIG_INVALID.
 */
export function parseKubeProxyConfiguration(text: string, fileName: string): KubeProxyConfiguration {
  const content = readDocument(text, fileName);
  const say = (what: string, hint = `see ${KIND} of ${API_VERSION}`): MidplaneError =>
    refuse(fileName, what, hint);
  if (content['apiVersion'] !== API_VERSION || content['kind'] !== KIND) {
    throw say(
      `no kind "${String(content['kind'] ?? '')}" is registered for version "${String(content['apiVersion'] ?? '')}"`,
      `use "apiVersion: ${API_VERSION}" and "kind: ${KIND}"`,
    );
  }
  for (const [name, value] of Object.entries(content)) {
    const type = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (type === undefined) {
      const [near] = nearestNames(name, Object.keys(fields));
      throw say(`unknown field "${name}"`, near === undefined ? undefined : `did you mean "${near}"?`);
    }
    if (value === null || type === 'ignored') continue;
    if (type === 'string' && typeof value !== 'string') throw say(`"${name}" must be a string`);
    const isList = Array.isArray(value) && value.every((it) => typeof it === 'string');
    if (type === 'strings' && !isList) throw say(`"${name}" must be a list of strings`);
    if ((type === 'nftables' || type === 'client') && !isRecord(value))
      throw say(`"${name}" must be an object`);
  }
  const textOf = (name: string): string => String(content[name] ?? '');
  const nftables = isRecord(content['nftables']) ? content['nftables'] : {};
  const client = isRecord(content['clientConnection']) ? content['clientConnection'] : {};
  try {
    checkMode(textOf('mode'));
    checkDetectLocalMode(textOf('detectLocalMode'));
    return {
      kubeconfig: String(client['kubeconfig'] ?? ''),
      hostnameOverride: textOf('hostnameOverride'),
      settings: {
        clusterCidrs: readCidrs(textOf('clusterCIDR'), 'clusterCIDR'),
        healthz: readBindAddress(textOf('healthzBindAddress'), 'healthzBindAddress', defaultSettings.healthz),
        metrics: readBindAddress(textOf('metricsBindAddress'), 'metricsBindAddress', defaultSettings.metrics),
        nodePortAddresses: readNodePortAddresses((content['nodePortAddresses'] ?? []) as string[]),
        ...readNftables(nftables),
      },
    };
  } catch (error) {
    if (!(error instanceof MidplaneError)) throw error;
    throw refuse(fileName, error.message, error.hint);
  }
}

/** As /configz shows it. */
export function configurationOf(settings: KubeProxySettings): object {
  const { healthz, metrics, nodePortAddresses } = settings;
  return {
    healthzBindAddress: healthz === null ? '' : joinHostPort(healthz.address, healthz.port),
    metricsBindAddress: metrics === null ? '' : joinHostPort(metrics.address, metrics.port),
    mode: 'nftables',
    nftables: {
      masqueradeBit: settings.masqueradeBit,
      masqueradeAll: settings.masqueradeAll,
      syncPeriod: formatGoDuration(settings.syncPeriodMs),
      minSyncPeriod: formatGoDuration(settings.minSyncPeriodMs),
    },
    clusterCIDR: settings.clusterCidrs.join(','),
    nodePortAddresses: nodePortAddresses === 'primary' ? ['primary'] : nodePortAddresses,
  };
}

/** Source of these texts: pkg/proxy/apis/config/validation/validation.go. */
export function checkMode(mode: string): void {
  if (mode === '' || mode === 'nftables') return;
  if (mode === 'iptables' || mode === 'ipvs') {
    throw invalid(
      `proxy mode "${mode}" is not implemented here`,
      'use nftables, which is also what "" means here',
    );
  }
  throw invalid(
    `mode: Invalid value: "${mode}": must be iptables, ipvs, or nftables, blank means the best-available proxy (currently iptables)`,
    'this lab has nftables',
  );
}

function checkDetectLocalMode(mode: string): void {
  if (mode === '' || mode === 'ClusterCIDR') return;
  throw invalid(`detectLocalMode "${mode}" is not implemented here`, 'leave it out, or use ClusterCIDR');
}

export function readCidrs(text: string, name: string): string[] {
  const cidrs = text === '' ? [] : text.split(',');
  if (cidrs.every(isIPv4Cidr)) return cidrs;
  throw invalid(
    `${name}: Invalid value: "${text}": must be a valid CIDR block or comma separated pair (e.g. 10.100.0.0/16 or 10.244.0.0/16,fde4:8dba:82e1::/48)`,
    'this lab has IPv4 only',
  );
}

/** `:10256` and `10256` mean every address; a port of 0 that it is not served. Source: cmd/kube-proxy/app/options.go (addressFromDeprecatedFlags). */
export function readBindAddress(text: string, name: string, otherwise: Endpoint | null): Endpoint | null {
  if (text === '') return otherwise;
  const match = /^(?:([^:]*):)?(\d{1,5})$/.exec(text);
  const [address, port] = [match?.[1] || '0.0.0.0', Number(match?.[2])];
  if (match === null && isIPv4Address(text))
    return otherwise === null ? null : { address: text, port: otherwise.port };
  if (match === null || !isIPv4Address(address) || port > 65_535) {
    throw invalid(`${name}: Invalid value: "${text}": must be IP:port`, 'write for example 0.0.0.0:10256');
  }
  return port === 0 ? null : { address, port };
}

export function readNodePortAddresses(given: readonly string[]): KubeProxySettings['nodePortAddresses'] {
  if (given.length === 0) return 'primary';
  if (given.includes('primary')) {
    if (given.length === 1) return 'primary';
    throw invalid(
      "nodePortAddresses: Invalid value: \"primary\": can't use both 'primary' and CIDRs",
      'use one of the two',
    );
  }
  const wrong = given.find((cidr) => !isIPv4Cidr(cidr));
  if (wrong === undefined) return given;
  throw invalid(
    `nodePortAddresses: Invalid value: "${wrong}": must be a valid CIDR block`,
    'write for example 10.0.0.0/24',
  );
}

type NftablesSettings = Pick<
  KubeProxySettings,
  'masqueradeAll' | 'masqueradeBit' | 'minSyncPeriodMs' | 'syncPeriodMs'
>;

function readNftables(given: Readonly<Record<string, unknown>>): NftablesSettings {
  const known = ['masqueradeBit', 'masqueradeAll', 'syncPeriod', 'minSyncPeriod'];
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw invalid(`unknown field "nftables.${unknown}"`, `known are ${known.join(', ')}`);
  const syncPeriodMs = durationOf(given['syncPeriod'], 'nftables.syncPeriod', defaultSettings.syncPeriodMs);
  const minSyncPeriodMs = durationOf(
    given['minSyncPeriod'],
    'nftables.minSyncPeriod',
    defaultSettings.minSyncPeriodMs,
  );
  if (syncPeriodMs <= 0) throw invalid('nftables.syncPeriod: must be greater than 0', 'upstream has 30s');
  if (syncPeriodMs < minSyncPeriodMs) {
    throw invalid(
      'nftables.syncPeriod: must be greater than or equal to nftables.minSyncPeriod',
      'make it longer',
    );
  }
  return {
    masqueradeAll: given['masqueradeAll'] === true,
    masqueradeBit: masqueradeBitOf(given['masqueradeBit'] ?? defaultSettings.masqueradeBit),
    minSyncPeriodMs,
    syncPeriodMs,
  };
}

export function masqueradeBitOf(value: unknown): number {
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 31) return Number(value);
  throw invalid(
    `masqueradeBit: Invalid value: ${String(value)}: must be within the range [0, 31]`,
    'upstream has 14',
  );
}

function durationOf(value: unknown, name: string, otherwise: number): number {
  if (value === undefined || value === null) return otherwise;
  const ms = typeof value === 'string' ? parseGoDuration(value) : null;
  if (ms === null) throw invalid(`"${name}" must be a duration such as "30s"`, 'write 30s, 500ms or 1m');
  return ms;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readDocument(text: string, fileName: string): Readonly<Record<string, unknown>> {
  const { parseDocument } = require('yaml') as typeof import('yaml');
  const document = parseDocument(text, { uniqueKeys: true });
  const [problem] = document.errors;
  const content: unknown = problem === undefined ? document.toJS() : null;
  if (isRecord(content)) return content;
  const [said = ''] = (problem?.message ?? 'not an object').split('\n');
  throw refuse(fileName, said, `the file holds one ${KIND} in YAML or JSON`);
}

function invalid(message: string, hint: string): MidplaneError {
  return new MidplaneError('CONFIG_INVALID', message, { hint });
}

function refuse(fileName: string, what: string, hint: string | undefined): MidplaneError {
  return new MidplaneError('CONFIG_INVALID', `${fileName}: ${what}`, hint === undefined ? {} : { hint });
}
