import type { ServerResponse } from 'node:http';

/** Warning headers, which kubectl prints. Source: k8s.io/apiserver pkg/endpoints/filters/warning.go. */
const mostCharacters = 4096;
const mostCharactersTruncated = 256;

export function addWarnings(response: ServerResponse, texts: readonly string[]): void {
  const headers = warningHeaders(texts);
  if (headers.length > 0 && !response.headersSent) response.appendHeader('warning', headers);
}

/** Once each; when all of them are too much, each is cut, and what is still too much is left out. */
export function warningHeaders(texts: readonly string[]): string[] {
  const distinct = [...new Set(texts)].filter((text) => text !== '' && !/\p{Cc}/u.test(text));
  const total = distinct.reduce((sum, text) => sum + [...text].length, 0);
  if (total <= mostCharacters) return distinct.map(header);
  const headers: string[] = [];
  let written = 0;
  for (const text of distinct) {
    if (written >= mostCharacters) break;
    const cut = [...text].slice(0, mostCharactersTruncated);
    written += cut.length;
    headers.push(header(cut.join('')));
  }
  return headers;
}

/** k8s.io/apimachinery pkg/util/net, NewWarningHeader; Node takes the octets of UTF-8 as Latin-1. */
function header(text: string): string {
  const quoted = text.replace(/["\\]/g, (character) => `\\${character}`);
  return Buffer.from(`299 - "${quoted}"`, 'utf8').toString('latin1');
}
