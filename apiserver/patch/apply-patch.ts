import {
  badRequest,
  type Failure,
  genericServerResponse,
  plainError,
  unsupportedMediaType,
} from '../../api/failures';
import type { KubeObject } from '../../api/objects';
import { kubernetesSchema } from '../../api/schema/kubernetes-schema';
import { jsonPatch } from './json-patch';
import { mergePatch } from './merge-patch';
import { PatchRefused } from './patch-refused';
import { strategicMergePatch } from './strategic-merge-patch';

/**
 * Patches of an object that is there, by their media type. What comes out has yet to be decoded.
 * Source of order and texts: k8s.io/apiserver pkg/endpoints/handlers/patch.go.
 */
export const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
] as const;

export type PatchResult =
  | {
      readonly kind: 'patched';
      readonly value: unknown;
      /** What of the patch itself was not understood. */
      readonly strictErrors: readonly string[];
    }
  | Failure;

export function applyPatch(current: KubeObject, mediaType: string, patch: unknown): PatchResult {
  const message = kubernetesSchema.messageOf(current.apiVersion, current.kind);
  try {
    switch (mediaType) {
      case 'application/json-patch+json':
        return jsonPatch(current, patch);
      case 'application/merge-patch+json':
        return { kind: 'patched', value: mergePatch(current, patch), strictErrors: [] };
      case 'application/strategic-merge-patch+json':
        // Kinds without a Go type have no merge keys (installer.go: those of CRDs).
        if (message === null) return unsupportedMediaType(patchTypes.slice(0, 2));
        return {
          kind: 'patched',
          value: strategicMergePatch(kubernetesSchema, message.name, current, patch),
          strictErrors: [],
        };
    }
  } catch (error) {
    if (error instanceof PatchRefused) return failureOf(error);
    throw error;
  }
  return unsupportedMediaType(patchTypes);
}

/** What the library found is not told where its answer is 422 (errors.NewGenericServerResponse). */
function failureOf({ code, message }: PatchRefused): Failure {
  switch (code) {
    case 400:
      return badRequest(message);
    case 422:
      return genericServerResponse({
        code,
        verb: '',
        about: { group: '', resource: '' },
        name: '',
        serverMessage: message,
      });
    case 500:
      return plainError(message);
  }
}
