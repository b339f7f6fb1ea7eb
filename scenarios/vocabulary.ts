/**
 * The words of midplane: every path, defence, technique, position and verdict by its public id. Ids are stable: they are added
 * and never renamed. `since` is the release that first runs a word; null means that the word is reserved and this
 * release does not run it yet.
 */

import {
  type CompoundTechnique,
  certificateWords,
  isSelfMade,
  joint,
  parseJoinedWords,
} from './certificate-words';
import { paths, type Since } from './path-words';
import { positionIds } from './position-words';

export type { CompoundTechnique } from './certificate-words';
export {
  brings,
  defaultPosition,
  type PositionId,
  positionIds,
  positions,
  positionsRun,
} from './position-words';
export { paths };

interface DefenceWord {
  readonly id: string;
  readonly title: string;
  /** The flags and settings that differ from a stock cluster, in their upstream spelling. */
  readonly settings: readonly string[];
  /** `default`: part of every matrix; `asked`: runs when it is asked for; `check`: no preset, only `midplane check` runs it. */
  readonly set: 'default' | 'asked' | 'check';
  /** Whose trust it is about: the apiserver's in nodes and pods, or that of those who dial the apiserver and kubelets. */
  readonly guards: 'apiserver-to-cluster' | 'cluster-to-apiserver';
  readonly since: Since;
}

export const defences = [
  {
    id: 'none',
    title: 'stock flags',
    settings: [],
    guards: 'apiserver-to-cluster',
    set: 'default',
    since: '0.1.0',
  },
  {
    id: 'kubelet-ca',
    title: 'the apiserver verifies kubelets',
    settings: ['--kubelet-certificate-authority', 'serverTLSBootstrap: true'],
    guards: 'apiserver-to-cluster',
    set: 'default',
    since: '0.1.0',
  },
  {
    id: 'kubelet-ca-self-signed',
    title: 'the flag is set while kubelets still sign their own certificates',
    settings: ['--kubelet-certificate-authority'],
    guards: 'apiserver-to-cluster',
    set: 'asked',
    since: '0.1.0',
  },
  {
    id: 'kubelet-ca-cn',
    title: 'kubelets are verified and the node name is compared (KEP-4872, in no release yet)',
    settings: [
      '--kubelet-certificate-authority',
      'serverTLSBootstrap: true',
      '--feature-gates=KubeletCertCNValidation=true',
      '--enable-kubelet-cert-cn-validation',
    ],
    guards: 'apiserver-to-cluster',
    set: 'asked',
    since: '0.1.0',
  },
  {
    id: 'ssh-tunnel',
    title: 'SSH tunnels to the nodes, host keys unchecked (removed in 1.22)',
    settings: ['--ssh-user', '--ssh-keyfile'],
    guards: 'apiserver-to-cluster',
    set: 'asked',
    since: '0.1.0',
  },
  {
    id: 'ssh-tunnel-known-hosts',
    title: 'SSH tunnels to the nodes with pinned host keys (never existed upstream)',
    settings: ['--ssh-user', '--ssh-keyfile', '--midplane-ssh-known-hosts'],
    guards: 'apiserver-to-cluster',
    set: 'asked',
    since: '0.1.0',
  },
  {
    id: 'konnectivity',
    title: 'traffic to nodes and pods goes through Konnectivity agents',
    settings: ['--egress-selector-config-file'],
    guards: 'apiserver-to-cluster',
    set: 'asked',
    since: '0.1.0',
  },
  {
    id: 'konnectivity-kubelet-ca',
    title: 'Konnectivity, and the apiserver verifies kubelets',
    settings: ['--egress-selector-config-file', '--kubelet-certificate-authority'],
    guards: 'apiserver-to-cluster',
    set: 'asked',
    since: '0.1.0',
  },
  {
    id: 'kubelet-open',
    title: 'kubelets run by flags alone: anonymous, AlwaysAllow, port 10255',
    settings: [
      '--anonymous-auth=true',
      '--authentication-token-webhook=false',
      '--authorization-mode=AlwaysAllow',
      '--read-only-port=10255',
    ],
    guards: 'apiserver-to-cluster',
    set: 'asked',
    since: '0.1.0',
  },
  {
    id: 'client-ca',
    title: 'kubeconfigs that verify the apiserver',
    settings: ['certificate-authority-data'],
    guards: 'cluster-to-apiserver',
    set: 'default',
    since: '0.1.0',
  },
  {
    id: 'client-insecure',
    title: 'kubeconfigs that skip verification of the apiserver',
    settings: ['insecure-skip-tls-verify: true'],
    guards: 'cluster-to-apiserver',
    set: 'default',
    since: '0.1.0',
  },
  {
    id: 'given',
    title: 'the settings given to midplane check',
    settings: [],
    guards: 'apiserver-to-cluster',
    set: 'check',
    since: '0.1.0',
  },
] as const satisfies readonly DefenceWord[];

