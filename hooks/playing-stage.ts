import { MidplaneError } from '../error';
import { addresses, webPodAddress } from '../lab/addresses';
import type { Cluster } from '../lab/cluster';
import { attackPath } from '../lab/plays/attack-path';
import { clientOn } from '../lab/plays/client-on';
import { curl } from '../lab/plays/curl';
import type { Stage } from '../lab/scenarios/stage';
import { defaultPosition } from '../scenarios/vocabulary';
import { answerOf, playClient } from './play-client';
import type { AttackOrder, Evidence, OngoingAttack, PlayCluster, PlayStage, Said } from './surface';
import { watchedHooks } from './watched-hooks';

/** The stage as a play of one's own sees it. */
export class PlayingStage implements PlayStage {
  readonly random: PlayStage['random'];
  readonly signal: AbortSignal;
  readonly #stage: Stage;
  readonly #words = new Set<string>();
  #failures: unknown[] = [];

  constructor(stage: Stage) {
    this.#stage = stage;
    this.random = stage.random;
    this.signal = stage.signal;
  }

  word(prefix = 'word'): string {
    const word = `${prefix}-${this.random.hex(8)}`;
    this.#words.add(word);
    return word;
  }

  async cluster(): Promise<PlayCluster> {
    const cluster = await this.#stage.cluster();
    const { attackerHost, credentials, pki } = cluster;
    const { signal } = this;
    const web = { namespace: 'default', pod: 'web', container: 'web' };
    return {
      addresses: { ...addresses, webPod: webPodAddress },
      admin: playClient(cluster.admin, signal),
      attacker: {
        address: addresses.attacker,
        curl: async (url, options) => {
          const { body, ...rest } = await curl(attackerHost, url, { ...options, signal });
          return answerOf({ ...rest, text: body });
        },
        client: (credential) =>
          playClient(this.closeLater(clientOn(attackerHost, cluster, credential)), signal),
      },
      plant: (word) => cluster.container(web).plant(word),
      whenRunning: (node, { namespace = 'default', name }) => cluster.whenRunning(node, namespace, name),
      token: (account) => credentials.token(account),
      nodeCredential: (node) => ({ clientCertificate: pki.kubeletClients[node] }),
      attack: (order) => this.#attack(cluster, order),
    };
  }

  async #attack(cluster: Cluster, order: AttackOrder): Promise<OngoingAttack> {
    const { path, position = defaultPosition, technique = 'relay', rules, hooks } = order;
    const attack = await attackPath(this.#stage, cluster, {
      path,
      position,
      technique,
      words: { forged: this.word('forged'), tampered: this.word('tampered') },
      ...(rules === undefined ? {} : { rules }),
      ...(hooks === undefined
        ? {}
        : { hooks: watchedHooks(hooks, (failure) => void this.#failures.push(failure)) }),
    });
    return { loot: attack.loot, withdraw: () => attack.withdraw() };
  }

  async did({ who, did, saw, text }: Said): Promise<void> {
    this.throwFailure();
    await this.#stage.did(who, did, saw, text);
  }

  async refused({ who, did, saw, text }: Said): Promise<void> {
    this.throwFailure();
    await this.#stage.refused(who, did, saw, text);
  }

  async gained(step: Said & { readonly gain: string; readonly evidence: Evidence }): Promise<void> {
    this.throwFailure();
    const { who, did, saw, text, gain, evidence } = step;
    const { word } = evidence;
    const found = Buffer.from(evidence.in).includes(word);
    if (!this.#words.has(word) || !found) {
      const why = found ? `"${word}" is no word of stage.word()` : `"${word}" is not in what was given`;
      throw new MidplaneError('PLAY_FAILED', `gained "${gain}" without evidence: ${why}`, {
        hint: 'plant a word of stage.word(), and hand over what a genuine server or client really gave',
      });
    }
    await this.#stage.gained(who, did, saw, gain, text);
  }

  closeLater<T extends { close(): Promise<void> }>(part: T): T {
    return this.#stage.closeLater(part);
  }

  /** What a hook has thrown ends the play as soon as something is said, or at its end. */
  throwFailure(): void {
    const [failure] = this.#failures;
    if (this.#failures.length > 0) throw failure;
  }
}
