import { MidplaneError } from '../error';
import { CONFIGURATION_FIELDS, type FieldKind } from '../kubelet/configuration-fields';
import { parseKubeletConfiguration } from '../kubelet/kubelet-configuration';
import type { KubeletFields } from '../lab/defences';
import { nearestNames } from '../nearest';
import type { JudgedSetting, SettingClass } from '../report/given-outcome';
import { type FilePlace, placeText } from '../report/outcome';
import { type GivenFlag, type GivenPart, givenAgain } from './given';
import { k3sKubelet } from './k3s';
import { fieldsBeside, knownNames, whyFieldHasNoInfluence, whyNoInfluence } from './known-flags';
import { kubeadmKubelet } from './kubeadm';

const component = 'kubelet';

/** The fields that the lab's kubelets are started with, and the flags that say the same. */
const handed: Readonly<Record<string, string>> = {
  'authentication.anonymous.enabled': 'anonymous-auth',
  'authentication.webhook.enabled': 'authentication-token-webhook',
  'authentication.x509.clientCAFile': 'client-ca-file',
  'authorization.mode': 'authorization-mode',
  enableDebuggingHandlers: 'enable-debugging-handlers',
  enableServer: 'enable-server',
  readOnlyPort: 'read-only-port',
  serverTLSBootstrap: 'rotate-server-certificates',
  tlsCertFile: 'tls-cert-file',
  tlsMinVersion: 'tls-min-version',
  tlsPrivateKeyFile: 'tls-private-key-file',
};

/** A kubelet without --config. Source: cmd/kubelet/app/options/options.go, applyLegacyDefaults. */
const openDefaults: Readonly<Record<string, unknown>> = {
  'authentication.anonymous.enabled': true,
  'authentication.webhook.enabled': false,
  'authorization.mode': 'AlwaysAllow',
  readOnlyPort: 10255,
};

export type KubeletPart = GivenPart & { kind: 'kubelet' };
export type ConfigurationPart = GivenPart & { kind: 'kubelet-configuration' };

export interface GivenKubelet {
  readonly flags: KubeletPart | null;
  readonly configuration: ConfigurationPart | null;
  /** kubeadm completes a KubeletConfiguration that stands beside its ClusterConfiguration. */
  readonly byKubeadm: boolean;
}

export interface JudgedKubelet {
  readonly fields: Required<Pick<KubeletFields, 'authentication' | 'authorization'>> & KubeletFields;
  readonly serving: 'self-signed' | 'cluster-authority';
  /** tlsCertFile: it brings a certificate that nobody asked the cluster for. */
  readonly bringsCertificate: boolean;
  readonly settings: readonly JudgedSetting[];
  readonly assumptions: readonly string[];
}

/** Throws MidplaneError CONFIG_INVALID for a value that the kubelet would refuse, with its place. */
export function judgeKubelet(given: GivenKubelet): JudgedKubelet {
  const { flags, configuration } = given;
  const { base, by, assumptions } = baseOf(given);
  const values = new Map<string, unknown>(Object.entries(base));
  const settings: JudgedSetting[] = [];
  const said: {
    readonly field: string;
    readonly name: string;
    readonly value: unknown;
    readonly at: FilePlace;
  }[] = [];
  for (const { name, value, at } of configuration?.fields ?? []) {
    // A field without a value is one that was not given.
    if (value === null && kindOf(name) !== undefined) continue;
    if (typeof kindOf(name) === 'object') refuseAsObject(name, value, at);
    if (Object.hasOwn(handed, name)) said.push({ field: name, name, value, at });
    else settings.push(fieldNotHanded(name, at));
  }
  for (const flag of flags?.flags ?? []) {
    const field = Object.keys(handed).find((name) => handed[name] === flag.name);
    if (field === undefined) settings.push(flagNotHanded(flag));
    else said.push({ field, name: `--${flag.name}`, value: typed(field, flag), at: flag.at });
  }
  for (const [index, { field, name, value, at }] of said.entries()) {
    checkKind(field, value, at);
    values.set(field, value);
    const isSaidAgain = said.slice(index + 1).some((later) => later.field === field);
    settings.push(isSaidAgain ? givenAgain(component, name, at) : used(name, value, at));
  }
  settings.unshift(...unchanged(base, values, by));
  const text = (name: string): string => String(values.get(name) ?? '');
  const on = (name: string, otherwise: boolean): boolean => (values.get(name) ?? otherwise) === true;
  checkTogether(values, flags?.at ?? configuration?.at ?? null);
  const bringsCertificate = text('tlsCertFile') !== '';
  const isVerified = bringsCertificate || on('serverTLSBootstrap', false);
  return {
    fields: {
      authentication: {
        anonymous: { enabled: on('authentication.anonymous.enabled', false) },
        webhook: { enabled: on('authentication.webhook.enabled', true) },
        x509: {
          clientCAFile: text('authentication.x509.clientCAFile') === '' ? '' : '/etc/kubernetes/pki/ca.crt',
        },
      },
      authorization: { mode: text('authorization.mode') === 'AlwaysAllow' ? 'AlwaysAllow' : 'Webhook' },
      ...(values.has('readOnlyPort') ? { readOnlyPort: Number(values.get('readOnlyPort')) } : {}),
      ...(values.has('tlsMinVersion') ? { tlsMinVersion: text('tlsMinVersion') } : {}),
      ...(values.has('enableServer') ? { enableServer: on('enableServer', true) } : {}),
      ...(values.has('enableDebuggingHandlers')
        ? { enableDebuggingHandlers: on('enableDebuggingHandlers', true) }
        : {}),
      ...(on('serverTLSBootstrap', false) ? { serverTLSBootstrap: true } : {}),
    },
    serving: isVerified ? 'cluster-authority' : 'self-signed',
    bringsCertificate,
    settings,
    assumptions,
  };
}