interface TechniqueWord {
  readonly id: string;
  readonly title: string;
  /** What the attacker must have before it begins. */
  readonly needs: string;
  /**
   * `default`: part of every matrix; `clients`: only of those whose client dials with credentials of its own; `all`: runs
   * when every technique is asked for; `later`: not in this release.
   */
  readonly set: 'default' | 'clients' | 'all' | 'later';
  readonly since: Since;
}

export const techniques = [
  {
    id: 'tap',
    title: 'copy what passes, touch nothing',
    needs: 'network position',
    set: 'default',
    since: '0.1.0',
  },
  {
    id: 'self-signed',
    title: 'answer with a certificate signed by itself',
    needs: 'network position',
    set: 'default',
    since: '0.1.0',
  },
  {
    id: 'rogue-ca',
    title: "answer with a certificate from an authority that repeats the cluster CA's name",
    needs: 'network position',
    set: 'default',
    since: '0.1.0',
  },
  {
    id: 'relay',
    title: 'terminate TLS and pass requests on to the genuine endpoint',
    needs: 'network position',
    set: 'default',
    since: '0.1.0',
  },
  {
    id: 'wrong-host',
    title: 'answer with a certificate for another address',
    needs: 'a certificate from the cluster CA for another address',
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'expired',
    title: 'answer with a certificate for this address whose time is over',
    needs: 'a certificate from the cluster CA for this address, expired',
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'not-yet-valid',
    title: 'answer with a certificate for this address whose time has not come',
    needs: 'a certificate from the cluster CA for this address, not valid yet',
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'cn-only',
    title: 'answer with a certificate that has this address in its common name only',
    needs: 'a certificate from the cluster CA with this address as common name and no SAN',
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'client-cert',
    title: 'answer with a certificate that is good for clients only',
    needs: 'a certificate from the cluster CA for client authentication',
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'neighbour',
    title: "answer with another node's valid certificate that carries this address",
    needs: 'a valid serving certificate of another node whose SANs carry this address',
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'stolen',
    title: "answer with this node's own certificate and key",
    needs: "this node's serving key",
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'weak-key',
    title: 'answer with a certificate whose RSA key of 768 bits was factored',
    needs: 'a certificate from the cluster CA for this address with a key that can be factored',
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'weak-signature',
    title: 'answer with a certificate for this address that was signed over SHA-1',
    needs: 'a certificate from the cluster CA for this address, signed over SHA-1',
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'name-constrained',
    title: 'answer with a certificate below an intermediate that may not sign for this address',
    needs: 'an intermediate of the cluster CA whose name constraints exclude this address',
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'path-length',
    title: 'answer with a certificate below one intermediate more than the CA allows',
    needs: 'an intermediate of the cluster CA that may have no other below it',
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'missing-intermediate',
    title: 'answer with a certificate below an intermediate and leave that out',
    needs: 'a certificate for this address from an intermediate of the cluster CA',
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'steer',
    title: 'lead untouched bytes to another genuine endpoint',
    needs: 'network position, and another genuine endpoint that is reached from there',
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'redirect',
    title: 'answer 302 and send the client elsewhere',
    needs: 'an address of its own that the client reaches',
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'replay',
    title: 'use captured credentials against the genuine server',
    needs: 'a credential, or a request, captured before',
    set: 'clients',
    since: '0.1.0',
  },
] as const satisfies readonly TechniqueWord[];

