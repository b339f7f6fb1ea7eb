import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const coreSecurityTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
SecurityContext
  1 capabilities *Capabilities
  2 privileged *bool
  3 seLinuxOptions *SELinuxOptions
  10 windowsOptions *WindowsSecurityContextOptions
  4 runAsUser *int64
  8 runAsGroup *int64
  5 runAsNonRoot *bool
  6 readOnlyRootFilesystem *bool
  7 allowPrivilegeEscalation *bool
  9 procMount *ProcMountType
  11 seccompProfile *SeccompProfile
  12 appArmorProfile *AppArmorProfile

Capabilities
  1 add []Capability listType=atomic
  2 drop []Capability listType=atomic

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

PodSecurityContext
  1 seLinuxOptions *SELinuxOptions
  8 windowsOptions *WindowsSecurityContextOptions
  2 runAsUser *int64
  6 runAsGroup *int64
  3 runAsNonRoot *bool
  4 supplementalGroups []int64 listType=atomic
  12 supplementalGroupsPolicy *SupplementalGroupsPolicy
  5 fsGroup *int64
  7 sysctls []Sysctl listType=atomic
  9 fsGroupChangePolicy *PodFSGroupChangePolicy
  10 seccompProfile *SeccompProfile
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
