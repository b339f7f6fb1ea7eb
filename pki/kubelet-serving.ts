import type { Randomness } from '../randomness';
import type { KeyPair } from '../wire/pem';
import { createAuthority } from './authority';
import { altNamesOf } from './certificate-template';
import type { KeyAlgorithm } from './key-algorithm';
import { leafLifetimeMs } from './validity';

const hourMs = 60 * 60 * 1000;

/**
 * The pair that a kubelet makes for itself when it is given none (kubelet.crt and kubelet.key in --cert-dir): a leaf for
 * its hostname and nothing else, signed by an authority that is thrown away at once and sent along. It has no address
 * among its names, so whoever verifies and dials an address refuses it even if told to trust it.
 *
 * Follows GenerateSelfSignedCertKey in client-go's util/cert: names with the time of day in seconds, valid for a year from
 * an hour ago. Upstream draws RSA 2048; the default here is ec-p256, which starts the lab sooner and changes no verdict.
 */
export async function selfSignedKubeletServing(
  hostname: string,
  options: {
    readonly now?: Date | undefined;
    readonly algorithm?: KeyAlgorithm | undefined;
    readonly random?: Randomness | undefined;
  } = {},
): Promise<KeyPair> {
  const { now = new Date(), algorithm = 'ec-p256' } = options;
  const unixTime = Math.floor(now.getTime() / 1000);
  const notBefore = new Date(now.getTime() - hourMs);
  const validity = { notBefore, notAfter: new Date(notBefore.getTime() + leafLifetimeMs) };
  const authority = await createAuthority({
    commonName: `${hostname}-ca@${unixTime}`,
    algorithm,
    random: options.random,
    ...validity,
  });
  const leaf = await authority.issue({
    commonName: `${hostname}@${unixTime}`,
    ...altNamesOf(hostname),
    usages: ['serverAuth'],
    ...validity,
  });
  return { certPem: leaf.certPem + authority.certPem, keyPem: leaf.keyPem };
}
