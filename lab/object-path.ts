import type { KubeObject } from '../api/objects';
import { apiVersionOf } from '../apiserver/registry';
import { kinds } from '../apiserver/registry-rows';
import { MidplaneError } from '../error';
import { nearestNames } from '../nearest';

/** Where an object of this kind is posted to. Throws MidplaneError USAGE for a kind that nobody serves. */
export function collectionOf({ apiVersion, kind, metadata }: KubeObject): string {
  const row = kinds.find((it) => it.kind === kind && apiVersionOf(it) === apiVersion);
  if (row === undefined) {
    const sameName = kinds.find((it) => it.kind === kind);
    const near = nearestNames(
      kind,
      kinds.map((it) => it.kind),
    );
    throw new MidplaneError('USAGE', `no kind "${kind}" is served as "${apiVersion}"`, {
      hint:
        sameName === undefined && near.length > 0
          ? `did you mean ${near.map((it) => `"${it}"`).join(' or ')}?`
          : sameName === undefined
            ? 'midplane apiserver --help; kubectl api-resources lists those that are served'
            : `${kind} is of ${apiVersionOf(sameName)}`,
    });
  }
  const root = row.group === '' ? '/api/v1' : `/apis/${row.group}/${row.version}`;
  const namespace = row.namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
  return `${root}${namespace}/${row.resource}`;
}
