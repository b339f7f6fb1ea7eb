import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const coreVolumeTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
Volume
  1 name string required
  2 inline VolumeSource

VolumeSource
  1 hostPath *HostPathVolumeSource
  2 emptyDir *EmptyDirVolumeSource
  3 gcePersistentDisk *GCEPersistentDiskVolumeSource
  4 awsElasticBlockStore *AWSElasticBlockStoreVolumeSource
  5 gitRepo *GitRepoVolumeSource
  6 secret *SecretVolumeSource
  7 nfs *NFSVolumeSource
  8 iscsi *ISCSIVolumeSource
  9 glusterfs *GlusterfsVolumeSource
  10 persistentVolumeClaim *PersistentVolumeClaimVolumeSource
  11 rbd *RBDVolumeSource
  12 flexVolume *FlexVolumeSource
  13 cinder *CinderVolumeSource
  14 cephfs *CephFSVolumeSource
  15 flocker *FlockerVolumeSource
  16 downwardAPI *DownwardAPIVolumeSource
  17 fc *FCVolumeSource
  18 azureFile *AzureFileVolumeSource
  19 configMap *ConfigMapVolumeSource
  20 vsphereVolume *VsphereVirtualDiskVolumeSource
  21 quobyte *QuobyteVolumeSource
  22 azureDisk *AzureDiskVolumeSource
  23 photonPersistentDisk *PhotonPersistentDiskVolumeSource
  26 projected *ProjectedVolumeSource
  24 portworxVolume *PortworxVolumeSource
  25 scaleIO *ScaleIOVolumeSource
  27 storageos *StorageOSVolumeSource
  28 csi *CSIVolumeSource
  29 ephemeral *EphemeralVolumeSource
  30 image *ImageVolumeSource

HostPathVolumeSource
  1 path string required
  2 type *HostPathType

HostPathType = string ( | DirectoryOrCreate | Directory | FileOrCreate | File | Socket | CharDevice | BlockDevice)

EmptyDirVolumeSource
  1 medium StorageMedium
  2 sizeLimit *Quantity

StorageMedium = string

SecretVolumeSource
  1 secretName string
  2 items []KeyToPath listType=atomic
  3 defaultMode *int32
  4 optional *bool

KeyToPath
  1 key string required
  2 path string required
  3 mode *int32

PersistentVolumeClaimVolumeSource
  1 claimName string required
  2 readOnly bool

DownwardAPIVolumeSource
  1 items []DownwardAPIVolumeFile listType=atomic
  2 defaultMode *int32

DownwardAPIVolumeFile
  1 path string required
  2 fieldRef *ObjectFieldSelector
  3 resourceFieldRef *ResourceFieldSelector
  4 mode *int32

ConfigMapVolumeSource
  1 inline LocalObjectReference
  2 items []KeyToPath listType=atomic
  3 defaultMode *int32
  4 optional *bool

ProjectedVolumeSource
  1 sources []VolumeProjection always listType=atomic
  2 defaultMode *int32

VolumeProjection
  1 secret *SecretProjection
  2 downwardAPI *DownwardAPIProjection
  3 configMap *ConfigMapProjection
  4 serviceAccountToken *ServiceAccountTokenProjection
  5 clusterTrustBundle *ClusterTrustBundleProjection

SecretProjection
  1 inline LocalObjectReference
  2 items []KeyToPath listType=atomic
  4 optional *bool

DownwardAPIProjection
  1 items []DownwardAPIVolumeFile listType=atomic

ConfigMapProjection
  1 inline LocalObjectReference
  2 items []KeyToPath listType=atomic
  4 optional *bool

ServiceAccountTokenProjection
  1 audience string
  2 expirationSeconds *int64
  3 path string required

ClusterTrustBundleProjection
  1 name *string
  2 signerName *string
  3 labelSelector *meta.LabelSelector
  5 optional *bool
  4 path string required

CSIVolumeSource
  1 driver string required
  2 readOnly *bool
  3 fsType *string
  4 volumeAttributes map[string]string
  5 nodePublishSecretRef *LocalObjectReference

EphemeralVolumeSource
  1 volumeClaimTemplate *PersistentVolumeClaimTemplate

PersistentVolumeClaimTemplate
  1 metadata meta.ObjectMeta
  2 spec PersistentVolumeClaimSpec required

PersistentVolumeClaimSpec
  1 accessModes []PersistentVolumeAccessMode listType=atomic
  4 selector *meta.LabelSelector
  2 resources VolumeResourceRequirements
  3 volumeName string
  5 storageClassName *string
  6 volumeMode *PersistentVolumeMode
  7 dataSource *TypedLocalObjectReference
  8 dataSourceRef *TypedObjectReference
  9 volumeAttributesClassName *string

PersistentVolumeAccessMode = string (ReadWriteOnce | ReadOnlyMany | ReadWriteMany | ReadWriteOncePod)

VolumeResourceRequirements
  1 limits ResourceList
  2 requests ResourceList

PersistentVolumeMode = string (Block | Filesystem)

ImageVolumeSource
  1 reference string
  2 pullPolicy PullPolicy
`,
};
