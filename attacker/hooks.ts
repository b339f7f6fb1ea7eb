import type { HeaderList } from '../wire/http-head';
import type { StreamName } from './rules';

/**
 * Code of whoever attacks, called for what comes to the attacker. None of it may throw: what it does wrong is the business
 * of whoever wrote it, and the connection of a victim goes on or ends by what is returned.
 */
export interface AttackHooks {
  /** Before anybody else hears of it. Nothing returned: it goes on as it is. */
  onRequest?(request: PassingRequest): Promise<RequestChange | undefined>;
  /** Of a relay: what the genuine endpoint answered, before the client hears of it. */
  onResponse?(response: PassingResponse): Promise<ResponseChange | undefined>;
  /** Of a relay: every piece of a body or a session, in both directions; what is returned goes on in its place. */
  onStream?(piece: PassingBytes): Buffer;
}

export interface PassingRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: HeaderList;
}

export type RequestChange =
  | { readonly answer: OwnAnswer }
  | { readonly method?: string; readonly path?: string; readonly headers?: HeaderList };

/** What the attacker says by itself; nobody else is asked. */
export interface OwnAnswer {
  readonly status: number;
  readonly headers?: HeaderList;
  readonly body?: string | Buffer;
}

export interface PassingResponse {
  /** As it was passed on. */
  readonly request: PassingRequest;
  readonly status: number;
  readonly headers: HeaderList;
}

export interface ResponseChange {
  readonly status?: number;
  readonly headers?: HeaderList;
  /** Instead of the genuine one, which nobody gets then. */
  readonly body?: string | Buffer;
}

export interface PassingBytes {
  readonly stream: StreamName;
  readonly request: PassingRequest;
  readonly bytes: Buffer;
}
