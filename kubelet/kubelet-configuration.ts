import { MidplaneError } from '../error';
import { nearestNames } from '../nearest';
import { parseGoDuration } from '../wire/go-duration';
import { CONFIGURATION_FIELDS, type FieldKind, type FieldKinds } from './configuration-fields';
import { checkSettings, defaultSettings, type KubeletSettings } from './settings';

const API_VERSION = 'kubelet.config.k8s.io/v1beta1';
const KIND = 'KubeletConfiguration';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a KubeletConfiguration file: the defaults of a config file, then what the file says. Strict: an unknown field,
 * a field given twice or a value of the wrong type is refused (upstream falls back to lenient decoding and warns; a
 * lab whose setting silently does nothing would teach the wrong thing). Throws MidplaneError CONFIG_INVALID.
 *
 * @param defaultAddress where to listen when the file does not say; the kubelet's own default when absent
 */
export function parseKubeletConfiguration(
  yamlText: string,
  fileName: string,
  defaultAddress?: string,
): KubeletSettings {
  const content = readDocument(yamlText, fileName);
  if (!isRecord(content)) {
    throw refuse(fileName, 'not an object', `begin with "apiVersion: ${API_VERSION}" and "kind: ${KIND}"`);
  }
  if (content['apiVersion'] !== API_VERSION || content['kind'] !== KIND) {
    const [group = '', kind = ''] = [content['apiVersion'], content['kind']].map((it) => String(it ?? ''));
    throw refuse(
      fileName,
      `no kind "${kind}" is registered for version "${group}"`,
      `use "apiVersion: ${API_VERSION}" and "kind: ${KIND}"`,
    );
  }
  checkFields(content, CONFIGURATION_FIELDS, '', fileName);
  return checkSettings(settingsOf(content, fileName, defaultSettings('config-file', defaultAddress)));
}

/** Canonical JSON, as programs write it, needs no YAML parser; loading one is a good part of the lab's start-up. */
function readDocument(text: string, fileName: string): unknown {
  const fromJson = readCanonicalJson(text);
  if (fromJson !== null) return fromJson;
  const { parseDocument } = require('yaml') as typeof import('yaml');
  const document = parseDocument(text, { uniqueKeys: true });
  const [problem] = document.errors;
  if (problem === undefined) return document.toJS();
  const [at] = problem.linePos ?? [];
  const where = at === undefined ? '' : `:${at.line}:${at.col}`;
  const [said = ''] = problem.message.split('\n');
  throw new MidplaneError(
    'CONFIG_INVALID',
    `${fileName}${where}: not valid YAML: ${said.replace(/ at line.*/, '')}`,
    {
      hint: `the file holds one ${KIND} in YAML or JSON`,
      cause: problem,
    },
  );
}

/** Null unless the text is exactly what would be written for its value: so no name in it stands twice. */
function readCanonicalJson(text: string): unknown {
  if (!text.startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text ? value : null;
  } catch {
    return null;
  }
}

function checkFields(fields: Fields, known: FieldKinds, path: string, fileName: string): void {
  for (const [name, value] of Object.entries(fields)) {
    const kind = Object.hasOwn(known, name) ? known[name] : undefined;
    if (kind === undefined) {
      const [nearest] = nearestNames(name, Object.keys(known));
      throw refuse(
        fileName,
        `unknown field "${path}${name}"`,
        nearest === undefined
          ? `known here: ${Object.keys(known).join(', ')}`
          : `did you mean "${path}${nearest}"?`,
      );
    }
    // A field without a value is one that was not given.
    if (value === null) continue;
    if (typeof kind === 'object') {
      if (!isRecord(value)) throw wrongType(fileName, `${path}${name}`, 'an object', value);
      checkFields(value, kind, `${path}${name}.`, fileName);
    } else if (!fits(value, kind)) {
      throw wrongType(fileName, `${path}${name}`, DESCRIPTIONS[kind], value);
    }
  }
}

const DESCRIPTIONS: Readonly<Record<Exclude<FieldKind, FieldKinds>, string>> = {
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
  string: 'a string',
  duration: 'a duration such as "2m" or "30s"',
  list: 'a list',
  map: 'an object',
};

function fits(value: unknown, kind: Exclude<FieldKind, FieldKinds>): boolean {
  switch (kind) {
    case 'boolean':
    case 'string':
    case 'number':
      return typeof value === kind;
    case 'integer':
      return Number.isInteger(value);
    case 'duration':
      return typeof value === 'string' && parseGoDuration(value) !== null;
    case 'list':
      return Array.isArray(value);
    case 'map':
      return isRecord(value);
  }
}

function wrongType(fileName: string, path: string, wanted: string, value: unknown): MidplaneError {
  return refuse(fileName, `field "${path}" is ${JSON.stringify(value)}`, `it must be ${wanted}`);
}

