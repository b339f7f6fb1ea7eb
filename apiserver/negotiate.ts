import { type Failure, notAcceptable } from '../api/failures';

/**
 * What the client wants to be answered with, from its Accept header.
 * Source: k8s.io/apiserver pkg/endpoints/handlers/negotiation/negotiate.go, munnerz/goautoneg, and
 * RequestScope.AllowsMediaTypeTransform in pkg/endpoints/handlers/rest.go. Protobuf is read here, never written.
 */
export interface MediaType {
  readonly kind: 'media-type';
  readonly format: 'json' | 'yaml';
  readonly as: Conversion;
  readonly pretty: boolean;
}

export type MetaVersion = 'v1' | 'v1beta1';

export type Conversion =
  | { readonly kind: 'object' }
  | { readonly kind: 'table'; readonly version: MetaVersion }
  | { readonly kind: 'partial-metadata'; readonly version: MetaVersion };

const formats = ['json', 'yaml'] as const;
const mediaTypes = ['application/json', 'application/yaml'];

/** `object` for answers that are nothing but themselves, such as a Status; `resource` for what has a Table. */
export function negotiate(accept: string, scope: 'object' | 'resource'): MediaType | Failure {
  return select(accept, scope) ?? notAcceptable(mediaTypes);
}

/** A watch writes one document after another, which YAML cannot. */
export function negotiateStream(accept: string): MediaType | Failure {
  const selected = select(accept, 'resource');
  if (selected === null || selected.format !== 'json')
    return notAcceptable(['application/json;stream=watch']);
  return selected;
}

function select(accept: string, scope: 'object' | 'resource'): MediaType | null {
  if (accept.trim() === '')
    return { kind: 'media-type', format: 'json', as: { kind: 'object' }, pretty: false };
  for (const clause of parseAccept(accept)) {
    for (const format of formats) {
      if (!fits(clause, format)) continue;
      const as = conversionOf(clause.parameters, scope);
      if (as === null) continue;
      return { kind: 'media-type', format, as, pretty: clause.parameters.get('pretty') === '1' };
    }
  }
  return null;
}

interface Clause {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The clauses, best first: by quality, then the more specific one, then as they were written. */
function parseAccept(accept: string): Clause[] {
  const clauses = accept.split(',').flatMap((text): Clause[] => {
    const [range = '', ...rest] = text.split(';').map((part) => part.trim());
    const [type = '', subtype = ''] = range.toLowerCase().split('/');
    if (type === '' || (subtype === '' && type !== '*')) return [];
    const parameters = new Map<string, string>();
    for (const parameter of rest) {
      const [name = '', value = ''] = parameter.split('=');
      parameters.set(name.trim(), value.trim());
    }
    const quality = Number(parameters.get('q') ?? 1);
    parameters.delete('q');
    return [{ type, subtype: subtype || '*', quality: Number.isNaN(quality) ? 1 : quality, parameters }];
  });
  const specific = (clause: Clause) => (clause.type === '*' ? 0 : clause.subtype === '*' ? 1 : 2);
  return clauses.sort((a, b) => b.quality - a.quality || specific(b) - specific(a));
}

function fits({ type, subtype }: Clause, format: string): boolean {
  if (type === '*') return subtype === '*';
  return type === 'application' && (subtype === format || subtype === '*');
}

function conversionOf(
  parameters: ReadonlyMap<string, string>,
  scope: 'object' | 'resource',
): Conversion | null {
  const kind = parameters.get('as');
  const stream = parameters.get('stream');
  if (stream !== undefined && stream !== '' && stream !== 'watch') return null;
  if (kind === undefined && !parameters.has('g') && !parameters.has('v')) return { kind: 'object' };
  if (scope === 'object' || parameters.get('g') !== 'meta.k8s.io') return null;
  const version = parameters.get('v');
  if (version !== 'v1' && version !== 'v1beta1') return null;
  switch (kind) {
    case 'Table':
      return { kind: 'table', version };
    case 'PartialObjectMetadata':
    case 'PartialObjectMetadataList':
      return { kind: 'partial-metadata', version };
  }
  return null;
}
