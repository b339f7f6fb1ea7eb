import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const coreContainerTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
PullPolicy = string (Always | Never | IfNotPresent)

Container: One container of a pod.
  1 name string required: Name of the container, a DNS label that no other container of the pod has. Cannot be changed.
  2 image string: Name of the image.
  3 command []string listType=atomic: The program and its first arguments, not run in a shell; the image's ENTRYPOINT when it is not given. $(NAME) stands for a variable of the environment. Cannot be changed.
  4 args []string listType=atomic: Arguments of the program; the image's CMD when they are not given. $(NAME) stands for a variable of the environment. Cannot be changed.
  5 workingDir string: The directory that the program starts in; the image's when it is not given. Cannot be changed.
  6 ports []ContainerPort listType=map listMapKey=containerPort,protocol patchStrategy=merge patchMergeKey=containerPort: Ports that the container listens on. Leaving one out does not close it: whatever listens can be reached. Cannot be changed.
  19 envFrom []EnvFromSource listType=atomic: Sources whose every key becomes a variable of the environment. A key of a later source, and whatever env says, comes before. Cannot be changed.
  7 env []EnvVar listType=map listMapKey=name patchStrategy=merge patchMergeKey=name: Variables of the environment. Cannot be changed.
  8 resources ResourceRequirements: Resources that the container needs and may use.
  23 resizePolicy []ContainerResizePolicy listType=atomic: What a change of resources means for the running container.
  24 restartPolicy *ContainerRestartPolicy: Always, for an init container that goes on running beside the others (a sidecar).
  9 volumeMounts []VolumeMount listType=map listMapKey=mountPath patchStrategy=merge patchMergeKey=mountPath: Where volumes of the pod are mounted. Cannot be changed.
  21 volumeDevices []VolumeDevice listType=map listMapKey=devicePath patchStrategy=merge patchMergeKey=devicePath: Block devices that the container uses.
  10 livenessProbe *Probe: Asked again and again whether the container is alive; it is started anew when the probe fails.
  11 readinessProbe *Probe: Asked again and again whether the container can serve; while the probe fails, no service sends it anything.
  22 startupProbe *Probe: Asked until it passes for the first time; before that, no other probe runs. When it fails, the container is started anew.
  12 lifecycle *Lifecycle: What the system does when the container starts and before it ends.
  13 terminationMessagePath string: The file that the container's last words are read from. /dev/termination-log by default.
  20 terminationMessagePolicy TerminationMessagePolicy: How the last words are found: in that File, or in the log as well, FallbackToLogsOnError.
  14 imagePullPolicy PullPolicy: When the image is pulled. Always for the tag latest, IfNotPresent otherwise.
  15 securityContext *SecurityContext: Security settings of the container; they come before those of the pod.
  16 stdin bool: Whether the container has a standard input. Without, reading from it ends at once.
  17 stdinOnce bool: Whether standard input is closed when the first client that attached to it leaves.
  18 tty bool: Whether the container has a terminal; needs stdin.

ContainerPort: A port of a container.
  1 name string: A name for the port, unique in the pod, that services can refer to.
  2 hostPort int32: The port of the node that leads here. Most containers need none.
  3 containerPort int32 required: The number of the port, from 1 to 65535.
  4 protocol Protocol default="TCP": The protocol of the port. TCP by default.
  5 hostIP string: The address of the node that the host port is bound to.

Protocol = string (TCP | UDP | SCTP)

EnvFromSource: A source of variables.
  1 prefix string: Is put before every key.
  2 configMapRef *ConfigMapEnvSource: The ConfigMap.
  3 secretRef *SecretEnvSource: The Secret.

ConfigMapEnvSource
  1 inline LocalObjectReference
  2 optional *bool: Whether the ConfigMap may be missing.

SecretEnvSource
  1 inline LocalObjectReference
  2 optional *bool: Whether the Secret may be missing.

EnvVar: A variable of the environment.
  1 name string required: Name of the variable.
  2 value string: Its value. $(NAME) stands for a variable that was defined before. Empty by default.
  3 valueFrom *EnvVarSource: Where the value comes from. Not together with a value.

