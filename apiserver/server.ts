import type { Logger } from 'pino';
import type { KubeNode } from '../api/objects';
import type { MidplaneError } from '../error';
import { type Connection, type Endpoint, type Host, joinHostPort, type Listener } from '../network/network';
import type { SecureConnection } from '../network/secure';
import { TlsAcceptor } from '../network/secure-server';
import { inTurn, type Randomness, systemRandomness } from '../randomness';
import type { KeyPair } from '../wire/pem';
import { chooseAdmissionPlugins } from './admission/admission-plugins';
import { ApiserverMetrics } from './apiserver-metrics';
import { type AuditLog, openAuditLog } from './audit/audit-log';
import { type OpenIdMetadata, openIdMetadata } from './authentication/openid-metadata';
import { nodeAuthorizer } from './authorization/node-authorizer';
import { storedNodeGraph } from './authorization/node-graph';
import { type Attributes, type Authorizer, allowMasters, alwaysAllow, alwaysDeny } from './authorize';
import { bootstrap } from './bootstrap';
import type { HistoryLimits } from './change-history';
import { parseClusterIpRange } from './cluster-ip';
import type { DataDir } from './data-dir';
import { type Egress, hostThrough, type OpenEgress } from './egress';
import { chooseEmulatedCves, emulationWarnings } from './emulated-cves';
import { type Filters, httpServer } from './filters';
import type { ApiserverFlags } from './flags';
import { healthChecks, type ServerState } from './health-checks';
import { type CommonNameCheck, KubeletTransport } from './kubelet-transport';
import { keepKubernetesService, RECONCILE_EVERY_MS } from './kubernetes-service';
import { authenticatorOptions, login } from './login';
import { MetricsScraper } from './metrics-api-scraper';
import type { Cluster } from './place';
import { ProxyTransport } from './proxy-transport';
import { type RbacObjects, rbacAuthorizer, rulesOf } from './rbac';
import { nodeRules } from './rbac-default-rules';
import { storedRbacObjects } from './rbac-objects';
import { kindOf } from './registry';
import type { Services } from './routes';
import { everyRule, nodeRulesUnknown, type RuleResolver } from './rules-review';
import { type ApiserverFiles, loadFiles, type ReadFile } from './settings';
import { Storage } from './storage';

/** The lab's kube-apiserver, put together from its flags. */
export interface ApiserverOptions {
  readonly host: Host;
  readonly flags: ApiserverFlags;
  readonly readFile: ReadFile;
  readonly log: Logger;
  readonly now?: () => Date;
  /** Where identifiers, generated names and addresses come from. Default: the system's. */
  readonly random?: Randomness;
  /** Gets the audit events when no flag names a file for them. */
  readonly auditLog?: AuditLog;
  /** Through what nodes, pods and services are dialled; without it they are dialled directly. */
  readonly openEgress?: OpenEgress;
  /** How much of the past watches and lists can go back to; for tests of what comes after. */
  readonly history?: Partial<HistoryLimits>;
}

export interface Apiserver extends AsyncDisposable {
  readonly at: Endpoint;
  /** Ends every connection, watches and streams too; what was written is then on disk. Idempotent. */
  close(): Promise<void>;
  /** Settles when it can no longer do its work, and why; it must then be closed. Without --data-dir it never does. */
  readonly failed: Promise<MidplaneError>;
}

