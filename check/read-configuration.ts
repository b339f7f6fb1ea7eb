import { CONFIGURATION_FIELDS, type FieldKinds } from '../kubelet/configuration-fields';
import type { GivenField } from './given';
import { type Located, plain } from './located';

/** The leaves of a KubeletConfiguration; what is below an unknown field stays in one piece. */
export function readConfiguration(document: Located): GivenField[] {
  return leaves(document, CONFIGURATION_FIELDS, '').filter(
    ({ name }) => name !== 'apiVersion' && name !== 'kind',
  );
}

function leaves(value: Located, kinds: FieldKinds, path: string): GivenField[] {
  if (value.kind !== 'map') return [];
  return value.entries.flatMap(({ key, at, value: inner }): GivenField[] => {
    const name = `${path}${key}`;
    const kind = Object.hasOwn(kinds, key) ? kinds[key] : undefined;
    if (typeof kind === 'object' && inner.kind === 'map') return leaves(inner, kind, `${name}.`);
    return [{ name, value: plain(inner), at }];
  });
}
