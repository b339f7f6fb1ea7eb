import { fieldsOf, itemsOf, textOf } from '../api/fields';
import { MidplaneError } from '../error';

/**
 * The file of --egress-selector-config-file: through what the apiserver dials which kind of destination.
 * Source: k8s.io/apiserver pkg/server/egressselector/config.go, pkg/server/options/egress_selector.go.
 */
export interface EgressSelection {
  readonly name: 'cluster' | 'controlplane' | 'etcd';
  readonly connection: EgressConnection;
}

export type EgressConnection =
  | { readonly kind: 'direct' }
  | { readonly kind: 'http-connect-tcp'; readonly url: string; readonly tls: EgressTls | null }
  | { readonly kind: 'http-connect-uds' | 'grpc-uds'; readonly udsName: string };

/** Paths of files. */
export interface EgressTls {
  readonly caBundle: string;
  readonly clientCert: string;
  readonly clientKey: string;
}

const versions = ['apiserver.k8s.io/v1beta1', 'apiserver.k8s.io/v1alpha1'];
/** In the order in which upstream lists them. */
const names = ['cluster', 'controlplane', 'etcd'] as const;
const protocols = ['Direct', 'HTTPConnect', 'GRPC'] as const;

/** Throws MidplaneError CONFIG_INVALID. `exists` says whether a file is there. */
export async function parseEgressSelectorConfiguration(
  text: string,
  file: string,
  exists: (path: string) => Promise<boolean>,
): Promise<EgressSelection[]> {
  const refuse = (why: string, cause?: unknown): MidplaneError =>
    new MidplaneError('CONFIG_INVALID', why, {
      hint: `mend "${file}", the file given to --egress-selector-config-file`,
      ...(cause === undefined ? {} : { cause }),
    });
  const document = read(text, (why, cause) => refuse(`failed to read egress config: ${why}`, cause));
  const selections = itemsOf(document['egressSelections']);
  const paths = selections.flatMap((selection) => Object.values(tlsOf(selection) ?? {}));
  const there = new Map(
    await Promise.all(
      [...new Set(paths)]
        .filter((path) => path !== '')
        .map(async (path) => [path, await exists(path)] as const),
    ),
  );
  const problems = [
    ...selections.flatMap((selection) => connectionProblems(selection, (path) => there.get(path) === true)),
    ...nameProblems(selections),
  ];
  if (problems.length > 0) {
    throw refuse(`failed to validate egress selector configuration: ${aggregate(problems)}`);
  }
  return selections.map((selection) => ({
    // It was looked at before.
    name: textOf(selection['name']).toLowerCase() as EgressSelection['name'],
    connection: connectionOf(selection),
  }));
}

function read(text: string, refuse: (why: string, cause?: unknown) => MidplaneError): Fields {
  const yaml: typeof import('yaml') = require('yaml');
  let parsed: unknown;
  try {
    parsed = yaml.parse(text);
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause);
  }
  const document = fieldsOf(parsed);
  const [kind, version] = [textOf(document['kind']), textOf(document['apiVersion'])];
  if (kind !== 'EgressSelectorConfiguration') {
    throw refuse(`invalid service configuration object ${JSON.stringify(kind)}`);
  }
  if (!versions.includes(version)) {
    throw refuse(
      `no kind "${kind}" is registered for version "${version}": it is one of ${versions.join(', ')}`,
    );
  }
  return document;
}

type Fields = Readonly<Record<string, unknown>>;

const at = 'service.connection';

function connectionProblems(selection: Fields, there: (path: string) => boolean): string[] {
  const connection = fieldsOf(selection['connection']);
  const protocol = textOf(connection['proxyProtocol']);
  const transport = given(connection['transport']);
  switch (protocol) {
    case 'Direct':
      return transport === null
        ? []
        : [invalid('transport', 'direct', 'Transport config should be absent for direct connect')];
    case 'HTTPConnect':
      return transport === null
        ? [required('transport', 'transport must be set for HTTPConnect')]
        : httpConnectProblems(transport, there);
    case 'GRPC': {
      if (transport === null) return [required('transport', 'transport must be set for GRPC')];
      const uds = given(transport['uds']);
      return uds === null ? [required('uds', 'UDS must be set with GRPC')] : udsProblems(uds);
    }
    default:
      return [
        `${at}.protocol: Unsupported value: ${JSON.stringify(protocol)}: supported values: ${quoted(protocols)}`,
      ];
  }
}

