import { parse } from 'yaml';
import { MidplaneError } from '../error';
import { joinHostPort } from '../network/network';
import type { Trust } from '../network/secure';
import type { KeyPair } from '../wire/pem';

/** What a client needs to know of a cluster, from the current context of a kubeconfig. */
export interface ClientConfig {
  readonly server: { readonly host: string; readonly port: number };
  readonly trust: Trust;
  readonly clientCertificate?: KeyPair;
  /** Where that came from, when it stands in files of its own; absolute or beside the kubeconfig. */
  readonly clientCertificateFiles?: { readonly certFile: string; readonly keyFile: string };
  readonly token?: string;
}

interface Kubeconfig {
  'current-context'?: string;
  clusters?: { name: string; cluster?: ClusterEntry }[];
  contexts?: { name: string; context?: { cluster?: string; user?: string } }[];
  users?: { name: string; user?: UserEntry }[];
}

interface ClusterEntry {
  server?: string;
  'certificate-authority'?: string;
  'certificate-authority-data'?: string;
  'insecure-skip-tls-verify'?: boolean;
  'tls-server-name'?: string;
}

interface UserEntry {
  'client-certificate'?: string;
  'client-certificate-data'?: string;
  'client-key'?: string;
  'client-key-data'?: string;
  token?: string;
}

/**
 * Reads the current context. Files that it names are read by `readFile`; relative paths are the caller's to resolve.
 * Throws MidplaneError CONFIG_INVALID that names the file and the entry that is missing or contradicts another, and
 * whatever `readFile` throws.
 */
export async function parseKubeconfig(
  text: string,
  fileName: string,
  readFile: (path: string) => Promise<string>,
): Promise<ClientConfig> {
  const invalid = (message: string, hint: string): MidplaneError =>
    new MidplaneError('CONFIG_INVALID', `kubeconfig "${fileName}": ${message}`, { hint });
  const config = readYaml(text, invalid);
  const contextName = config['current-context'] ?? '';
  const context = config.contexts?.find((it) => it.name === contextName)?.context;
  if (context === undefined) {
    throw invalid(`no context named "${contextName}"`, 'set current-context to one of its contexts');
  }
  const cluster = config.clusters?.find((it) => it.name === context.cluster)?.cluster;
  if (cluster === undefined)
    throw invalid(`no cluster named "${context.cluster ?? ''}"`, 'add it under clusters');
  const user = config.users?.find((it) => it.name === context.user)?.user ?? {};

  const server = parseServer(cluster.server ?? '', invalid);
  const caPem = await inlineOrFile(
    cluster['certificate-authority-data'],
    cluster['certificate-authority'],
    readFile,
  );
  const insecure = cluster['insecure-skip-tls-verify'] === true;
  if (insecure && caPem !== null) {
    // client-go refuses this pair where it makes the TLS configuration (transport.TLSConfigFor).
    throw invalid(
      'specifying a root certificates file with the insecure flag is not allowed',
      'keep either certificate-authority or insecure-skip-tls-verify',
    );
  }
  if (!insecure && caPem === null) {
    throw invalid(
      'the cluster has no certificate-authority',
      'add certificate-authority or certificate-authority-data',
    );
  }
  const certPem = await inlineOrFile(user['client-certificate-data'], user['client-certificate'], readFile);
  const keyPem = await inlineOrFile(user['client-key-data'], user['client-key'], readFile);
  if ((certPem === null) !== (keyPem === null)) {
    const [there, missing] =
      certPem === null ? ['client-key', 'client-certificate'] : ['client-certificate', 'client-key'];
    throw invalid(`the user has a ${there} and no ${missing}`, 'give both or neither');
  }
  const { 'client-certificate': certFile, 'client-key': keyFile } = user;
  const isInline = user['client-certificate-data'] !== undefined || user['client-key-data'] !== undefined;
  return {
    server,
    trust:
      caPem === null
        ? { kind: 'verify-nobody' }
        : { kind: 'verify', bundlePem: caPem, host: cluster['tls-server-name'] ?? server.host },
    ...(certPem === null || keyPem === null ? {} : { clientCertificate: { certPem, keyPem } }),
    ...(certFile === undefined || keyFile === undefined || isInline
      ? {}
      : { clientCertificateFiles: { certFile, keyFile } }),
    ...(user.token === undefined ? {} : { token: user.token }),
  };
}

type Invalid = (message: string, hint: string) => MidplaneError;

function readYaml(text: string, invalid: Invalid): Kubeconfig {
  try {
    const document: unknown = parse(text);
    if (typeof document === 'object' && document !== null && !Array.isArray(document))
      return document as Kubeconfig;
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw invalid(`not YAML: ${line}`, 'kubectl config view shows what kubectl makes of it');
  }
  throw invalid('holds no configuration', 'a kubeconfig begins with apiVersion: v1, kind: Config');
}

function parseServer(text: string, invalid: Invalid): ClientConfig['server'] {
  const hint = 'write it as https://HOST:PORT';
  if (!URL.canParse(text)) throw invalid(`server "${text}" is not a URL`, hint);
  const url = new URL(text);
  if (url.protocol !== 'https:') throw invalid(`server "${text}" is not https`, hint);
  return serverOf(url);
}

export function serverOf({ hostname, port }: URL): ClientConfig['server'] {
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 443 : Number(port) };
}

async function inlineOrFile(
  data: string | undefined,
  file: string | undefined,
  readFile: (path: string) => Promise<string>,
): Promise<string | null> {
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  return file === undefined ? null : readFile(file);
}

/** The kubeconfig that holds exactly this, everything inline. */
export function formatKubeconfig(config: ClientConfig, name: string): string {
  const { cluster, user } = kubeconfigEntries(config);
  // JSON is YAML, and kubectl reads it.
  return `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': name,
      clusters: [{ name, cluster }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      users: [{ name, user }],
    },
    null,
    2,
  )}\n`;
}

/** What stands under `cluster` and `user`, everything inline. */
export function kubeconfigEntries(config: ClientConfig): { readonly cluster: object; readonly user: object } {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const { server, trust, clientCertificate, token } = config;
  const cluster = {
    server: `https://${joinHostPort(server.host, server.port)}`,
    ...(trust.kind === 'verify'
      ? {
          'certificate-authority-data': base64(trust.bundlePem),
          ...(trust.host === server.host ? {} : { 'tls-server-name': trust.host }),
        }
      : { 'insecure-skip-tls-verify': true }),
  };
  const user = {
    ...(clientCertificate === undefined
      ? {}
      : {
          'client-certificate-data': base64(clientCertificate.certPem),
          'client-key-data': base64(clientCertificate.keyPem),
        }),
    ...(token === undefined ? {} : { token }),
  };
  return { cluster, user };
}
