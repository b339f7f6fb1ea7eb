import { MidplaneError } from '../../error';
import { nearestNames } from '../../nearest';

/**
 * The admission plugins of this apiserver, in the order in which they are asked; flags choose among them and cannot
 * change the order. Source: pkg/kubeapiserver/options/plugins.go (AllOrderedPlugins, DefaultOffAdmissionPlugins).
 */
export const admissionPlugins = [
  { name: 'NamespaceLifecycle', isDefault: true },
  { name: 'ServiceAccount', isDefault: true },
  // kubeadm enables it.
  { name: 'NodeRestriction', isDefault: false },
  { name: 'Priority', isDefault: true },
  { name: 'DefaultTolerationSeconds', isDefault: true },
  { name: 'CertificateApproval', isDefault: true },
  { name: 'CertificateSigning', isDefault: true },
  { name: 'CertificateSubjectRestriction', isDefault: true },
  { name: 'DenyServiceExternalIPs', isDefault: false },
] as const;

export type AdmissionPlugin = (typeof admissionPlugins)[number]['name'];

const defaultAdmissionPlugins: ReadonlySet<AdmissionPlugin> = new Set(
  admissionPlugins.filter(({ isDefault }) => isDefault).map(({ name }) => name),
);

/** Where nobody chose: without ServiceAccount, which needs somebody to make accounts. */
const unchosen: ReadonlySet<AdmissionPlugin> = new Set(
  [...defaultAdmissionPlugins].filter((name) => name !== 'ServiceAccount'),
);

export function isAdmissionOn(
  { admission }: { readonly admission?: ReadonlySet<AdmissionPlugin> },
  plugin: AdmissionPlugin,
): boolean {
  return (admission ?? unchosen).has(plugin);
}

/** Throws MidplaneError USAGE for a name nobody knows, and for one that is both enabled and disabled. */
export function chooseAdmissionPlugins(
  enabled: readonly string[],
  disabled: readonly string[],
): ReadonlySet<AdmissionPlugin> {
  check(enabled, 'enable-admission-plugins');
  check(disabled, 'disable-admission-plugins');
  const both = enabled.filter((name) => disabled.includes(name));
  if (both.length > 0) {
    throw new MidplaneError(
      'USAGE',
      `[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`,
      { hint: 'name each plugin in one of the two flags' },
    );
  }
  return new Set(
    admissionPlugins
      .filter(({ name, isDefault }) => (isDefault || enabled.includes(name)) && !disabled.includes(name))
      .map(({ name }) => name),
  );
}

function check(names: readonly string[], flag: string): void {
  const known = admissionPlugins.map(({ name }) => name);
  const unknown = names.find((name) => !known.some((each) => each === name));
  if (unknown === undefined) return;
  const [near] = nearestNames(unknown, known);
  throw new MidplaneError('USAGE', `${flag} plugin ${JSON.stringify(unknown)} is unknown`, {
    hint: near === undefined ? `the plugins of this lab are ${known.join(', ')}` : `did you mean ${near}?`,
  });
}
