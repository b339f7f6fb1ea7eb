import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const coreVolumeDriversTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
GCEPersistentDiskVolumeSource
  1 pdName string required
  2 fsType string
  3 partition int32
  4 readOnly bool

AWSElasticBlockStoreVolumeSource
  1 volumeID string required
  2 fsType string
  3 partition int32
  4 readOnly bool

GitRepoVolumeSource
  1 repository string required
  2 revision string
  3 directory string

NFSVolumeSource
  1 server string required
  2 path string required
  3 readOnly bool

ISCSIVolumeSource
  1 targetPortal string required
  2 iqn string required
  3 lun int32 required
  4 iscsiInterface string default="default"
  5 fsType string
  6 readOnly bool
  7 portals []string listType=atomic
  8 chapAuthDiscovery bool
  11 chapAuthSession bool
  10 secretRef *LocalObjectReference
  12 initiatorName *string

GlusterfsVolumeSource
  1 endpoints string required
  2 path string required
  3 readOnly bool

RBDVolumeSource
  1 monitors []string required listType=atomic
  2 image string required
  3 fsType string
  4 pool string default="rbd"
  5 user string default="admin"
  6 keyring string default="/etc/ceph/keyring"
  7 secretRef *LocalObjectReference
  8 readOnly bool

FlexVolumeSource
  1 driver string required
  2 fsType string
  3 secretRef *LocalObjectReference
  4 readOnly bool
  5 options map[string]string

CinderVolumeSource
  1 volumeID string required
  2 fsType string
  3 readOnly bool
  4 secretRef *LocalObjectReference

CephFSVolumeSource
  1 monitors []string required listType=atomic
  2 path string
  3 user string
  4 secretFile string
  5 secretRef *LocalObjectReference
  6 readOnly bool

FlockerVolumeSource
  1 datasetName string
  2 datasetUUID string

FCVolumeSource
  1 targetWWNs []string listType=atomic
  2 lun *int32
  3 fsType string
  4 readOnly bool
  5 wwids []string listType=atomic

AzureFileVolumeSource
  1 secretName string required
  2 shareName string required
  3 readOnly bool

VsphereVirtualDiskVolumeSource
  1 volumePath string required
  2 fsType string
  3 storagePolicyName string
  4 storagePolicyID string

QuobyteVolumeSource
  1 registry string required
  2 volume string required
  3 readOnly bool
  4 user string
  5 group string
  6 tenant string

AzureDiskVolumeSource
  1 diskName string required
  2 diskURI string required
  3 cachingMode *AzureDataDiskCachingMode default="ReadWrite"
  4 fsType *string default="ext4"
  5 readOnly *bool default=false
  6 kind *AzureDataDiskKind default="Shared"

AzureDataDiskCachingMode = string (None | ReadOnly | ReadWrite)
AzureDataDiskKind = string (Shared | Dedicated | Managed)

PhotonPersistentDiskVolumeSource
  1 pdID string required
  2 fsType string

PortworxVolumeSource
  1 volumeID string required
  2 fsType string
  3 readOnly bool

ScaleIOVolumeSource
  1 gateway string required
  2 system string required
  3 secretRef *LocalObjectReference required
  4 sslEnabled bool
  5 protectionDomain string
  6 storagePool string
  7 storageMode string default="ThinProvisioned"
  8 volumeName string
  9 fsType string default="xfs"
  10 readOnly bool

StorageOSVolumeSource
  1 volumeName string
  2 volumeNamespace string
  3 fsType string
  4 readOnly bool
  5 secretRef *LocalObjectReference
`,
};
