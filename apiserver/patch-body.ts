import { badRequest, type Failure, unsupportedMediaType } from '../api/failures';
import { jsonValue, parseGoJson } from '../wire/go-json';
import { parseGoYaml } from '../wire/go-yaml';
import { patchTypes } from './patch';

/** The body of a PATCH as a JSON value: what it does is told by its media type, `+json` or `+yaml`. */
export function parsePatch(
  mediaType: string,
  body: Buffer,
): { readonly kind: 'parsed'; readonly value: unknown } | Failure {
  const text = body.toString('utf8');
  if (mediaType.endsWith('+yaml')) {
    const yaml = parseGoYaml(text);
    return yaml.kind === 'syntax-error'
      ? undecodable(yaml.text)
      : { kind: 'parsed', value: jsonValue(yaml.node) };
  }
  if (!mediaType.endsWith('+json')) return unsupportedMediaType(patchTypes);
  const node = parseGoJson(text);
  return node.kind === 'syntax-error' ? undecodable(node.text) : { kind: 'parsed', value: jsonValue(node) };
}

function undecodable(why: string): Failure {
  return badRequest(`error decoding patch: ${why}`);
}
