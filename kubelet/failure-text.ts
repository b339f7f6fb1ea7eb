import type { KubeResponse } from '../client/kube-client';

/** What client-go's error says of an answer that was none, or a refusal: the Status's message, or net/url's words. */
export function failureText(answer: KubeResponse, server: string, verb: string, path: string): string {
  if (answer.refusal !== null) return `${verb} "https://${server}${path}": ${answer.refusal.text}`;
  const status = answer.json() as { readonly message?: unknown } | null;
  return typeof status?.message === 'string' ? status.message : answer.words;
}
