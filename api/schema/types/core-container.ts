import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const coreContainerTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
PullPolicy = string (Always | Never | IfNotPresent)

Container
  1 name string required
  2 image string
  3 command []string listType=atomic
  4 args []string listType=atomic
  5 workingDir string
  6 ports []ContainerPort listType=map listMapKey=containerPort,protocol patchStrategy=merge patchMergeKey=containerPort
  19 envFrom []EnvFromSource listType=atomic
  7 env []EnvVar listType=map listMapKey=name patchStrategy=merge patchMergeKey=name
  8 resources ResourceRequirements
  23 resizePolicy []ContainerResizePolicy listType=atomic
  24 restartPolicy *ContainerRestartPolicy
  9 volumeMounts []VolumeMount listType=map listMapKey=mountPath patchStrategy=merge patchMergeKey=mountPath
  21 volumeDevices []VolumeDevice listType=map listMapKey=devicePath patchStrategy=merge patchMergeKey=devicePath
  10 livenessProbe *Probe
  11 readinessProbe *Probe
  22 startupProbe *Probe
  12 lifecycle *Lifecycle
  13 terminationMessagePath string
  20 terminationMessagePolicy TerminationMessagePolicy
  14 imagePullPolicy PullPolicy
  15 securityContext *SecurityContext
  16 stdin bool
  17 stdinOnce bool
  18 tty bool

ContainerPort
  1 name string
  2 hostPort int32
  3 containerPort int32 required
  4 protocol Protocol default="TCP"
  5 hostIP string

Protocol = string (TCP | UDP | SCTP)

EnvFromSource
  1 prefix string
  2 configMapRef *ConfigMapEnvSource
  3 secretRef *SecretEnvSource

ConfigMapEnvSource
  1 inline LocalObjectReference
  2 optional *bool

SecretEnvSource
  1 inline LocalObjectReference
  2 optional *bool

EnvVar
  1 name string required
  2 value string
  3 valueFrom *EnvVarSource

EnvVarSource
  1 fieldRef *ObjectFieldSelector
  2 resourceFieldRef *ResourceFieldSelector
  3 configMapKeyRef *ConfigMapKeySelector
  4 secretKeyRef *SecretKeySelector

ObjectFieldSelector structType=atomic
  1 apiVersion string
  2 fieldPath string required

ResourceFieldSelector structType=atomic
  1 containerName string
  2 resource string required
  3 divisor Quantity

ConfigMapKeySelector structType=atomic
  1 inline LocalObjectReference
  2 key string required
  3 optional *bool

SecretKeySelector structType=atomic
  1 inline LocalObjectReference
  2 key string required
  3 optional *bool

ResourceRequirements
  1 limits ResourceList
  2 requests ResourceList
  3 claims []ResourceClaim listType=map listMapKey=name

ResourceClaim
  1 name string required
  2 request string

ContainerResizePolicy
  1 resourceName ResourceName required
  2 restartPolicy ResourceResizeRestartPolicy required

ResourceResizeRestartPolicy = string
ContainerRestartPolicy = string

VolumeMount
  1 name string required
  2 readOnly bool
  7 recursiveReadOnly *RecursiveReadOnlyMode
  3 mountPath string required
  4 subPath string
  5 mountPropagation *MountPropagationMode
  6 subPathExpr string

RecursiveReadOnlyMode = string
MountPropagationMode = string (None | HostToContainer | Bidirectional)

VolumeDevice
  1 name string required
  2 devicePath string required

Probe
  1 inline ProbeHandler
  2 initialDelaySeconds int32
  3 timeoutSeconds int32
  4 periodSeconds int32
  5 successThreshold int32
  6 failureThreshold int32
  7 terminationGracePeriodSeconds *int64

ProbeHandler
  1 exec *ExecAction
  2 httpGet *HTTPGetAction
  3 tcpSocket *TCPSocketAction
  4 grpc *GRPCAction

ExecAction
  1 command []string listType=atomic

HTTPGetAction
  1 path string
  2 port IntOrString required
  3 host string
  4 scheme URIScheme
  5 httpHeaders []HTTPHeader listType=atomic

URIScheme = string (HTTP | HTTPS)

HTTPHeader
  1 name string required
  2 value string required

TCPSocketAction
  1 port IntOrString required
  2 host string

GRPCAction
  1 port int32 required
  2 service *string always default=""

Lifecycle
  1 postStart *LifecycleHandler
  2 preStop *LifecycleHandler
  3 stopSignal *Signal

LifecycleHandler
  1 exec *ExecAction
  2 httpGet *HTTPGetAction
  3 tcpSocket *TCPSocketAction
  4 sleep *SleepAction

SleepAction
  1 seconds int64 required

Signal = string (SIGABRT | SIGALRM | SIGBUS | SIGCHLD | SIGCLD | SIGCONT | SIGFPE | SIGHUP | SIGILL | SIGINT | SIGIO | SIGIOT | SIGKILL | SIGPIPE | SIGPOLL | SIGPROF | SIGPWR | SIGQUIT | SIGSEGV | SIGSTKFLT | SIGSTOP | SIGSYS | SIGTERM | SIGTRAP | SIGTSTP | SIGTTIN | SIGTTOU | SIGURG | SIGUSR1 | SIGUSR2 | SIGVTALRM | SIGWINCH | SIGXCPU | SIGXFSZ | SIGRTMIN | SIGRTMIN+1 | SIGRTMIN+2 | SIGRTMIN+3 | SIGRTMIN+4 | SIGRTMIN+5 | SIGRTMIN+6 | SIGRTMIN+7 | SIGRTMIN+8 | SIGRTMIN+9 | SIGRTMIN+10 | SIGRTMIN+11 | SIGRTMIN+12 | SIGRTMIN+13 | SIGRTMIN+14 | SIGRTMIN+15 | SIGRTMAX-14 | SIGRTMAX-13 | SIGRTMAX-12 | SIGRTMAX-11 | SIGRTMAX-10 | SIGRTMAX-9 | SIGRTMAX-8 | SIGRTMAX-7 | SIGRTMAX-6 | SIGRTMAX-5 | SIGRTMAX-4 | SIGRTMAX-3 | SIGRTMAX-2 | SIGRTMAX-1 | SIGRTMAX)
TerminationMessagePolicy = string (File | FallbackToLogsOnError)

EphemeralContainer
  1 inline EphemeralContainerCommon
  2 targetContainerName string

EphemeralContainerCommon
  1 name string required
  2 image string
  3 command []string listType=atomic
  4 args []string listType=atomic
  5 workingDir string
  6 ports []ContainerPort listType=map listMapKey=containerPort,protocol patchStrategy=merge patchMergeKey=containerPort
  19 envFrom []EnvFromSource listType=atomic
  7 env []EnvVar listType=map listMapKey=name patchStrategy=merge patchMergeKey=name
  8 resources ResourceRequirements
  23 resizePolicy []ContainerResizePolicy listType=atomic
  24 restartPolicy *ContainerRestartPolicy
  9 volumeMounts []VolumeMount listType=map listMapKey=mountPath patchStrategy=merge patchMergeKey=mountPath
  21 volumeDevices []VolumeDevice listType=map listMapKey=devicePath patchStrategy=merge patchMergeKey=devicePath
  10 livenessProbe *Probe
  11 readinessProbe *Probe
  22 startupProbe *Probe
  12 lifecycle *Lifecycle
  13 terminationMessagePath string
  20 terminationMessagePolicy TerminationMessagePolicy
  14 imagePullPolicy PullPolicy
  15 securityContext *SecurityContext
  16 stdin bool
  17 stdinOnce bool
  18 tty bool
`,
};
