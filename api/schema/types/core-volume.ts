import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const coreVolumeTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
Volume: A volume that any container of the pod can mount.
  1 name string required: Name of the volume, unique in the pod.
  2 inline VolumeSource

VolumeSource
  1 hostPath *HostPathVolumeSource: A file or directory of the node. Few should be allowed to use it.
  2 emptyDir *EmptyDirVolumeSource: A directory that lives as long as the pod.
  3 gcePersistentDisk *GCEPersistentDiskVolumeSource
  4 awsElasticBlockStore *AWSElasticBlockStoreVolumeSource
  5 gitRepo *GitRepoVolumeSource
  6 secret *SecretVolumeSource: The keys of a Secret, as files.
  7 nfs *NFSVolumeSource: A directory that an NFS server exports.
  8 iscsi *ISCSIVolumeSource
  9 glusterfs *GlusterfsVolumeSource
  10 persistentVolumeClaim *PersistentVolumeClaimVolumeSource: A claim of storage in the same namespace.
  11 rbd *RBDVolumeSource
  12 flexVolume *FlexVolumeSource
  13 cinder *CinderVolumeSource
  14 cephfs *CephFSVolumeSource
  15 flocker *FlockerVolumeSource
  16 downwardAPI *DownwardAPIVolumeSource: Facts about the pod, as files.
  17 fc *FCVolumeSource
  18 azureFile *AzureFileVolumeSource
  19 configMap *ConfigMapVolumeSource: The keys of a ConfigMap, as files.
  20 vsphereVolume *VsphereVirtualDiskVolumeSource
  21 quobyte *QuobyteVolumeSource
  22 azureDisk *AzureDiskVolumeSource
  23 photonPersistentDisk *PhotonPersistentDiskVolumeSource
  26 projected *ProjectedVolumeSource: Several sources in one directory: tokens of service accounts, ConfigMaps, Secrets, facts about the pod.
  24 portworxVolume *PortworxVolumeSource
  25 scaleIO *ScaleIOVolumeSource
  27 storageos *StorageOSVolumeSource
  28 csi *CSIVolumeSource: Storage of a CSI driver.
  29 ephemeral *EphemeralVolumeSource: Storage of a driver that lives as long as the pod.
  30 image *ImageVolumeSource: The content of an image.

HostPathVolumeSource
  1 path string required: Path on the node.
  2 type *HostPathType: What must be there, or is made.

HostPathType = string ( | DirectoryOrCreate | Directory | FileOrCreate | File | Socket | CharDevice | BlockDevice)

EmptyDirVolumeSource
  1 medium StorageMedium: Where the directory is: on the node's medium, or in Memory.
  2 sizeLimit *Quantity: How large it may become.

StorageMedium = string

SecretVolumeSource
  1 secretName string: Name of the Secret, in the same namespace.
  2 items []KeyToPath listType=atomic: Which keys, at which paths; all of them by default.
  3 defaultMode *int32: Permissions of the files. 0644 by default.
  4 optional *bool: Whether the Secret or its keys may be missing.

KeyToPath
  1 key string required: The key.
  2 path string required: The path of its file within the volume.
  3 mode *int32: Permissions of the file.

PersistentVolumeClaimVolumeSource
  1 claimName string required: Name of the claim, in the same namespace.
  2 readOnly bool: Whether the volume can only be read.

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
  2 items []KeyToPath listType=atomic: Which keys, at which paths; all of them by default.
  3 defaultMode *int32: Permissions of the files. 0644 by default.
  4 optional *bool: Whether the ConfigMap or its keys may be missing.

ProjectedVolumeSource
  1 sources []VolumeProjection always listType=atomic: What is projected.
  2 defaultMode *int32: Permissions of the files.

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

ServiceAccountTokenProjection: A token of the pod's service account, renewed by the kubelet.
  1 audience string: Whom the token is for; the apiserver by default.
  2 expirationSeconds *int64: How many seconds the token is asked for. An hour by default, ten minutes at least.
  3 path string required: The path of the token's file within the volume.

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
  1 metadata meta.ObjectMeta: Standard metadata of an object.
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
