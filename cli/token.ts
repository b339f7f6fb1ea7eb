import { randomInt } from 'node:crypto';
import { KubeClient } from '../client/kube-client';
import { MidplaneError } from '../error';
import { pinsOf } from '../kubelet/public-key-pin';
import { bootstrapTokenSecret } from '../lab/joining-objects';
import { hostNetwork } from '../network/host-network';
import { type BootstrapToken, parseBootstrapToken } from '../wire/detached-jws';
import { parseGoDuration } from '../wire/go-duration';
import { adminConfigOf, labState } from './lab-process';
import { exitCodes, type Terminal } from './terminal';
import { homeOf } from './up';

export interface TokenArguments {
  readonly ttl: string;
  readonly description?: string;
  readonly printJoinCommand?: boolean;
}

/**
 * `midplane token create`: what kubeadm token create does, for the lab that midplane up keeps running.
 * Source: cmd/kubeadm/app/cmd/token.go (RunCreateToken).
 *
 * @param given the token; undefined for one that is drawn
 */
export async function createToken(
  given: string | undefined,
  { ttl, description, printJoinCommand }: TokenArguments,
  terminal: Terminal,
): Promise<number> {
  const token = given === undefined ? drawToken() : parseBootstrapToken(given);
  if (token === null) {
    throw new MidplaneError(
      'USAGE',
      `the bootstrap token "${given}" was not of the form "\\A([a-z0-9]{6})\\.([a-z0-9]{16})\\z"`,
      { hint: 'leave it out, and one is drawn' },
    );
  }
  const ttlMs = parseGoDuration(ttl);
  if (ttlMs === null || ttlMs < 0) {
    throw new MidplaneError('USAGE', `--ttl "${ttl}" is no duration`, {
      hint: 'for example --ttl=2h; 0s for a token that does not expire',
    });
  }
  const home = homeOf(terminal);
  const state = await labState(home);
  const config = state.kind === 'running' ? await adminConfigOf(home) : null;
  if (config === null || config.trust.kind !== 'verify') {
    throw new MidplaneError('USAGE', 'no lab is running', { hint: 'midplane up starts one' });
  }
  await using client = new KubeClient({ from: hostNetwork(), ...config });
  const expires = ttlMs === 0 ? null : new Date(Date.now() + ttlMs);
  const answer = await client.request('POST', '/api/v1/namespaces/kube-system/secrets', {
    body: bootstrapTokenSecret(token, expires, description),
  });
  if (!answer.ok) {
    const taken = answer.status === 409;
    throw new MidplaneError(
      'USAGE',
      taken ? `a token with id ${JSON.stringify(token.id)} already exists` : answer.words,
      { hint: 'leave the token out, and one is drawn' },
    );
  }
  const text = `${token.id}.${token.secret}`;
  const [hash] = pinsOf(config.trust.bundlePem);
  terminal.write(
    printJoinCommand === true
      ? `midplane kubelet join ${client.server} --token ${text} --discovery-token-ca-cert-hash ${hash}\n`
      : `${text}\n`,
  );
  return exitCodes.ok;
}

/** Source: k8s.io/cluster-bootstrap token/util (GenerateBootstrapToken). */
function drawToken(): BootstrapToken {
  return { id: randomText(6), secret: randomText(16) };
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

function randomText(length: number): string {
  return Array.from({ length }, () => LETTERS.charAt(randomInt(LETTERS.length))).join('');
}
