import type { Logger } from 'pino';
import type { AuditLog } from '../apiserver/audit/audit-log';
import { parseApiserverFlags } from '../apiserver/flags';
import { type Apiserver, startApiserver } from '../apiserver/server';
import type { ClientConfig } from '../client/kubeconfig';
import { kubeadmControllers, startControllerManager } from '../controller-manager/controller-manager';
import type { ControllerSettings } from '../controller-manager/controller-settings';
import { signerNames } from '../controller-manager/signer-rules';
import { MidplaneError } from '../error';
import type { Host } from '../network/network';
import { readSigningKey } from '../pki/jwt';
import { inTurn, type Randomness, systemRandomness } from '../randomness';
import { startScheduler } from '../scheduler/scheduler';
import type { SshTunneler } from '../tunnel/ssh-tunneler';
import { emulatedKubernetes } from '../version';
import type { KeyPair } from '../wire/pem';
import { addresses, ports } from './addresses';
import type { DefenceSettings } from './defences';
import { keepRunning } from './keep-running';
import type { LabPki } from './lab-pki';
import { openLabTunnels, sshFiles } from './lab-tunnels';

/** An apiserver and its loops on one machine, as kubeadm sets them up. */
export interface ControlPlaneOptions {
  readonly pki: LabPki;
  readonly settings: DefenceSettings;
  readonly log: Logger;
  /** Whether a controller-manager and a scheduler run: cells need none, people who work in the lab do. */
  readonly controllers?: boolean;
  /** What the controllers are told beside what a lab tells them anyway. */
  readonly controllerSettings?: Partial<ControllerSettings>;
  /** More flags of kube-apiserver, behind the lab's own and the defence's. */
  readonly apiserverFlags?: readonly string[];
  /** Flags of the lab's own, each with what stands in its place. */
  readonly insteadOf?: Readonly<Record<string, string>>;
  /** Gets the audit events when no flag names a file for them. */
  readonly auditLog?: AuditLog;
  /** Reads the files that `apiserverFlags` name; without it the lab's own files are all there are. */
  readonly readFile?: (path: string) => Promise<string>;
  /** Where its keys, identifiers and random names come from. Default: the system's. */
  readonly random?: Randomness;
  /** Is told of the SSH tunnels, if the apiserver has any. */
  readonly onTunneler?: (tunneler: SshTunneler) => void;
}

export async function startLabApiserver(
  host: Host,
  {
    pki,
    settings,
    log,
    controllers = false,
    apiserverFlags = [],
    insteadOf = {},
    readFile,
    auditLog,
    onTunneler,
    random = systemRandomness,
  }: ControlPlaneOptions,
): Promise<Apiserver> {
  const files: Record<string, string> = {
    '/etc/kubernetes/pki/ca.crt': pki.caPem,
    '/etc/kubernetes/pki/apiserver.crt': pki.apiserver.certPem,
    '/etc/kubernetes/pki/apiserver.key': pki.apiserver.keyPem,
    '/etc/kubernetes/pki/apiserver-kubelet-client.crt': pki.apiserverKubeletClient.certPem,
    '/etc/kubernetes/pki/apiserver-kubelet-client.key': pki.apiserverKubeletClient.keyPem,
    '/etc/kubernetes/pki/sa.key': pki.serviceAccountKeyPem,
    ...sshFiles(pki),
  };
  const accounts = controllers ? [] : [withoutAccounts];
  const flags = parseApiserverFlags([
    ...stockApiserverFlags
      .map((flag) => settings.insteadOf?.[flag] ?? insteadOf[flag] ?? flag)
      .filter((flag) => flag !== ''),
    ...accounts,
    ...settings.apiserver,
    ...apiserverFlags,
  ]);
  const read = async (path: string): Promise<string> => {
    const content = files[path] ?? (await readFile?.(path));
    if (content === undefined) throw new MidplaneError('FILE_UNREADABLE', `the lab has no file "${path}"`);
    return content;
  };
  return startApiserver({
    host,
    flags,
    readFile: read,
    ...(flags.sshUser === ''
      ? {}
      : {
          openEgress: (site) =>
            openLabTunnels(flags, site, { read, ...(onTunneler === undefined ? {} : { onTunneler }) }),
        }),
    log: log.child({ component: 'apiserver' }),
    ...(auditLog === undefined ? {} : { auditLog }),
    random: random.for('apiserver'),
  });
}