/** Throws MidplaneError when a file, a certificate or the address cannot be used. */
export async function startApiserver(options: ApiserverOptions): Promise<Apiserver> {
  const { host, flags, log } = options;
  const now = options.now ?? (() => new Date());
  const emulated = chooseEmulatedCves(flags.midplaneEmulateCve);
  for (const warning of emulationWarnings(emulated)) log.warn(warning);
  const files = await loadFiles(flags, options.readFile, now());
  const randomFor = inTurn(options.random ?? systemRandomness);
  const storage = new Storage({
    now,
    randomFor,
    ...(options.history === undefined ? {} : { limits: options.history }),
  });
  const cluster: Cluster = {
    storage,
    clusterIps: parseClusterIpRange(flags.serviceClusterIpRange),
    now,
    randomFor,
    admission: chooseAdmissionPlugins(flags.enableAdmissionPlugins, flags.disableAdmissionPlugins),
  };
  const counters = new ApiserverMetrics(storage, now());
  const state: ServerState = { bootstrapped: false, closing: false, broken: null };
  const advertised = advertisedAddress(flags, host);
  const rbacObjects = storedRbacObjects(storage);
  const authenticator = authenticatorOptions(flags, files, storage, now);
  const servingPair = files.serving ?? (await selfSigned(host, advertised));
  const dataDir = flags.dataDir === '' ? null : await openData(flags.dataDir, storage);
  // Not before: what is kept there nobody is told of.
  const authorizers = authorizersOf(flags, rbacObjects, storage, log);

  const audit =
    flags.auditLogPath === '' ? (options.auditLog ?? null) : openAuditLog(flags.auditLogPath, log);

  let accept: (connection: Connection) => void = () => undefined;
  const listener = await host
    .listen({ address: flags.bindAddress, port: flags.securePort }, (connection) => accept(connection))
    .catch(async (error: unknown) => {
      await dataDir?.close();
      await audit?.close();
      throw error;
    });
  let egress: Egress | null = null;
  try {
    const at: Endpoint = { address: advertised, port: listener.at.port };
    // Source: pkg/controlplane/controller/kubernetesservice/controller.go, RunKubernetesService.
    const failed = (why: string): void => log.error(`unable to sync kubernetes service: ${why}`);
    bootstrap(cluster, at, failed);
    state.bootstrapped = true;
    void dataDir?.failed.then((error) => {
      state.broken = error.message;
    });
    const nodes = () => storage.list(kindOf('nodes'), '') as KubeNode[];
    const openEgress = options.openEgress ?? files.openEgress;
    // What the flag asks for must not quietly be a direct dial.
    if (flags.sshUser !== '' && (openEgress ?? null) === null)
      throw new TypeError('--ssh-user is set, and nobody was handed in to open tunnels');
    egress = (await openEgress?.({ host, nodes, log })) ?? null;
    counters.addEgress(egress?.metrics ?? []);
    const towardsCluster = hostThrough(host, egress);
    const kubelets = new KubeletTransport({
      from: towardsCluster,
      bundlePem: files.kubeletCaPem,
      clientCertificate: files.kubeletClient,
      preferredAddressTypes: flags.kubeletPreferredAddressTypes,
      defaultPort: flags.kubeletPort,
      commonNames: commonNamesOf(flags, counters, log),
    });
    const services: Services = {
      host,
      cluster,
      review: { authorizers, authenticator, ruleResolvers: ruleResolversOf(flags, rbacObjects) },
      tokens: tokensOf(flags, files),
      openId: openIdOf(flags, joinHostPort(at.address, at.port), log),
      nodes: {
        storage,
        host,
        kubelets,
        proxies: new ProxyTransport(towardsCluster),
        emulated,
      },
      metrics: new MetricsScraper({ host, storage, kubelets, now }),
      serverAddress: joinHostPort(at.address, at.port),
      healthChecks: healthChecks(state, egress?.healthChecks),
      redial: egress?.redial ?? null,
      counters,
      log,
    };
    const clients = new WeakMap<object, SecureConnection>();
    const filters: Filters = {
      host,
      log,
      clients,
      authorizers,
      auditor: audit === null ? null : { policy: files.auditPolicy, log: audit, now },
      metrics: counters,
      randomFor,
      services,
      login: (request, client) => login(request, client, authenticator, log),
    };
    accept = acceptor(servingPair, files, filters);
    const stopKeeping = keepKubernetesService(cluster, at, {
      everyMs: RECONCILE_EVERY_MS,
      broken: () => state.broken,
      failed,
    });
    log.info({ at: serverText(listener), advertised: services.serverAddress }, 'serving securely');
    return serving(at, { listener, egress, dataDir, audit, state, stopKeeping });
  } catch (error) {
    await listener.close();
    await egress?.close();
    await dataDir?.close();
    await audit?.close();
    throw error;
  }
}

/** Loaded only when it is wanted: most labs live in memory. */
function openData(directory: string, storage: Storage): Promise<DataDir> {
  const { openDataDir }: typeof import('./data-dir') = require('./data-dir');
  return openDataDir(directory, storage);
}

interface Opened {
  readonly listener: Listener;
  readonly egress: Egress | null;
  readonly dataDir: DataDir | null;
  readonly audit: AuditLog | null;
  readonly state: ServerState;
  readonly stopKeeping: () => void;
}

function serving(at: Endpoint, { listener, egress, dataDir, audit, state, stopKeeping }: Opened): Apiserver {
  const close = async (): Promise<void> => {
    state.closing = true;
    stopKeeping();
    await listener.close();
    await egress?.close();
    await dataDir?.close();
    await audit?.close();
  };
  const failed = dataDir?.failed ?? new Promise<never>(() => undefined);
  return { at, close, failed, [Symbol.asyncDispose]: close };
}

function serverText({ at }: Listener): string {
  return joinHostPort(at.address, at.port);
}

/** Upstream looks for the host's own address when it binds to all of them (ResolveBindAddress). */
function advertisedAddress({ advertiseAddress, bindAddress }: ApiserverFlags, host: Host): string {
  if (advertiseAddress !== '') return advertiseAddress;
  if (bindAddress !== '0.0.0.0' && bindAddress !== '::') return bindAddress;
  return host.addresses.find((address) => !address.startsWith('127.') && address !== '::1') ?? '127.0.0.1';
}