EnvVarSource: Where the value of a variable comes from.
  1 fieldRef *ObjectFieldSelector: A field of the pod.
  2 resourceFieldRef *ResourceFieldSelector: A resource of a container.
  3 configMapKeyRef *ConfigMapKeySelector: A key of a ConfigMap.
  4 secretKeyRef *SecretKeySelector: A key of a Secret.

ObjectFieldSelector structType=atomic
  1 apiVersion string: Version of the schema that the path is of. v1 by default.
  2 fieldPath string required: Path of the field.

ResourceFieldSelector structType=atomic
  1 containerName string: The container; needed for volumes, optional for variables.
  2 resource string required: Which resource, such as limits.cpu.
  3 divisor Quantity: The unit of the value. 1 by default.

ConfigMapKeySelector structType=atomic: A key of a ConfigMap.
  1 inline LocalObjectReference
  2 key string required: The key.
  3 optional *bool: Whether the ConfigMap or the key may be missing.

SecretKeySelector structType=atomic: A key of a Secret.
  1 inline LocalObjectReference
  2 key string required: The key.
  3 optional *bool: Whether the Secret or the key may be missing.

ResourceRequirements: Resources that are needed, and resources that may be used.
  1 limits ResourceList: The most that may be used.
  2 requests ResourceList: The least that is needed; the limits where it is not given.
  3 claims []ResourceClaim listType=map listMapKey=name: Names of claims of the pod that the container uses.

ResourceClaim
  1 name string required
  2 request string

ContainerResizePolicy
  1 resourceName ResourceName required
  2 restartPolicy ResourceResizeRestartPolicy required

ResourceResizeRestartPolicy = string
ContainerRestartPolicy = string

VolumeMount: A volume at a path of a container.
  1 name string required: Name of the volume.
  2 readOnly bool: Whether the volume can only be read. False by default.
  7 recursiveReadOnly *RecursiveReadOnlyMode: Whether mounts within it can only be read as well.
  3 mountPath string required: Where in the container it is mounted.
  4 subPath string: The path within the volume that is mounted. Its root by default.
  5 mountPropagation *MountPropagationMode: How mounts travel between the node and the container.
  6 subPathExpr string: Like subPath, with $(NAME) for variables of the environment.

RecursiveReadOnlyMode = string
MountPropagationMode = string (None | HostToContainer | Bidirectional)

VolumeDevice
  1 name string required
  2 devicePath string required

Probe: A check of a container's health.
  1 inline ProbeHandler
  2 initialDelaySeconds int32: How many seconds after the start of the container the probe begins.
  3 timeoutSeconds int32: How many seconds an answer may take. 1 by default.
  4 periodSeconds int32: How many seconds are between two probes. 10 by default.
  5 successThreshold int32: How many probes must pass in a row after one has failed. 1 by default, and always 1 for liveness and startup.
  6 failureThreshold int32: How many probes must fail in a row after one has passed. 3 by default.
  7 terminationGracePeriodSeconds *int64: How many seconds the container has to end when the probe fails.

ProbeHandler
  1 exec *ExecAction: Runs a command in the container; it passes with exit code 0.
  2 httpGet *HTTPGetAction: Sends an HTTP request; it passes with a code from 200 to 399.
  3 tcpSocket *TCPSocketAction: Opens a TCP connection.
  4 grpc *GRPCAction: Calls a gRPC health service.

ExecAction
  1 command []string listType=atomic: The program and its arguments. It runs in the root directory, and not in a shell.

HTTPGetAction: An HTTP request.
  1 path string: Path of the request.
  2 port IntOrString required: Number or name of the port.
  3 host string: The host to connect to; the address of the pod by default.
  4 scheme URIScheme: HTTP, the default, or HTTPS.
  5 httpHeaders []HTTPHeader listType=atomic: Headers of the request. A header may be repeated.

URIScheme = string (HTTP | HTTPS)

HTTPHeader
  1 name string required: Name of the header.
  2 value string required: Its value.

TCPSocketAction
  1 port IntOrString required: Number or name of the port.
  2 host string: The host to connect to; the address of the pod by default.

GRPCAction
  1 port int32 required: Number of the port.
  2 service *string always default="": Name of the service that is asked about.