/** Where nobody makes service accounts, pods must do without: upstream would refuse them. */
export const withoutAccounts = '--disable-admission-plugins=ServiceAccount';

/** What kubeadm writes into the apiserver's manifest, as far as it concerns these paths. */
export const stockApiserverFlags: readonly string[] = [
  `--bind-address=${addresses.controlPlane}`,
  `--secure-port=${ports.apiserver}`,
  '--authorization-mode=Node,RBAC',
  '--enable-admission-plugins=NodeRestriction',
  '--client-ca-file=/etc/kubernetes/pki/ca.crt',
  '--tls-cert-file=/etc/kubernetes/pki/apiserver.crt',
  '--tls-private-key-file=/etc/kubernetes/pki/apiserver.key',
  '--kubelet-client-certificate=/etc/kubernetes/pki/apiserver-kubelet-client.crt',
  '--kubelet-client-key=/etc/kubernetes/pki/apiserver-kubelet-client.key',
  '--service-account-signing-key-file=/etc/kubernetes/pki/sa.key',
  '--enable-bootstrap-token-auth=true',
  '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
];

/** In place of kubeadm's: the apiserver dials kubelets by their names, as it does by its own default. */
export const nodesByName: Readonly<Record<string, string>> = {
  '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname':
    '--kubelet-preferred-address-types=Hostname,InternalIP,ExternalIP',
};

/** On the control plane's machine, as clients of its apiserver with certificates of their own. */
export function startControllers(
  host: Host,
  { pki, log, controllerSettings, random = systemRandomness }: ControlPlaneOptions,
): { close(): Promise<void> }[] {
  const randomFor = inTurn(random);
  const access = (clientCertificate: KeyPair, component: string) => ({
    from: host,
    ...verifiedApiserver(pki, host.addresses[0]),
    clientCertificate,
    userAgent: `${component}/${emulatedKubernetes} (linux/amd64) kubernetes/midplane`,
  });
  return [
    keepRunning(() =>
      startControllerManager({
        client: access(pki.controllerManager, 'kube-controller-manager'),
        settings: { ...labSettings(pki), ...controllerSettings },
        controllers: kubeadmControllers,
        log: log.child({ component: 'controller-manager' }),
        random: randomFor('controller-manager'),
      }),
    ),
    keepRunning(() =>
      startScheduler({
        client: access(pki.scheduler, 'kube-scheduler'),
        log: log.child({ component: 'scheduler' }),
        random: randomFor('scheduler'),
      }),
    ),
  ];
}

/** Everything is signed by the lab's one authority, as by kubeadm's. */
function labSettings({ authority, caPem, serviceAccountKeyPem }: LabPki): Partial<ControllerSettings> {
  const lookUp = async () => authority;
  return {
    rootCaPem: caPem,
    serviceAccountKey: readSigningKey(serviceAccountKeyPem),
    signingAuthorities: Object.fromEntries(signerNames.map((name) => [name, lookUp])),
  };
}

/** The apiserver as every kubeconfig of the lab names it; `host`: where it is dialled, if elsewhere. */
export function verifiedApiserver(
  pki: LabPki,
  host: string = addresses.controlPlane,
): Pick<ClientConfig, 'server' | 'trust'> {
  return {
    server: { host, port: ports.apiserver },
    trust: { kind: 'verify', bundlePem: pki.caPem, host: addresses.controlPlane },
  };
}
