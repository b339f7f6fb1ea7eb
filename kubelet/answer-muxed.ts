import type { Muxed } from './serve-mux';
import { type Answer, httpError } from './upgrade';

/** The mux's own answers. Source: net/http/server.go (NotFound, Redirect, badRequestError). */
export function answerMuxed(
  muxed: Exclude<Muxed, { kind: 'handler' }>,
  method: string | undefined,
  answer: Answer,
): void {
  switch (muxed.kind) {
    case 'not-found':
      httpError(answer, 404, '404 page not found');
      break;
    case 'malformed':
      answer(400, '400 Bad Request', { Connection: 'close' });
      break;
    case 'redirect': {
      const headers = { Location: muxed.location };
      // Only who may read a page is given one.
      if (method !== 'GET' && method !== 'HEAD') answer(301, '', headers);
      else answer(301, pageOf(muxed.location), { ...headers, 'Content-Type': 'text/html; charset=utf-8' });
      break;
    }
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

function pageOf(location: string): string {
  const escaped = location.replace(/[&<>"']/g, (it) => ENTITIES[it] ?? it);
  return `<a href="${escaped}">Moved Permanently</a>.\n\n`;
}