function httpConnectProblems(transport: Fields, there: (path: string) => boolean): string[] {
  const [tcp, uds] = [given(transport['tcp']), given(transport['uds'])];
  if (tcp !== null && uds !== null) {
    // Upstream prints the whole struct with Go's %#v, addresses of pointers included.
    const url = JSON.stringify(textOf(tcp['url']));
    return [`${at}.tcp: Invalid value: apiserver.TCPTransport{URL:${url}}: TCP and UDS cannot both be set`];
  }
  if (tcp !== null) return tcpProblems(tcp, there);
  return uds === null ? [required('tcp', 'One of TCP or UDS must be set')] : udsProblems(uds);
}

function udsProblems(uds: Fields): string[] {
  return textOf(uds['udsName']) === ''
    ? [invalid('udsName', 'nil', 'UDSName should be present for UDS connections')]
    : [];
}

function tcpProblems(tcp: Fields, there: (path: string) => boolean): string[] {
  const [url, tls] = [textOf(tcp['url']), given(tcp['tlsConfig'])];
  if (url.startsWith('http://')) {
    return tls === null
      ? []
      : [invalid('tlsConfig', 'nil', 'TLSConfig config should not be present when using HTTP')];
  }
  if (!url.startsWith('https://')) {
    return [invalid('url', url, 'supported connection protocols are http:// and https://')];
  }
  if (tls === null) return [required('tlsConfig', 'TLSConfig must be present when using HTTPS')];
  const field = (name: string): string => textOf(tls[name]);
  const problems: string[] = [];
  const caBundle = field('caBundle');
  if (caBundle !== '' && !there(caBundle)) {
    problems.push(invalid('tlsConfig.caBundle', caBundle, 'TLS config ca bundle does not exist'));
  }
  for (const [name, missing, absent] of [
    ['clientCert', 'Using TLS requires clientCert', 'TLS client cert does not exist'],
    ['clientKey', 'Using TLS requires requires clientKey', 'TLS client key does not exist'],
  ] as const) {
    const path = field(name);
    if (path === '') problems.push(invalid(`tlsConfig.${name}`, 'nil', missing));
    else if (!there(path)) problems.push(invalid(`tlsConfig.${name}`, path, absent));
  }
  return problems;
}

function nameProblems(selections: readonly Fields[]): string[] {
  const seen = new Set<string>();
  return selections.flatMap((selection, index) => {
    const name = textOf(selection['name']).toLowerCase();
    if (seen.has(name)) return [`${at}[${index}]: Duplicate value: ${JSON.stringify(name)}`];
    seen.add(name);
    return names.some((known) => known === name)
      ? []
      : [`${at}: Unsupported value: ${JSON.stringify(name)}: supported values: ${quoted(names)}`];
  });
}

function connectionOf(selection: Fields): EgressConnection {
  const connection = fieldsOf(selection['connection']);
  const transport = fieldsOf(connection['transport']);
  const tcp = given(transport['tcp']);
  if (connection['proxyProtocol'] === 'Direct') return { kind: 'direct' };
  if (tcp !== null && connection['proxyProtocol'] === 'HTTPConnect') {
    return { kind: 'http-connect-tcp', url: textOf(tcp['url']), tls: tlsOf(selection) };
  }
  const kind = connection['proxyProtocol'] === 'GRPC' ? 'grpc-uds' : 'http-connect-uds';
  return { kind, udsName: textOf(fieldsOf(transport['uds'])['udsName']) };
}

function tlsOf(selection: Fields): EgressTls | null {
  const transport = fieldsOf(fieldsOf(selection['connection'])['transport']);
  const tls = given(fieldsOf(transport['tcp'])['tlsConfig']);
  if (tls === null) return null;
  return {
    caBundle: textOf(tls['caBundle']),
    clientCert: textOf(tls['clientCert']),
    clientKey: textOf(tls['clientKey']),
  };
}

/** Of a pointer in Go: whether it points to anything. */
function given(value: unknown): Fields | null {
  return value === undefined || value === null ? null : fieldsOf(value);
}

function required(path: string, text: string): string {
  return `${at}.${path}: Required value: ${text}`;
}

function invalid(path: string, value: string, text: string): string {
  return `${at}.${path}: Invalid value: ${JSON.stringify(value)}: ${text}`;
}

function quoted(words: readonly string[]): string {
  return words.map((word) => JSON.stringify(word)).join(', ');
}

/** ToAggregate of apimachinery: each text once, several of them in brackets. */
function aggregate(problems: readonly string[]): string {
  const once = [...new Set(problems)];
  return once.length === 1 ? (once[0] ?? '') : `[${once.join(', ')}]`;
}
