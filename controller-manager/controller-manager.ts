import type { Logger } from 'pino';
import { type Clock, systemClock } from '../client/clock';
import { KubeClient, type KubeClientOptions } from '../client/kube-client';
import { holdLease, leaseLost } from '../client/leader-lease';
import type { MidplaneError } from '../error';
import { type Randomness, systemRandomness, uuidFrom } from '../randomness';
import { startBootstrapSigner, startTokenCleaner } from './bootstrap-controllers';
import { startCertificateApprovingController } from './certificate-approving-controller';
import { startCertificateCleanerController } from './certificate-cleaner-controller';
import { startCertificateSigningController } from './certificate-signing-controller';
import { startClusterRoleAggregator } from './cluster-role-aggregator';
import { type Controller, ControllerContext, type StartController } from './context';
import { type ControllerSettings, defaultControllerSettings } from './controller-settings';
import { startDeploymentController } from './deployment-controller';
import { startEndpointSliceController, startEndpointsController } from './endpoints-controller';
import { startGarbageCollector } from './garbage-collector';
import { startKubeletServingApprover } from './kubelet-serving-approver';
import { startNamespaceController } from './namespace-controller';
import { startNodeLifecycleController } from './node-lifecycle-controller';
import { startPodGarbageCollector } from './pod-garbage-collector';
import { startReplicaSetController } from './replica-set-controller';
import { startRootCaPublisher, startServiceAccountController } from './service-account-controllers';
import { startTaintEvictionController } from './taint-eviction-controller';
import { startTokenController } from './token-controller';

/** The control loops of a cluster, as one client of its apiserver. */
export interface ControllerManagerOptions {
  readonly client: KubeClientOptions;
  readonly settings?: Partial<ControllerSettings>;
  /** --controllers: `*` and names, `-name` for those that are not to run. */
  readonly controllers?: readonly string[];
  /** --leader-elect; false: nobody waits for the lease. It is held all the same, as the apiserver sees by it that namespaces are emptied. */
  readonly leaderElect?: boolean;
  /** Of the machine it runs on: the lease says who holds it. */
  readonly hostname?: string;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Of the lease's holder. Default: the system's. */
  readonly random?: Randomness;
}

export interface ControllerManager extends AsyncDisposable {
  /** Settles when it has ended by itself: its lease is lost. */
  readonly failed: Promise<MidplaneError>;
  /** Ends every loop, watch and connection. Idempotent. */
  close(): Promise<void>;
}

/** By upstream's names. Source: cmd/kube-controller-manager/names/controller_names.go. */
export const controllers: Readonly<Record<string, StartController>> = {
  'bootstrap-signer-controller': startBootstrapSigner,
  'certificatesigningrequest-approving-controller': startCertificateApprovingController,
  'certificatesigningrequest-cleaner-controller': startCertificateCleanerController,
  'certificatesigningrequest-signing-controller': startCertificateSigningController,
  'clusterrole-aggregation-controller': startClusterRoleAggregator,
  'deployment-controller': startDeploymentController,
  'endpoints-controller': startEndpointsController,
  'endpointslice-controller': startEndpointSliceController,
  'garbage-collector-controller': startGarbageCollector,
  // The lab's own.
  'midplane-kubelet-serving-approver': startKubeletServingApprover,
  'namespace-controller': startNamespaceController,
  'node-lifecycle-controller': startNodeLifecycleController,
  'pod-garbage-collector-controller': startPodGarbageCollector,
  'replicaset-controller': startReplicaSetController,
  'root-ca-certificate-publisher-controller': startRootCaPublisher,
  'serviceaccount-controller': startServiceAccountController,
  'serviceaccount-token-controller': startTokenController,
  'taint-eviction-controller': startTaintEvictionController,
  'token-cleaner-controller': startTokenCleaner,
};

/** Only by name. Source: cmd/kube-controller-manager/app/controllermanager.go (ControllersDisabledByDefault). */
const disabledByDefault: ReadonlySet<string> = new Set([
  'bootstrap-signer-controller',
  'token-cleaner-controller',
]);

/** kubeadm's --controllers. */
export const kubeadmControllers: readonly string[] = ['*', ...disabledByDefault];

export function startControllerManager(options: ControllerManagerOptions): ControllerManager {
  const { log } = options;
  const settings = { ...defaultControllerSettings, ...options.settings };
  const clock = options.clock ?? systemClock;
  const client = new KubeClient(options.client);
  const context = new ControllerContext({ client, clock, log });
  const lease = holdLease({
    client,
    name: 'kube-controller-manager',
    identity: `${options.hostname ?? 'midplane'}_${uuidFrom(options.random ?? systemRandomness)}`,
    clock,
    log,
  });
  const running: Controller[] = [];
  let closing: Promise<void> | null = null;
  // Nothing runs before the lease is ours: two that decide on the same things would undo each other's work.
  const mayBegin = options.leaderElect === false ? Promise.resolve() : lease.acquired;
  void mayBegin.then(() => {
    if (closing !== null || context.signal.aborted) return;
    for (const [name, start] of Object.entries(controllers)) {
      const controller = isWanted(name, options.controllers) ? start(context, settings) : null;
      if (controller !== null) running.push(controller);
    }
    log.info({ controllers: running.length }, 'controllers started');
  });
  const failed =
    options.leaderElect === false
      ? new Promise<never>(() => undefined)
      : lease.lost.then(async () => {
          await endLoops();
          return leaseLost();
        });
  const endLoops = async (): Promise<void> => {
    await context.close();
    await Promise.all(running.map((it) => it.close()));
  };
  const close = async (): Promise<void> => {
    await endLoops();
    await lease.close();
    await client.close();
  };
  return {
    failed,
    close: () => {
      closing ??= close();
      return closing;
    },
    [Symbol.asyncDispose]() {
      return this.close();
    },
  };
}

/** Source: k8s.io/controller-manager app/helper.go (IsControllerEnabled): names count before the star. */
export function isWanted(name: string, wanted: readonly string[] = ['*']): boolean {
  if (wanted.includes(`-${name}`)) return false;
  return wanted.includes(name) || (wanted.includes('*') && !disabledByDefault.has(name));
}
