import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const coreSecurityTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
SecurityContext: Security settings of a container.
  1 capabilities *Capabilities: Capabilities that are added and dropped.
  2 privileged *bool: Whether the container may do whatever root on the node may. False by default.
  3 seLinuxOptions *SELinuxOptions: The SELinux context.
  10 windowsOptions *WindowsSecurityContextOptions: Settings for Windows.
  4 runAsUser *int64: The user that the program runs as; the image's when it is not given.
  8 runAsGroup *int64: The group that the program runs as.
  5 runAsNonRoot *bool: Whether the container must not run as root.
  6 readOnlyRootFilesystem *bool: Whether the root file system can only be read. False by default.
  7 allowPrivilegeEscalation *bool: Whether a process can gain more rights than its parent.
  9 procMount *ProcMountType: How /proc is mounted.
  11 seccompProfile *SeccompProfile: Which system calls are allowed.
  12 appArmorProfile *AppArmorProfile: The AppArmor profile.

Capabilities
  1 add []Capability listType=atomic: Capabilities that are added.
  2 drop []Capability listType=atomic: Capabilities that are dropped.

Capability = string

SELinuxOptions
  1 user string
  2 role string
  3 type string
  4 level string

WindowsSecurityContextOptions
  1 gmsaCredentialSpecName *string
  2 gmsaCredentialSpec *string
  3 runAsUserName *string
  4 hostProcess *bool

ProcMountType = string (Default | Unmasked)

SeccompProfile
  1 type SeccompProfileType required
  2 localhostProfile *string

SeccompProfileType = string (Unconfined | RuntimeDefault | Localhost)

AppArmorProfile
  1 type AppArmorProfileType required
  2 localhostProfile *string

AppArmorProfileType = string (Unconfined | RuntimeDefault | Localhost)

PodSecurityContext: Security settings of a pod, and defaults for its containers.
  1 seLinuxOptions *SELinuxOptions
  8 windowsOptions *WindowsSecurityContextOptions
  2 runAsUser *int64: The user that programs run as.
  6 runAsGroup *int64: The group that programs run as.
  3 runAsNonRoot *bool: Whether containers must not run as root.
  4 supplementalGroups []int64 listType=atomic: Further groups of the first process of each container.
  12 supplementalGroupsPolicy *SupplementalGroupsPolicy
  5 fsGroup *int64: The group that volumes belong to.
  7 sysctls []Sysctl listType=atomic: Kernel settings of the pod.
  9 fsGroupChangePolicy *PodFSGroupChangePolicy: When the owner of a volume's files is changed.
  10 seccompProfile *SeccompProfile: Which system calls are allowed.
  11 appArmorProfile *AppArmorProfile
  13 seLinuxChangePolicy *PodSELinuxChangePolicy

SupplementalGroupsPolicy = string (Merge | Strict)

Sysctl
  1 name string required
  2 value string required

PodFSGroupChangePolicy = string (OnRootMismatch | Always)
PodSELinuxChangePolicy = string
`,
};