/** In upstream without --tls-cert-file a self-signed certificate is made too (MaybeDefaultWithSelfSignedCerts). */
async function selfSigned(host: Host, address: string): Promise<KeyPair> {
  const pki: typeof import('../pki/authority') = require('../pki/authority');
  const authority = await pki.createAuthority({ commonName: `midplane LAB ${host.name}-ca` });
  return authority.issue({
    commonName: host.name,
    dnsNames: ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'localhost'],
    ipAddresses: [...new Set([address, '127.0.0.1'])],
    usages: ['serverAuth'],
  });
}

function authorizersOf(
  flags: ApiserverFlags,
  objects: RbacObjects,
  storage: Storage,
  log: Logger,
): Authorizer[] {
  const rbac = rbacAuthorizer(objects);
  const modes = flags.authorizationMode.flatMap((mode): Authorizer[] => {
    switch (mode) {
      case 'AlwaysAllow':
        return [alwaysAllow];
      case 'AlwaysDeny':
        return [alwaysDeny];
      case 'RBAC':
        return [rbac];
      case 'Node':
        return [nodeAuthorizer(storedNodeGraph(storage), nodeRules, nodeDenials(flags, log))];
    }
    return mode satisfies never;
  });
  return [allowMasters, ...modes];
}

/** With the gate and a bundle names are compared, and with the flag besides they count (KEP-4872). */
function commonNamesOf(
  flags: ApiserverFlags,
  counters: ApiserverMetrics,
  log: Logger,
): CommonNameCheck | null {
  if (!flags.featureGates.KubeletCertCNValidation || flags.kubeletCertificateAuthority === '') return null;
  counters.publishKubeletCommonNames();
  return {
    enforced: flags.enableKubeletCertCnValidation,
    onCompared: (node, fault) => {
      counters.kubeletCommonName(fault === null ? 'success' : 'failure');
      if (fault !== null)
        log.error({ node, err: fault }, 'kubelet serving certificate has another common name');
    },
  };
}

/** Upstream says so at verbosity 2. */
function nodeDenials({ v }: ApiserverFlags, log: Logger): (node: string, asked: Attributes) => void {
  return (node, { user: _, ...asked }) => {
    if (v >= 2) log.info({ node, ...asked }, 'NODE DENY');
  };
}

function ruleResolversOf(flags: ApiserverFlags, objects: RbacObjects): RuleResolver[] {
  return flags.authorizationMode.flatMap((mode): RuleResolver[] => {
    switch (mode) {
      case 'AlwaysAllow':
        return [everyRule];
      case 'AlwaysDeny':
        return [];
      case 'RBAC':
        return [(user, namespace) => ({ ...rulesOf(objects, user, namespace), incomplete: false })];
      case 'Node':
        return [nodeRulesUnknown];
    }
    return mode satisfies never;
  });
}

/** Upstream starts all the same, without discovery (pkg/controlplane/apiserver/server.go). */
function openIdOf(flags: ApiserverFlags, serverAddress: string, log: Logger): OpenIdMetadata | null {
  const [issuer = ''] = flags.serviceAccountIssuer;
  const metadata = openIdMetadata(issuer, flags.serviceAccountJwksUri, serverAddress);
  if (!('kind' in metadata)) return metadata;
  const what = 'Could not construct pre-rendered responses for ServiceAccountIssuerDiscovery endpoints';
  log.error(`${what}. Endpoints will not be enabled. Error: ${metadata.text}`);
  return null;
}

function tokensOf(flags: ApiserverFlags, { serviceAccountKeys }: ApiserverFiles): Services['tokens'] {
  return {
    key: serviceAccountKeys.signing,
    verifying: serviceAccountKeys.verifying,
    issuer: flags.serviceAccountIssuer[0] ?? '',
    apiAudiences: flags.apiAudiences,
    maxExpirationSeconds: flags.serviceAccountMaxTokenExpirationSeconds,
    extendExpiration: flags.serviceAccountExtendTokenExpiration,
  };
}

/** TLS first; the HTTP server then gets the decrypted socket as if it had accepted it. */
function acceptor(
  keyPair: KeyPair,
  files: ApiserverFiles,
  filters: Filters,
): (connection: Connection) => void {
  const { host, log, clients } = filters;
  const tls = new TlsAcceptor({
    keyPair,
    requestClientCertificate: true,
    ...(files.clientCa === null ? {} : { clientCaPem: files.clientCa.pem }),
    alpn: ['http/1.1'],
    at: host,
  });
  const server = httpServer(filters);
  return (connection) => {
    void tls.accept(connection).then((secure) => {
      if (secure.kind === 'handshake-failure') {
        log.info({ from: connection.remote, text: secure.text }, 'TLS handshake error');
        return;
      }
      clients.set(secure.socket, secure);
      server.emit('connection', secure.socket);
    });
  };
}
