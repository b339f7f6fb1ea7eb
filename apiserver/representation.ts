import type { KubeObject } from '../api/objects';
import type { Conversion, MediaType, MetaVersion } from './negotiate';
import { contentText, metadataText, objectText } from './object-text';
import type { ListMeta } from './read-list';
import { apiVersionOf, type ResourceKind } from './registry';
import { type IncludeObject, renderTable } from './tables/render-table';

/**
 * Objects as the client asked for them: themselves, a Table, or nothing but their metadata. Always JSON text, put
 * together from the texts that are kept of stored objects.
 * Source: k8s.io/apiserver pkg/endpoints/handlers/response.go.
 */
export interface Representation {
  readonly kind: ResourceKind;
  readonly as: Conversion;
  /** For Tables: what travels with each row. */
  readonly includeObject: IncludeObject;
}

/** Without headers a Table leaves its columns to the one that was sent before. */
export function objectBody(
  { kind, as, includeObject }: Representation,
  object: KubeObject,
  now: Date,
  headers = true,
): string {
  switch (as.kind) {
    case 'object':
      return objectText(object);
    case 'table':
      return tableText(kind, [object], as.version, includeObject, metaOf(object), now, headers);
    case 'partial-metadata':
      return partialText(object, as.version);
  }
  return as satisfies never;
}

export function listBody(
  { kind, as, includeObject }: Representation,
  items: readonly KubeObject[],
  metadata: ListMeta,
  now: Date,
): string {
  switch (as.kind) {
    case 'object':
      return listText(`${kind.kind}List`, apiVersionOf(kind), metadata, items.map(contentText));
    case 'table':
      return tableText(kind, items, as.version, includeObject, metadata, now);
    case 'partial-metadata': {
      const texts = items.map((item) => partialText(item, as.version));
      return listText('PartialObjectMetadataList', `meta.k8s.io/${as.version}`, metadata, texts);
    }
  }
  return as satisfies never;
}

/** Two-space indents when a person reads along: `pretty`, or a browser or curl (isPrettyPrint). */
export function wantsPretty(mediaType: MediaType, query: URLSearchParams, userAgent: string): boolean {
  const asked = query.get('pretty');
  if (asked !== null) return asked !== 'false' && asked !== '0';
  return mediaType.pretty || /^(curl|Wget|Mozilla\/5\.0)/.test(userAgent);
}

function listText(kind: string, apiVersion: string, metadata: ListMeta, items: readonly string[]): string {
  return `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[${items.join(',')}]}`;
}

function partialText(object: KubeObject, version: MetaVersion): string {
  return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":${metadataText(object)}}`;
}

function metaOf(object: KubeObject): ListMeta {
  return { resourceVersion: object.metadata.resourceVersion ?? '' };
}

/** The rows are rendered without their objects, whose texts are at hand. */
function tableText(
  kind: ResourceKind,
  objects: readonly KubeObject[],
  version: MetaVersion,
  includeObject: IncludeObject,
  metadata: ListMeta,
  now: Date,
  headers = true,
): string {
  const { resourceVersion } = metadata;
  const rendered = renderTable(kind, objects, { resourceVersion, includeObject: 'None', now });
  const { rows, ...head } = rendered as { readonly rows: readonly object[] };
  const texts = rows.map((row, index) => {
    const object = objects[index] as KubeObject;
    const text = JSON.stringify(row);
    switch (includeObject) {
      case 'None':
        return text.replace(/}$/, ',"object":null}');
      case 'Object':
        return `${text.slice(0, -1)},"object":${objectText(object)}}`;
      case 'Metadata':
        return `${text.slice(0, -1)},"object":${partialText(object, version)}}`;
    }
    return includeObject satisfies never;
  });
  const top = JSON.stringify({
    ...head,
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    ...(headers ? {} : { columnDefinitions: null }),
  });
  return `${top.slice(0, -1)},"rows":[${texts.join(',')}]}`;
}
