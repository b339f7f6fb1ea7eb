import { type Fields, isFields, itemsOf } from '../../api/fields';

/** The defaults of volumes. Source: pkg/apis/core/v1/defaults.go. */
export function defaultVolume(volume: Fields): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume['emptyDir'] = {};
  for (const source of ['configMap', 'downwardAPI', 'projected', 'secret']) {
    const files = volume[source];
    if (isFields(files)) files['defaultMode'] ??= 0o644;
  }
  const { downwardAPI, hostPath, projected } = volume;
  if (isFields(downwardAPI)) defaultFieldRefs(downwardAPI);
  if (isFields(hostPath)) hostPath['type'] ??= '';
  for (const source of itemsOf(isFields(projected) ? projected['sources'] : undefined)) {
    const { downwardAPI: files, serviceAccountToken: token } = source;
    if (isFields(files)) defaultFieldRefs(files);
    if (isFields(token)) token['expirationSeconds'] ??= 3600;
  }
}

function defaultFieldRefs(files: Fields): void {
  for (const { fieldRef } of itemsOf(files['items'])) {
    if (isFields(fieldRef)) fieldRef['apiVersion'] ||= 'v1';
  }
}
