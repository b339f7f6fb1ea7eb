/**
 * How long certificates are valid. They begin five minutes ago unless told otherwise, as those of the
 * kube-controller-manager's signer do, so that a machine whose clock is a little behind believes them at once.
 */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export const backdateMs = 5 * 60 * 1000;
export const dayMs = 24 * 60 * 60 * 1000;
/** kubeadm's default for everything that is not an authority. */
export const leafLifetimeMs = 365 * dayMs;
/** kubeadm's default for authorities. */
export const authorityLifetimeMs = 10 * 365 * dayMs;

/**
 * Fills in the ends that the caller left open. Only an end in the past given: the certificate began a lifetime before
 * it, so that it was valid once. Nothing is cut to the authority's own dates: Go judges each certificate by itself.
 */
export function validityOf(
  asked: { readonly notBefore?: Date | undefined; readonly notAfter?: Date | undefined },
  lifetimeMs: number,
  now: Date,
): Validity {
  const begin = new Date(now.getTime() - backdateMs);
  if (asked.notAfter === undefined) {
    const notBefore = asked.notBefore ?? begin;
    return { notBefore, notAfter: new Date((asked.notBefore ?? now).getTime() + lifetimeMs) };
  }
  const { notAfter } = asked;
  if (asked.notBefore !== undefined) return { notBefore: asked.notBefore, notAfter };
  return { notBefore: notAfter > begin ? begin : new Date(notAfter.getTime() - lifetimeMs), notAfter };
}
