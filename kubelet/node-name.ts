import { subdomainFault } from '../api/subdomain';
import { MidplaneError } from '../error';

/**
 * The name a kubelet registers its Node by: the override or the machine's own, without blanks around it and in lower
 * case (k8s.io/component-helpers/node/util GetHostname). Upstream leaves it to the apiserver to refuse the rest; here it
 * is refused before anything starts. Throws MidplaneError USAGE.
 */
export function nodeNameOf(override: string, hostname: string): string {
  const given = override === '' ? hostname : override;
  const name = given.trim().toLowerCase();
  const fault = subdomainFault(name);
  if (fault === null) return name;
  const what = override === '' ? `hostname "${given}" of this machine` : `--hostname-override "${given}"`;
  throw new MidplaneError('USAGE', `${what} cannot be the name of a node: ${fault}`, {
    hint: 'for example --hostname-override=node-1',
  });
}
