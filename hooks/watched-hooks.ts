import type { AttackHooks } from '../attacker/hooks';
import type { PlayHooks } from './surface';

/** The attacker's own code bears no error: what is thrown is told to `failed`, and what passes goes on as it is. */
export function watchedHooks(hooks: PlayHooks, failed: (error: unknown) => void): AttackHooks {
  const unknown = Object.keys(hooks).find((name) => !['onRequest', 'onResponse', 'onStream'].includes(name));
  if (unknown !== undefined)
    throw new TypeError(`there is no hook "${unknown}": they are onRequest, onResponse and onStream`);
  const { onRequest, onResponse, onStream } = hooks;
  return {
    ...(onRequest === undefined ? {} : { onRequest: watched(onRequest.bind(hooks), failed) }),
    ...(onResponse === undefined ? {} : { onResponse: watched(onResponse.bind(hooks), failed) }),
    ...(onStream === undefined
      ? {}
      : {
          onStream: (piece) => {
            try {
              return Buffer.from(onStream.call(hooks, piece) ?? piece.bytes);
            } catch (error) {
              failed(error);
              return piece.bytes;
            }
          },
        }),
  };
}

function watched<Seen, Change>(
  hook: (seen: Seen) => Change | undefined | Promise<Change | undefined>,
  failed: (error: unknown) => void,
): (seen: Seen) => Promise<Change | undefined> {
  return async (seen) => {
    try {
      return (await hook(seen)) ?? undefined;
    } catch (error) {
      failed(error);
      return undefined;
    }
  };
}