function refuse(fileName: string, what: string, hint: string): MidplaneError {
  return new MidplaneError('CONFIG_INVALID', `${fileName}: ${what}`, { hint });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const USED = [
  'apiVersion kind address port readOnlyPort healthzPort healthzBindAddress authentication authorization tlsCertFile',
  'tlsPrivateKeyFile tlsMinVersion serverTLSBootstrap rotateCertificates enableServer enableDebuggingHandlers',
  'enableSystemLogHandler enableProfilingHandler enableDebugFlagsHandler',
].flatMap((names) => names.split(' '));

function settingsOf(content: Fields, fileName: string, base: KubeletSettings): KubeletSettings {
  const { authentication, authorization } = base;
  const at = reader(content);
  const mode = at.string(['authorization', 'mode'], authorization.mode);
  if (mode !== 'AlwaysAllow' && mode !== 'Webhook') {
    throw refuse(fileName, `unknown authorization mode "${mode}"`, 'use AlwaysAllow or Webhook');
  }
  const version = at.string(['tlsMinVersion'], 'VersionTLS12');
  if (version !== 'VersionTLS12' && version !== 'VersionTLS13') {
    throw refuse(fileName, `tlsMinVersion "${version}" is not supported`, 'use VersionTLS12 or VersionTLS13');
  }
  const gates = isRecord(content['featureGates']) ? content['featureGates'] : {};
  const { anonymous, webhook, x509 } = authentication;
  const ttl = authorization.webhook;
  return {
    ...base,
    address: at.string(['address'], base.address),
    port: at.number(['port'], base.port),
    readOnlyPort: at.number(['readOnlyPort'], base.readOnlyPort),
    healthzPort: at.number(['healthzPort'], base.healthzPort),
    healthzBindAddress: at.string(['healthzBindAddress'], base.healthzBindAddress),
    authentication: {
      anonymous: { enabled: at.boolean(['authentication', 'anonymous', 'enabled'], anonymous.enabled) },
      webhook: {
        enabled: at.boolean(['authentication', 'webhook', 'enabled'], webhook.enabled),
        cacheTtlMs: at.duration(['authentication', 'webhook', 'cacheTTL'], webhook.cacheTtlMs),
      },
      x509: { clientCAFile: at.string(['authentication', 'x509', 'clientCAFile'], x509.clientCAFile) },
    },
    authorization: {
      mode,
      webhook: {
        cacheAuthorizedTtlMs: at.duration(
          ['authorization', 'webhook', 'cacheAuthorizedTTL'],
          ttl.cacheAuthorizedTtlMs,
        ),
        cacheUnauthorizedTtlMs: at.duration(
          ['authorization', 'webhook', 'cacheUnauthorizedTTL'],
          ttl.cacheUnauthorizedTtlMs,
        ),
      },
    },
    tlsCertFile: at.string(['tlsCertFile'], base.tlsCertFile),
    tlsPrivateKeyFile: at.string(['tlsPrivateKeyFile'], base.tlsPrivateKeyFile),
    tlsMinVersion: version === 'VersionTLS13' ? 'TLSv1.3' : 'TLSv1.2',
    serverTLSBootstrap: at.boolean(['serverTLSBootstrap'], base.serverTLSBootstrap),
    rotateCertificates: at.boolean(['rotateCertificates'], base.rotateCertificates),
    enableServer: at.boolean(['enableServer'], base.enableServer),
    enableDebuggingHandlers: at.boolean(['enableDebuggingHandlers'], base.enableDebuggingHandlers),
    enableSystemLogHandler: at.boolean(['enableSystemLogHandler'], base.enableSystemLogHandler),
    enableProfilingHandler: at.boolean(['enableProfilingHandler'], base.enableProfilingHandler),
    enableDebugFlagsHandler: at.boolean(['enableDebugFlagsHandler'], base.enableDebugFlagsHandler),
    fineGrainedAuthorization: gates['KubeletFineGrainedAuthz'] !== false,
    other: Object.fromEntries(Object.entries(content).filter(([name]) => !USED.includes(name))),
  };
}

/** Looks a checked file up by path; the fallback stands for a field that is missing or empty. */
function reader(content: Fields) {
  const find = (path: readonly string[]): unknown =>
    path.reduce<unknown>((value, name) => (isRecord(value) ? value[name] : undefined), content);
  return {
    string: (path: readonly string[], otherwise: string): string => {
      const value = find(path);
      return typeof value === 'string' && value !== '' ? value : otherwise;
    },
    number: (path: readonly string[], otherwise: number): number => {
      const value = find(path);
      return typeof value === 'number' ? value : otherwise;
    },
    boolean: (path: readonly string[], otherwise: boolean): boolean => {
      const value = find(path);
      return typeof value === 'boolean' ? value : otherwise;
    },
    duration: (path: readonly string[], otherwise: number): number => {
      const value = find(path);
      return (typeof value === 'string' ? parseGoDuration(value) : null) ?? otherwise;
    },
  };
}
