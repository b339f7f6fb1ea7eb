import type { RequestInfo } from './request-info';

/** Requests that are not expected to end soon. Source: cmd/kube-apiserver/app/server.go (BasicLongRunningRequestCheck). */
export function isLongRunning({ isResourceRequest, verb, subresource }: RequestInfo): boolean {
  if (!isResourceRequest) return false;
  return verb === 'watch' || verb === 'proxy' || /^(attach|exec|proxy|log|portforward)$/.test(subresource);
}
