import type {
  OwnAnswer,
  PassingBytes,
  PassingRequest,
  PassingResponse,
  RequestChange,
  ResponseChange,
} from '../attacker/hooks';
import type { Loot } from '../attacker/loot';
import type { Rule } from '../attacker/rules';
import type { PathId, PositionId, TechniqueId } from '../scenarios/vocabulary';

/** All that a play of one's own sees of the lab. Everything on it ends with the stage. */
export interface PlayStage {
  /** A cluster with its control loops, as the scenario's file says; each call starts one. */
  cluster(): Promise<PlayCluster>;
  /** A word that nobody can guess, to be planted where the attacker must not get it. */
  word(prefix?: string): string;
  /** The same in every run with the same seed. */
  readonly random: { bytes(size: number): Buffer; hex(bytes: number): string };
  /** Aborted when the run is to end. */
  readonly signal: AbortSignal;
  /** Somebody did something, and it went as everybody expected. */
  did(step: Said): Promise<void>;
  /** The attacker was turned away, in the words of whoever did. */
  refused(step: Said): Promise<void>;
  /** The attacker got what it must not have. Throws when the evidence is none. */
  gained(step: Said & { readonly gain: string; readonly evidence: Evidence }): Promise<void>;
  /** Closed at the end, last opened first. */
  closeLater<T extends { close(): Promise<void> }>(part: T): T;
}

export interface Said {
  readonly who: string;
  readonly did: string;
  readonly saw: string;
  /** What is to be understood before it is done; Markdown. */
  readonly text?: string;
}

/** A word of `stage.word()`, and what a genuine server or client really gave somebody: the word has to be in it. */
export interface Evidence {
  readonly word: string;
  readonly in: string | Uint8Array;
}

export interface PlayCluster {
  readonly addresses: Readonly<
    Record<'controlPlane' | 'node1' | 'node2' | 'attacker' | 'workstation' | 'webPod', string>
  >;
  /** The administrator, on the workstation; verifies the apiserver unless the file says otherwise. */
  readonly admin: PlayClient;
  readonly attacker: AttackerMachine;
  /** Puts a word into the container of default/web (node-1): into /run/secrets/canary, and into its log. */
  plant(word: string): void;
  whenRunning(
    node: 'node-1' | 'node-2',
    pod: { readonly namespace?: string; readonly name: string },
  ): Promise<void>;
  /** Of a service account that is made with a ClusterRole of these rules when it is first asked for. */
  token(account: {
    readonly namespace: string;
    readonly name: string;
    readonly rules: readonly {
      readonly apiGroups: readonly string[];
      readonly resources: readonly string[];
      readonly verbs: readonly string[];
    }[];
  }): Promise<string>;
  /** What lies on a node's disk: the client certificate and key of its kubelet. */
  nodeCredential(node: 'node-1' | 'node-2'): Credential;
  /** Puts the attacker on a path. Throws MidplaneError USAGE when it cannot be there. */
  attack(order: AttackOrder): Promise<OngoingAttack>;
}

/** To show to a server; nothing of it is secret to the play. */
export type Credential =
  | { readonly token: string }
  | { readonly clientCertificate: { readonly certPem: string; readonly keyPem: string } };

/** A client of the cluster's apiserver. What servers say comes back as a value; nothing of it throws. */
export interface PlayClient {
  /** `kubectl get --raw`, and its kin. */
  request(
    method: string,
    path: string,
    options?: { readonly body?: unknown; readonly contentType?: string },
  ): Promise<Answer>;
  /** `kubectl create -f`. Throws MidplaneError USAGE for a kind that nobody serves. */
  create(object: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly namespace?: string };
    readonly [field: string]: unknown;
  }): Promise<Answer>;
  /** `kubectl logs`. */
  logs(pod: {
    readonly namespace?: string;
    readonly name: string;
    readonly container?: string;
    readonly tailLines?: number;
  }): Promise<Answer>;
  /** `kubectl exec`. */
  exec(command: {
    readonly namespace?: string;
    readonly name: string;
    readonly container?: string;
    readonly command: readonly string[];
    readonly stdin?: string;
  }): Promise<Answer>;
}

export interface AttackerMachine {
  readonly address: string;
  /** `curl -k`: of what it is shown nothing is verified. */
  curl(url: string, options?: CurlOptions): Promise<Answer>;
  /** The cluster's apiserver, from this machine, with what the attacker has got hold of. */
  client(credential: Credential): PlayClient;
}

export interface CurlOptions {
  readonly method?: string;
  readonly token?: string;
}

export interface Answer {
  readonly ok: boolean;
  /** Of HTTP; 0 when nobody answered, or the command speaks no HTTP of its own. */
  readonly status: number;
  /** The body, the log, or stdout. */
  readonly text: string;
  /** What the user is told when it is not ok. */
  readonly words: string;
  /** The decoded text, null when it is no JSON. */
  json(): unknown;
}

export interface AttackOrder {
  /** From the apiserver: midplane list paths. */
  readonly path: PathId;
  /** Default: arp. */
  readonly position?: PositionId;
  /** Default: relay, which passes everything on to the genuine endpoint. */
  readonly technique?: TechniqueId;
  /** What a relay changes in the streams, before hooks are not asked any more: docs/streams.md. */
  readonly rules?: readonly Rule[];
  readonly hooks?: PlayHooks;
}

type Maybe<T> = T | undefined | Promise<T | undefined>;

/** Code for what comes to the attacker. Nothing returned: it goes on as it is. What is thrown ends the play. */
export interface PlayHooks {
  /** A request, before anybody else hears of it: to be changed, or answered by the attacker itself. */
  onRequest?(request: PassingRequest): Maybe<RequestChange> | undefined;
  /** Of a relay: what the genuine endpoint answered. */
  onResponse?(response: PassingResponse): Maybe<ResponseChange> | undefined;
  /** Of a relay: every piece of a body (`body-up`, `body`, `logs`) or a session (`stdin`, `stdout`, …), as it passes. */
  onStream?(piece: PassingBytes): Buffer | string | undefined;
}

export interface OngoingAttack {
  /** What was captured so far. */
  readonly loot: Loot;
  /** Gives the path back; only then is the loot complete. At the end of the play it happens by itself. */
  withdraw(): Promise<void>;
}

export type { OwnAnswer, PassingBytes, PassingRequest, PassingResponse, RequestChange, ResponseChange };
