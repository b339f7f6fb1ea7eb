/**
 * Aborted when so long has passed, or as soon as one of the others is. The one place for AbortSignal.timeout: inside
 * AbortSignal.any nothing holds on to it, and Node 20 collects it as garbage before it comes (nodejs/node#57736).
 */
export function timeLimit(ms: number, ...others: readonly AbortSignal[]): AbortSignal {
  const limit = AbortSignal.timeout(ms);
  // Node keeps a timeout that somebody listens to.
  limit.addEventListener('abort', () => undefined, { once: true });
  return others.length === 0 ? limit : AbortSignal.any([...others, limit]);
}
