import type { KubeObject } from '../api/objects';
import type { CommandOutcome, KubeClient } from '../client/kube-client';
import { collectionOf } from '../lab/object-path';
import type { Answer, PlayClient } from './surface';

/** A client as a play of one's own has it. */
export function playClient(client: KubeClient, signal: AbortSignal): PlayClient {
  const request: PlayClient['request'] = async (method, path, options) => {
    const { ok, status, body, words } = await client.request(method, path, { ...options, signal });
    return answerOf({ ok, status, text: body.toString('utf8'), words });
  };
  return {
    request,
    create: (object) => request('POST', collectionOf(object as KubeObject), { body: object }),
    logs: async ({ namespace = 'default', name, ...options }) =>
      commandAnswer(await client.logs({ namespace, pod: name, ...options, signal })),
    exec: async ({ namespace = 'default', name, stdin, ...options }) =>
      commandAnswer(
        await client.exec({
          namespace,
          pod: name,
          ...options,
          ...(stdin === undefined ? {} : { stdin: Buffer.from(stdin) }),
          signal,
        }),
      ),
  };
}

export function answerOf(facts: Omit<Answer, 'json'>): Answer {
  return {
    ...facts,
    json: () => {
      try {
        return JSON.parse(facts.text) as unknown;
      } catch {
        return null;
      }
    },
  };
}

function commandAnswer({ ok, stdout, words }: CommandOutcome): Answer {
  return answerOf({ ok, status: 0, text: stdout.toString('utf8'), words });
}
