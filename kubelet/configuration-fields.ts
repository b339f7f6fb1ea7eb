/**
 * The fields of KubeletConfiguration and what their values are, as of 1.33 (kubelet/config/v1beta1/types.go). Strict
 * decoding knows them all, so that a kubelet's real file is accepted although the lab uses only some of them.
 */
export type FieldKind =
  | 'boolean'
  | 'integer'
  | 'number'
  | 'string'
  | 'duration'
  | 'list'
  | 'map'
  | FieldKinds;
export interface FieldKinds {
  readonly [field: string]: FieldKind;
}

function fieldsOf(kind: FieldKind, names: string): FieldKinds {
  return Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, kind]),
  );
}

export const CONFIGURATION_FIELDS: FieldKinds = {
  ...fieldsOf('string', 'apiVersion kind'),
  ...fieldsOf(
    'boolean',
    `cgroupsPerQOS cpuCFSQuota enableContentionProfiling enableControllerAttachDetach enableDebugFlagsHandler
    enableDebuggingHandlers enableProfilingHandler enableServer enableSystemLogHandler enableSystemLogQuery failCgroupV1
    failSwapOn kernelMemcgNotification localStorageCapacityIsolation makeIPTablesUtilChains mergeDefaultEvictionSettings
    protectKernelDefaults registerNode rotateCertificates runOnce seccompDefault serializeImagePulls serverTLSBootstrap
    singleProcessOOMKill`,
  ),
  ...fieldsOf(
    'integer',
    `containerLogMaxFiles containerLogMaxWorkers eventBurst eventRecordQPS evictionMaxPodGracePeriod healthzPort
    imageGCHighThresholdPercent imageGCLowThresholdPercent iptablesDropBit iptablesMasqueradeBit kubeAPIBurst kubeAPIQPS
    maxOpenFiles maxParallelImagePulls maxPods nodeLeaseDurationSeconds nodeStatusMaxImages oomScoreAdj podPidsLimit
    podsPerCore port readOnlyPort registryBurst registryPullQPS`,
  ),
  ...fieldsOf('number', 'memoryThrottlingFactor'),
  ...fieldsOf(
    'string',
    `address cgroupDriver cgroupRoot clusterDomain configMapAndSecretChangeDetectionStrategy containerLogMaxSize
    containerRuntimeEndpoint contentType cpuManagerPolicy hairpinMode healthzBindAddress imagePullCredentialsVerificationPolicy
    imageServiceEndpoint kubeReservedCgroup kubeletCgroups memoryManagerPolicy podCIDR podLogsDir providerID
    reservedSystemCPUs resolvConf showHiddenMetricsForVersion staticPodPath staticPodURL systemCgroups systemReservedCgroup
    tlsCertFile tlsMinVersion tlsPrivateKeyFile topologyManagerPolicy topologyManagerScope volumePluginDir`,
  ),
  ...fieldsOf(
    'duration',
    `containerLogMonitorInterval cpuCFSQuotaPeriod cpuManagerReconcilePeriod evictionPressureTransitionPeriod
    fileCheckFrequency httpCheckFrequency imageMaximumGCAge imageMinimumGCAge nodeStatusReportFrequency
    nodeStatusUpdateFrequency runtimeRequestTimeout shutdownGracePeriod shutdownGracePeriodCriticalPods
    streamingConnectionIdleTimeout syncFrequency volumeStatsAggPeriod`,
  ),
  ...fieldsOf(
    'list',
    `allowedUnsafeSysctls clusterDNS enforceNodeAllocatable preloadedImagesVerificationAllowlist registerWithTaints
    reservedMemory shutdownGracePeriodByPodPriority tlsCipherSuites`,
  ),
  ...fieldsOf(
    'map',
    `cpuManagerPolicyOptions evictionHard evictionMinimumReclaim evictionSoft evictionSoftGracePeriod featureGates
    kubeReserved logging qosReserved staticPodURLHeader systemReserved topologyManagerPolicyOptions`,
  ),
  authentication: {
    anonymous: { enabled: 'boolean' },
    webhook: { enabled: 'boolean', cacheTTL: 'duration' },
    x509: { clientCAFile: 'string' },
  },
  authorization: {
    mode: 'string',
    webhook: { cacheAuthorizedTTL: 'duration', cacheUnauthorizedTTL: 'duration' },
  },
  crashLoopBackOff: { maxContainerRestartPeriod: 'duration' },
  memorySwap: { swapBehavior: 'string' },
  tracing: { endpoint: 'string', samplingRatePerMillion: 'integer' },
  userNamespaces: { idsPerPod: 'integer' },
};
