import { type Twin, twins } from '../report/scenario-outcome';
import { parseId } from './ids';

/** `--twin`; without it both. */
export function twinsOf({ twin }: { readonly twin?: string }): readonly Twin[] {
  return twin === undefined ? twins : [parseId('twin', twin, twins)];
}
