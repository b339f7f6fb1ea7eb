/** Where a pod, or one of its subresources, is in the API; the query as Go's Values.Encode orders it. */
export function podPath(
  at: { readonly namespace: string; readonly pod: string },
  subresource: '' | 'log' | 'exec' | 'attach' | 'portforward' = '',
  query: readonly (readonly [name: string, value: string | number | boolean | undefined])[] = [],
): string {
  const path = `/api/v1/namespaces/${encodeURIComponent(at.namespace)}/pods/${encodeURIComponent(at.pod)}`;
  const search = new URLSearchParams();
  for (const [name, value] of query) {
    // Go leaves out what has its zero value.
    if (value !== undefined && value !== false && value !== '') search.append(name, String(value));
  }
  search.sort();
  return `${path}${subresource === '' ? '' : `/${subresource}`}${search.size === 0 ? '' : `?${search}`}`;
}