Lifecycle: What the system does at moments of a container's life.
  1 postStart *LifecycleHandler: Done right after the container was created. When it fails, the container is ended.
  2 preStop *LifecycleHandler: Done before the container is ended. It counts against the grace period.
  3 stopSignal *Signal: The signal that ends the container.

LifecycleHandler
  1 exec *ExecAction: Runs a command in the container.
  2 httpGet *HTTPGetAction: Sends an HTTP request.
  3 tcpSocket *TCPSocketAction: Deprecated, and does nothing.
  4 sleep *SleepAction: Waits.

SleepAction
  1 seconds int64 required: How many seconds.

Signal = string (SIGABRT | SIGALRM | SIGBUS | SIGCHLD | SIGCLD | SIGCONT | SIGFPE | SIGHUP | SIGILL | SIGINT | SIGIO | SIGIOT | SIGKILL | SIGPIPE | SIGPOLL | SIGPROF | SIGPWR | SIGQUIT | SIGSEGV | SIGSTKFLT | SIGSTOP | SIGSYS | SIGTERM | SIGTRAP | SIGTSTP | SIGTTIN | SIGTTOU | SIGURG | SIGUSR1 | SIGUSR2 | SIGVTALRM | SIGWINCH | SIGXCPU | SIGXFSZ | SIGRTMIN | SIGRTMIN+1 | SIGRTMIN+2 | SIGRTMIN+3 | SIGRTMIN+4 | SIGRTMIN+5 | SIGRTMIN+6 | SIGRTMIN+7 | SIGRTMIN+8 | SIGRTMIN+9 | SIGRTMIN+10 | SIGRTMIN+11 | SIGRTMIN+12 | SIGRTMIN+13 | SIGRTMIN+14 | SIGRTMIN+15 | SIGRTMAX-14 | SIGRTMAX-13 | SIGRTMAX-12 | SIGRTMAX-11 | SIGRTMAX-10 | SIGRTMAX-9 | SIGRTMAX-8 | SIGRTMAX-7 | SIGRTMAX-6 | SIGRTMAX-5 | SIGRTMAX-4 | SIGRTMAX-3 | SIGRTMAX-2 | SIGRTMAX-1 | SIGRTMAX)
TerminationMessagePolicy = string (File | FallbackToLogsOnError)

EphemeralContainer: A container that was added to a running pod, to look at it. It is never started anew, and has no guarantee of resources.
  1 inline EphemeralContainerCommon
  2 targetContainerName string: The container whose processes it sees. Without, those of the pod as its spec says.

EphemeralContainerCommon
  1 name string required: Name of the container, unique among all containers of the pod.
  2 image string: Name of the image.
  3 command []string listType=atomic: The program and its first arguments.
  4 args []string listType=atomic: Arguments of the program.
  5 workingDir string: The directory that the program starts in.
  6 ports []ContainerPort listType=map listMapKey=containerPort,protocol patchStrategy=merge patchMergeKey=containerPort
  19 envFrom []EnvFromSource listType=atomic
  7 env []EnvVar listType=map listMapKey=name patchStrategy=merge patchMergeKey=name: Variables of the environment.
  8 resources ResourceRequirements
  23 resizePolicy []ContainerResizePolicy listType=atomic
  24 restartPolicy *ContainerRestartPolicy
  9 volumeMounts []VolumeMount listType=map listMapKey=mountPath patchStrategy=merge patchMergeKey=mountPath: Where volumes of the pod are mounted. Subpaths are not allowed.
  21 volumeDevices []VolumeDevice listType=map listMapKey=devicePath patchStrategy=merge patchMergeKey=devicePath
  10 livenessProbe *Probe
  11 readinessProbe *Probe
  22 startupProbe *Probe
  12 lifecycle *Lifecycle
  13 terminationMessagePath string
  20 terminationMessagePolicy TerminationMessagePolicy
  14 imagePullPolicy PullPolicy
  15 securityContext *SecurityContext
  16 stdin bool: Whether the container has a standard input.
  17 stdinOnce bool
  18 tty bool: Whether the container has a terminal.
`,
};
