import { methodNotAllowed, notFound } from '../api/failures';
import type { KubeNode, KubeObject, Pod } from '../api/objects';
import { type Answered, type ApiRequest, sendFailure } from './api-request';
import { matchesSelection, parseSelection } from './list-options';
import { nodeMetrics, podMetrics } from './metrics-api';
import type { MetricsScraper } from './metrics-api-scraper';
import { kindOf, type ResourceKind } from './registry';
import { sendList, sendObject } from './send-body';
import type { Storage } from './storage';

/** GET of metrics.k8s.io: what a cluster has from an aggregated metrics server. */
export async function serveMetricsApi(
  api: ApiRequest,
  kind: ResourceKind,
  { storage, metrics }: { readonly storage: Storage; readonly metrics: MetricsScraper },
): Promise<Answered> {
  const { info, response } = api;
  const named = info.parts.length > 1;
  if (!(info.verb === 'list' && !named) && !(info.verb === 'get' && named)) {
    return sendFailure(response, methodNotAllowed());
  }
  const selection = parseSelection(kind, api.query);
  if ('kind' in selection) return sendFailure(response, selection);
  const histories = await metrics.histories();
  const computed = (object: KubeObject): KubeObject | null => {
    if (!kind.namespaced) return nodeMetrics(object as KubeNode, histories.get(object.metadata.name));
    const pod = object as Pod;
    return podMetrics(pod, histories.get(pod.spec.nodeName ?? ''));
  };
  const measured = kindOf(kind.resource);
  if (named) {
    const object = storage.get(measured, kind.namespaced ? info.namespace : '', info.name);
    const found = object === null ? null : computed(object);
    // metrics-server names what it did not find by its own kind: nodemetrics.metrics.k8s.io "x" not found.
    const about = { group: kind.group, resource: kind.kind.toLowerCase() };
    return sendObject(api, kind, 200, found ?? notFound(about, info.name));
  }
  const items = storage
    .list(measured, kind.namespaced ? info.namespace : '')
    .filter((it) => matchesSelection(kind, selection, it))
    .flatMap((it) => computed(it) ?? []);
  return sendList(api, kind, items, { resourceVersion: '' });
}
