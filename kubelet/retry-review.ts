import type { PostReview } from './reviews';

/**
 * A review that the apiserver could not make just now is asked for again: five times in all, the pauses half again as
 * long each time. Source: k8s.io/apiserver pkg/util/webhook/webhook.go (WithExponentialBackoff, DefaultShouldRetry),
 * pkg/server/options/authentication.go (DefaultAuthWebhookRetryBackoff).
 */
const FIRST_PAUSE_MS = 500;
const FACTOR = 1.5;
const STEPS = 5;
const JITTER = 0.2;

export function retrying(
  post: PostReview,
  pause: (ms: number) => Promise<void>,
  random: () => number = Math.random,
): PostReview {
  return async (path, review) => {
    let ms = FIRST_PAUSE_MS;
    for (let step = 1; ; step++) {
      const answer = await post(path, review);
      if (step === STEPS || !isPassing(answer.body)) return answer;
      await pause(ms * (1 + JITTER * random()));
      ms *= FACTOR;
    }
  };
}

interface Status {
  readonly kind?: unknown;
  readonly reason?: unknown;
  readonly details?: { readonly retryAfterSeconds?: unknown } | null;
}

function isPassing(body: unknown): boolean {
  const status = (body ?? {}) as Status;
  if (status.kind !== 'Status') return false;
  if (['InternalError', 'Timeout', 'TooManyRequests'].includes(String(status.reason))) return true;
  return Number(status.details?.retryAfterSeconds ?? 0) > 0;
}
