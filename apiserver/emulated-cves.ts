import { nearestNames } from '../nearest';
import { usage } from '../pflag';

/**
 * Bugs of old releases that this apiserver can be given back, for teaching: each is what the code did before its fix, at
 * the place where the fix is. None is on unless --midplane-emulate-cve names it.
 */
export const emulatedCves = [
  {
    id: 'CVE-2018-1002105',
    what: 'an upgrade that the backend refused leaves the client joined to it, behind the apiserver’s own certificate',
    fixedIn: '1.10.11, 1.11.5, 1.12.3',
  },
  {
    id: 'CVE-2018-1002102',
    what: 'a redirect by a kubelet is followed anywhere, with the apiserver’s own certificate',
    fixedIn: '1.14.0',
  },
  {
    id: 'CVE-2020-8559',
    what: 'a redirect that answers an upgrade is handed to the client, which follows it with its credentials',
    fixedIn: '1.16.13, 1.17.9, 1.18.6',
  },
  {
    id: 'CVE-2022-3294',
    what: 'the address of a node is not looked at when its kubelet is proxied to',
    fixedIn: '1.22.16, 1.23.14, 1.24.8, 1.25.4',
  },
] as const;

export type EmulatedCve = (typeof emulatedCves)[number]['id'];
export type EmulatedCves = ReadonlySet<EmulatedCve>;

export const EMULATE_FLAG = 'midplane-emulate-cve';

/** Throws MidplaneError USAGE for one that is not emulated, with those that are. */
export function chooseEmulatedCves(words: readonly string[]): EmulatedCves {
  const known = emulatedCves.map(({ id }) => id);
  return new Set(
    words.map((word) => {
      const found = known.find((id) => id === word.toUpperCase());
      if (found !== undefined) return found;
      const [near] = nearestNames(word, known);
      const all = `known: ${known.join(', ')}`;
      throw usage(
        `${JSON.stringify(word)} is no CVE that is emulated here`,
        near === undefined ? all : `did you mean ${near}? ${all}`,
      );
    }),
  );
}

/** What whoever starts such an apiserver is told, a line each; empty for one without such bugs. */
export function emulationWarnings(emulated: EmulatedCves): string[] {
  return emulatedCves
    .filter(({ id }) => emulated.has(id))
    .map(({ id, what, fixedIn }) => `WARNING: this apiserver has ${id} again: ${what} (fixed in ${fixedIn})`);
}
