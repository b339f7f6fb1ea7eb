import { badRequest, type Failure, unsupportedMediaType } from '../../api/failures';
import { jsonValue, parseGoJson } from '../../wire/go-json';
import { parseGoYaml } from '../../wire/go-yaml';
import { patchTypes } from './apply-patch';

/** The body of a PATCH as a JSON value: what it does is told by its media type, `+json` or `+yaml`. */
export function parsePatch(
  mediaType: string,
  body: Buffer,
): { readonly kind: 'parsed'; readonly value: unknown } | Failure {
  if (!patchTypes.some((type) => type === mediaType)) return unsupportedMediaType(patchTypes);
  const text = body.toString('utf8');
  if (mediaType === 'application/apply-patch+yaml') {
    const yaml = parseGoYaml(text);
    return yaml.kind === 'syntax-error'
      ? badRequest(`error decoding YAML: ${yaml.text}`)
      : { kind: 'parsed', value: jsonValue(yaml.node) };
  }
  const node = parseGoJson(text);
  if (node.kind !== 'syntax-error') return { kind: 'parsed', value: jsonValue(node) };
  // A strategic merge patch is told of its mistake alone (handlers/patch.go, strategicPatchObject).
  const strategic = mediaType === 'application/strategic-merge-patch+json';
  return badRequest(strategic ? node.text : `error decoding patch: ${node.text}`);
}