interface VerdictWord {
  readonly id: string;
  readonly title: string;
  /** Rises with the damage; null for the two words that say nothing about damage. */
  readonly severity: number | null;
  readonly since: Since;
}

export const verdicts = [
  { id: 'sealed', title: 'only ciphertext passed the attacker', severity: 0, since: '0.1.0' },
  {
    id: 'refused',
    title: 'the client hung up before it sent a request or its certificate',
    severity: 1,
    since: '0.1.0',
  },
  {
    id: 'denied',
    title: 'the genuine endpoint refused the attacker, nothing that was planted gained',
    severity: 2,
    since: '0.1.0',
  },
  {
    id: 'impersonated',
    title: 'the attacker was taken for the endpoint: it reads and forges',
    severity: 3,
    since: '0.1.0',
  },
  {
    id: 'relayed',
    title: 'impersonated, and the genuine endpoint answered through it',
    severity: 4,
    since: '0.1.0',
  },
  { id: 'plaintext', title: 'read on the wire, without any TLS', severity: 5, since: '0.1.0' },
  {
    id: 'hijacked',
    title: 'a captured credential worked against the genuine server',
    severity: 6,
    since: '0.1.0',
  },
  { id: 'broken', title: 'the path fails without any attacker', severity: null, since: '0.1.0' },
  {
    id: 'not-applicable',
    title: 'the technique has nothing to work on here',
    severity: null,
    since: '0.1.0',
  },
] as const satisfies readonly VerdictWord[];

/** Where an attacker stands when the way to the cluster leads through a tunnel, which protects only a part of it. */
export const sides = ['control-plane', 'node', 'both'] as const;

export type Side = (typeof sides)[number];
export type PathId = (typeof paths)[number]['id'];
export type DefenceId = (typeof defences)[number]['id'];
/** A word, or several about a certificate joined with `--`. */
export type TechniqueId = (typeof techniques)[number]['id'] | CompoundTechnique;
export type VerdictId = (typeof verdicts)[number]['id'];
export type WordKind = 'path' | 'defence' | 'technique' | 'position' | 'verdict';

export const pathIds: readonly PathId[] = paths.map((word) => word.id);
export const defenceIds: readonly DefenceId[] = defences.map((word) => word.id);
/** The single words; how they are joined is in certificate-words.ts. */
export const techniqueIds: readonly TechniqueId[] = techniques.map((word) => word.id);
export const verdictIds: readonly VerdictId[] = verdicts.map((word) => word.id);

/** What this release runs, in the order of the matrix. */
export const pathsRun: readonly PathId[] = paths.filter((word) => word.since !== null).map((word) => word.id);
export const defencesRun: readonly DefenceId[] = defences
  .filter((word) => word.set !== 'check')
  .map((word) => word.id);
/** What the matrix compares unless asked for more. */
export const defaultDefences: readonly DefenceId[] = defences
  .filter((word) => word.set === 'default')
  .map((word) => word.id);
/** Of somebody who dials an apiserver or a kubelet with a configuration of his own. */
export function isClientPath(path: PathId): boolean {
  return paths.find((word) => word.id === path)?.transport === 'client';
}

/** Whether a defence says anything about a path. */
export function guards(defence: DefenceId, path: PathId): boolean {
  const about = defences.find((word) => word.id === defence)?.guards;
  return (about === 'cluster-to-apiserver') === isClientPath(path);
}

/** Presets that take away what a stock cluster has. */
export const looserThanStock: readonly DefenceId[] = ['kubelet-open', 'client-insecure'];
export const techniquesRun: readonly TechniqueId[] = techniques
  .filter((word) => word.since !== null)
  .map((word) => word.id);