/** What nobody said otherwise of the settings that the kubelet has by itself. */
function unchanged(
  base: Readonly<Record<string, unknown>>,
  values: ReadonlyMap<string, unknown>,
  by: string | null,
): JudgedSetting[] {
  if (by === null) return [];
  return Object.entries(base)
    .filter(([name, value]) => values.get(name) === value)
    .map(([name, value]) => ({
      component,
      name,
      value: String(value),
      class: 'used',
      why: `handed to the lab (${by})`,
      at: null,
    }));
}

interface Base {
  readonly base: Readonly<Record<string, unknown>>;
  /** Whose settings they are; null where an assumption says it. */
  readonly by: string | null;
  readonly assumptions: readonly string[];
}

function baseOf({ flags, configuration, byKubeadm }: GivenKubelet): Base {
  if (flags?.installer === 'k3s') return { base: k3sKubelet, by: 'k3s sets it', assumptions: [] };
  if (byKubeadm || flags?.installer === 'kubeadm')
    return { base: kubeadmKubelet, by: 'kubeadm sets it', assumptions: [] };
  if (configuration !== null) return { base: {}, by: null, assumptions: [] };
  if (flags === null)
    return {
      base: kubeadmKubelet,
      by: null,
      assumptions: ['No kubelet was given: it is taken to be as kubeadm sets it up.'],
    };
  const config = flags.flags.find(({ name }) => name === 'config');
  if (config === undefined)
    return { base: openDefaults, by: 'the default without --config', assumptions: [] };
  return {
    base: kubeadmKubelet,
    by: null,
    assumptions: [
      `The file that --config names (${placeText(config.at)}) was not given: it is taken to be as kubeadm writes it.`,
    ],
  };
}

function used(name: string, value: unknown, at: FilePlace): JudgedSetting {
  const why = /tls-?cert-?file|tls-?private-?key-?file|client-?ca-?file/i.test(name)
    ? 'handed to the lab, with a file of its own'
    : 'handed to the lab';
  return { component, name, value: String(value), class: 'used', why, at };
}

function flagNotHanded({ name, at }: GivenFlag): JudgedSetting {
  const row = (of: SettingClass, why: string) => ({
    component,
    name: `--${name}`,
    value: null,
    class: of,
    why,
    at,
  });
  if (name === 'feature-gates') return row('not-played', gates);
  const why = whyNoInfluence(component, name);
  if (why !== null) return row('no-influence', why);
  const [near] = nearestNames(name, [...knownNames(component), ...Object.values(handed)]);
  const guess = near === undefined ? '' : `; did you mean --${near}?`;
  return row('unknown', `kubelet 1.33 knows no such flag and would not start with it${guess}`);
}

const gates = "the gates of the lab's kubelets stay as in 1.33";

function fieldNotHanded(name: string, at: FilePlace): JudgedSetting {
  const row = (of: SettingClass, why: string) => ({ component, name, value: null, class: of, why, at });
  if (name === 'featureGates') return row('not-played', gates);
  const why = whyFieldHasNoInfluence(name);
  if (why !== null) return row('no-influence', why);
  const [near] = nearestNames(name, fieldsBeside(name));
  const guess = near === undefined ? '' : `; did you mean ${near}?`;
  return row('unknown', `KubeletConfiguration v1beta1 has no such field${guess}`);
}

/** The text of a flag as the field that it stands for; what does not fit stays a text, and is refused. */
function typed(field: string, { value }: GivenFlag): unknown {
  switch (kindOf(field)) {
    case 'boolean':
      if (/^(1|t|T|TRUE|true|True)$/.test(value)) return true;
      return /^(0|f|F|FALSE|false|False)$/.test(value) ? false : value;
    case 'integer':
      return /^\d{1,9}$/.test(value) ? Number(value) : value;
    default:
      return value;
  }
}

function kindOf(field: string): FieldKind | undefined {
  return field
    .split('.')
    .reduce<FieldKind | undefined>(
      (kinds, key) => (typeof kinds === 'object' && Object.hasOwn(kinds, key) ? kinds[key] : undefined),
      CONFIGURATION_FIELDS,
    );
}

function checkKind(field: string, value: unknown, at: FilePlace): void {
  const kind = kindOf(field);
  const fits = kind === 'integer' ? Number.isInteger(value) : typeof value === kind;
  if (fits) return;
  const wanted = kind === 'boolean' ? 'true or false' : kind === 'integer' ? 'a whole number' : 'a string';
  throw new MidplaneError('CONFIG_INVALID', `${placeText(at)}: ${field} is ${JSON.stringify(value)}`, {
    hint: `it must be ${wanted}`,
  });
}

/** Of an object the fields are read one by one: it comes here only when it is something else. */
function refuseAsObject(field: string, value: unknown, at: FilePlace): never {
  throw new MidplaneError('CONFIG_INVALID', `${placeText(at)}: ${field} is ${JSON.stringify(value)}`, {
    hint: 'it must be an object',
  });
}

/** What the kubelet itself refuses: contradictions, ports, modes. */
function checkTogether(values: ReadonlyMap<string, unknown>, at: FilePlace | null): void {
  const document: Record<string, unknown> = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
  };
  for (const [name, value] of values) {
    const path = name.split('.');
    const last = path.pop() ?? '';
    let below = document;
    for (const key of path) {
      const next = (below[key] ?? {}) as Record<string, unknown>;
      below[key] = next;
      below = next;
    }
    below[last] = value;
  }
  parseKubeletConfiguration(JSON.stringify(document), at === null ? 'kubelet' : placeText(at));
}
