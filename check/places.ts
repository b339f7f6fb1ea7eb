import type { ClosingOutcome, PathPlace } from '../report/given-outcome';
import type { Cell, FilePlace } from '../report/outcome';
import { isClientPath } from '../scenarios/vocabulary';
import type { Closing } from './closings';
import { pathsToClose } from './compare-closing';
import type { CheckPlan } from './plan-check';

/** Whose settings they are. */
export type SettingHome = 'kube-apiserver' | 'kubelet' | 'kubeconfig';

type GivenPlaces = Pick<CheckPlan, 'settings' | 'homes'>;

/** Where a setting stands that leaves open what this one closes; else where it would be added. Null: in no file that was given. */
export function placeOf(
  { home, instead }: Pick<Closing, 'home' | 'instead'>,
  { settings, homes }: GivenPlaces,
): FilePlace | null {
  const open = settings.findLast(
    ({ component, name, value, at }) =>
      component === home && at !== null && instead.some(([its, open]) => its === name && open === value),
  );
  return open?.at ?? homes[home];
}

/** For each path that is open or fails the place of what closes it; else where whoever dials, or the kubelet, is set up. Pure. */
export function pathPlaces(
  cells: readonly Cell[],
  closings: readonly ClosingOutcome[],
  { homes }: Pick<CheckPlan, 'homes'>,
): PathPlace[] {
  return pathsToClose(cells).map((path) => {
    const closing =
      closings.find(({ closes, mends }) => [...closes, ...mends].includes(path)) ??
      closings.find(({ lessens }) => lessens.some((it) => it.path === path));
    const dialler = isClientPath(path) ? homes.kubeconfig : homes['kube-apiserver'];
    return { path, closing: closing?.id ?? null, at: closing?.at ?? dialler ?? homes.kubelet };
  });
}