/** The techniques that need nothing but a place on the network: what the matrix shows unless asked for more. */
export const defaultTechniques: readonly TechniqueId[] = techniques
  .filter((word) => word.set === 'default')
  .map((word) => word.id);
/** Those, and what can be done with nothing more than what they capture. */
export const clientTechniques: readonly TechniqueId[] = techniques
  .filter((word) => word.set === 'default' || word.set === 'clients')
  .map((word) => word.id);

/** Whether it is a compound in its canonical spelling. */
export function isCompound(id: string): id is CompoundTechnique {
  if (!id.includes(joint)) return false;
  const joined = parseJoinedWords(id);
  return joined.kind === 'joined' && joined.words.join(joint) === id;
}

/** Whether this release runs it. */
export function isRun(technique: TechniqueId): boolean {
  return techniquesRun.includes(technique) || isCompound(technique);
}

/** What the attacker does, and what it must have. */
export function describeTechnique(technique: TechniqueId): {
  readonly title: string;
  readonly needs: string;
} {
  const word = techniques.find(({ id }) => id === technique);
  if (word !== undefined) return word;
  const words = technique.split(joint).join(', ');
  const needs = isSelfMade(technique) ? 'network position' : 'such a certificate from the cluster CA';
  return { title: `answer with one certificate that is all of these: ${words}`, needs };
}

/** Needs no certificate, key or other endpoint of the cluster's: a place on the network, and what is captured there. */
export function needsOnlyPosition(technique: TechniqueId): boolean {
  return clientTechniques.includes(technique) || (isCompound(technique) && isSelfMade(technique));
}

/** Whether what the attacker shows is what the technique is about. */
export function isAboutCertificate(technique: TechniqueId): boolean {
  return parseJoinedWords(technique).kind === 'joined';
}

/** In the order of the vocabulary; compounds after the last single word. */
export function compareTechniques(a: TechniqueId, b: TechniqueId): number {
  const [one, other] = [rankOf(a), rankOf(b)];
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function rankOf(technique: TechniqueId): string {
  const two = (position: number): string => String(position).padStart(2, '0');
  const single = techniqueIds.indexOf(technique);
  if (single >= 0) return two(single);
  const words: readonly string[] = certificateWords;
  const positions = technique.split(joint).map((word) => words.indexOf(word));
  return `~${positions.map(two).join('')}`;
}

/** What kind of word an id is, or null when it is none of ours. Ids are unique over all kinds. */
export function kindOf(id: string): WordKind | null {
  if (paths.some((word) => word.id === id)) return 'path';
  if (defences.some((word) => word.id === id)) return 'defence';
  if (techniques.some((word) => word.id === id) || isCompound(id)) return 'technique';
  if (positionIds.some((it) => it === id)) return 'position';
  if (verdicts.some((word) => word.id === id)) return 'verdict';
  return null;
}

/** Impersonated or worse: the attacker gained something that TLS should have kept from it. */
export function isOpen(verdict: VerdictId): boolean {
  return severityOf(verdict) >= 3;
}

/** Whether a verdict tells of more damage than another one. */
export function isWorse(verdict: VerdictId, than: VerdictId): boolean {
  return severityOf(verdict) > severityOf(than);
}

/**
 * The verdict that stands for several. Damage that was proved outweighs everything; without damage a broken run
 * outweighs a protected one, because protection was not proved; `not-applicable` counts only when nothing else is there.
 */
export function worstVerdict(among: readonly VerdictId[]): VerdictId {
  let worst: VerdictId = 'not-applicable';
  for (const verdict of among) if (severityOf(verdict) > severityOf(worst)) worst = verdict;
  return !isOpen(worst) && among.includes('broken') ? 'broken' : worst;
}

function severityOf(verdict: VerdictId): number {
  return verdicts.find((word) => word.id === verdict)?.severity ?? -1;
}
