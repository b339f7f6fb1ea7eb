import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Endpoint } from '../network/network';
import type { KeyPair } from '../wire/pem';
import { DROPPED_KINDS, type Dropped } from './loot';
import type { LootReport } from './loot-report';
import { isIpv4, isPort } from './nft-rules';
import { parseRules } from './parse-rules';
import { type Rule, writeRule } from './rules';
import { sides, type Transcript } from './transcript';

/**
 * The words between whoever orders an attack and the attacker's machine: JSON, bytes in base64. What cannot be read is
 * a value that names the field; nothing that comes in here is trusted.
 */

/** An attack as it is ordered from elsewhere. */
export interface OrderedAttack {
  readonly technique: string;
  readonly mode: 'tap' | 'impersonate' | 'relay';
  readonly target: Endpoint;
  /** Further targets that lead to the same, as tunnels to several nodes do. */
  readonly also?: readonly Endpoint[];
  /** In tunnels that are taken: the one endpoint whose channels are attacked. Default: all of them. */
  readonly channelsTo?: Endpoint;
  /** The certificate to show; null: one that the attacker makes itself. */
  readonly present: KeyPair | null;
  readonly forged: string;
  readonly tampered: string;
  /** For `rogue-ca`: where the genuine authority's name can be read. Default: the target. */
  readonly authorityAt?: Endpoint;
  /** What a relay changes; see attacker/rules.ts. */
  readonly rules?: readonly Rule[];
}

export type Decoded<Value> =
  | { readonly kind: 'decoded'; readonly value: Value }
  /** `text` names the field and what is wrong with it. */
  | { readonly kind: 'malformed'; readonly text: string };

const MAX_TEXT_CHARACTERS = 16 * 1024;
/** Ten words and the hyphens between them. */
const MAX_TECHNIQUE_CHARACTERS = 256;
const MAX_PEM_CHARACTERS = 64 * 1024;
const MAX_ENTRIES = 10_000;
/** All bytes that a transcript keeps, in hexadecimal. */
const MAX_TRANSCRIPT_CHARACTERS = 256 * 1024;

export function encodeOrder({ rules, ...order }: OrderedAttack): string {
  return JSON.stringify({ ...order, ...(rules === undefined ? {} : { rules: rules.map(writeRule) }) });
}

export function decodeOrder(text: string): Decoded<OrderedAttack> {
  return decode(text, (root) => {
    const technique = root.field('technique').text(MAX_TECHNIQUE_CHARACTERS);
    if (!/^[a-z][a-z0-9-]*$/.test(technique)) throw root.field('technique').malformed('is not an id');
    const authorityAt = root.field('authorityAt');
    const [also, channelsTo] = [root.field('also'), root.field('channelsTo')];
    return {
      technique,
      mode: root.field('mode').oneOf(['tap', 'impersonate', 'relay']),
      target: endpoint(root.field('target')),
      present: root.field('present').orNull(keyPair),
      forged: root.field('forged').text(MAX_TEXT_CHARACTERS),
      tampered: root.field('tampered').text(MAX_TEXT_CHARACTERS),
      ...(also.isAbsent() ? {} : { also: also.list(endpoint) }),
      ...(channelsTo.isAbsent() ? {} : { channelsTo: endpoint(channelsTo) }),
      ...(authorityAt.isAbsent() ? {} : { authorityAt: endpoint(authorityAt) }),
      ...(root.field('rules').isAbsent() ? {} : { rules: root.field('rules').rules() }),
    };
  });
}

export function encodeLootReport(report: LootReport): string {
  const { clearUp, clearDown, wireUp, wireDown } = report;
  return JSON.stringify({
    ...report,
    clearUp: clearUp.toString('base64'),
    clearDown: clearDown.toString('base64'),
    wireUp: wireUp.toString('base64'),
    wireDown: wireDown.toString('base64'),
  });
}

export function decodeLootReport(text: string): Decoded<LootReport> {
  return decode(text, (root) => ({
    connections: root.field('connections').count(),
    clearUp: root.field('clearUp').bytes(),
    clearDown: root.field('clearDown').bytes(),
    wireUp: root.field('wireUp').bytes(),
    wireDown: root.field('wireDown').bytes(),
    requests: root.field('requests').count(),
    handshakes: root.field('handshakes').list((handshake) => ({
      completed: handshake.field('completed').boolean(),
      version: handshake.field('version').orNull((it) => it.text(64)),
      alert: handshake.field('alert').orNull((it) => it.text(64)),
      clientCertificate: handshake.field('clientCertificate').orNull((it) => ({
        subject: it.field('subject').text(MAX_TEXT_CHARACTERS),
      })),
    })),
    genuineAnswers: root.field('genuineAnswers').list((answer) => ({
      status: answer.field('status').count(),
      text: answer.field('text').text(MAX_TEXT_CHARACTERS),
    })),
    bearerTokens: root.field('bearerTokens').count(),
    replays: root.field('replays').list((replay) => ({
      ...optionalTexts(replay, ['credential', 'opened', 'why']),
      request: replay.field('request').orNull((it) => it.text(MAX_TEXT_CHARACTERS)),
      status: replay.field('status').count(),
      identity: replay.field('identity').orNull((it) => it.text(MAX_TEXT_CHARACTERS)),
      allowed: replay.field('allowed').list((it) => it.text(MAX_TEXT_CHARACTERS)),
    })),
    resent: root.field('resent').list((resent) => ({
      request: resent.field('request').text(MAX_TEXT_CHARACTERS),
      status: resent.field('status').count(),
      answer: resent.field('answer').text(MAX_TEXT_CHARACTERS),
    })),
    redirects: root.field('redirects').list((redirect) => ({
      status: redirect.field('status').count(),
      location: redirect.field('location').text(MAX_TEXT_CHARACTERS),
      followedBy: redirect.field('followedBy').orNull((it) => it.text(MAX_TEXT_CHARACTERS)),
      credential: redirect
        .field('credential')
        .orNull((it) => it.oneOf(['bearer token', 'basic', 'client certificate'])),
      alert: redirect.field('alert').orNull((it) => it.text(64)),
    })),
    hostKeys: root.field('hostKeys').list((shown) => ({
      believed: shown.field('believed').boolean(),
      user: shown.field('user').orNull((it) => it.text(MAX_TEXT_CHARACTERS)),
    })),
    tunnelTargets: root.field('tunnelTargets').list((it) => it.text(MAX_TEXT_CHARACTERS)),
    dropped: dropped(root.field('dropped')),
    transcript: transcript(root.field('transcript')),
    quotes: root.field('quotes').list((it) => it.text(MAX_TEXT_CHARACTERS)),
  }));
}

function transcript(at: Field): Transcript {
  const lost = at.field('dropped');
  return {
    entries: at.field('entries').list((entry) => ({
      atMs: entry.field('atMs').count(),
      connection: entry.field('connection').text(MAX_TEXT_CHARACTERS),
      exchange: entry.field('exchange').count(),
      stream: entry.field('stream').text(64),
      side: entry.field('side').oneOf(sides),
      text: entry.field('text').text(MAX_TRANSCRIPT_CHARACTERS),
      encoding: entry.field('encoding').oneOf(['utf8', 'hex']),
    })),
    dropped: { entries: lost.field('entries').count(), bytes: lost.field('bytes').count() },
  };
}

function optionalTexts<Name extends string>(
  of: Field,
  names: readonly Name[],
): Partial<Record<Name, string>> {
  const present = names.filter((name) => !of.field(name).isAbsent());
  return Object.fromEntries(
    present.map((name) => [name, of.field(name).text(MAX_TEXT_CHARACTERS)]),
  ) as Partial<Record<Name, string>>;
}

function dropped(counts: Field): Dropped {
  const entries = DROPPED_KINDS.map((kind) => [kind, counts.field(kind).count()] as const);
  return Object.fromEntries(entries) as unknown as Dropped;
}

function endpoint(at: Field): Endpoint {
  const address = at.field('address').text(64);
  if (!isIpv4(address))
    throw at.field('address').malformed(`is not an IPv4 address: ${JSON.stringify(address)}`);
  const port = at.field('port').count();
  if (!isPort(port)) throw at.field('port').malformed(`is not a port: ${port}`);
  return { address, port };
}

/** Only whether it can be used is asked: showing what is expired, or somebody else's, is the attacker's trade. */
function keyPair(at: Field): KeyPair {
  const certPem = at.field('certPem').text(MAX_PEM_CHARACTERS);
  const keyPem = at.field('keyPem').text(MAX_PEM_CHARACTERS);
  const leaf = attempt(() => new X509Certificate(certPem));
  if (leaf === null) throw at.field('certPem').malformed('holds no certificate in PEM');
  const key = attempt(() => createPrivateKey(keyPem));
  if (key === null) throw at.field('keyPem').malformed('holds no private key in PEM');
  if (!leaf.checkPrivateKey(key)) throw at.field('keyPem').malformed('is not the key of the certificate');
  return { certPem, keyPem };
}

function attempt<Value>(make: () => Value): Value | null {
  try {
    return make();
  } catch {
    return null;
  }
}

function decode<Value>(text: string, read: (root: Field) => Value): Decoded<Value> {
  const parsed = attempt(() => ({ json: JSON.parse(text) as unknown }));
  if (parsed === null) return { kind: 'malformed', text: 'the body is not JSON' };
  try {
    return { kind: 'decoded', value: read(new Field('', parsed.json)) };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { kind: 'malformed', text: error.message };
  }
}

/** Stays inside this file: it only carries the text out of a nested field. */
class Malformed extends Error {}

/** A place in a JSON document that knows its own name. */
class Field {
  readonly #path: string;
  readonly #value: unknown;

  constructor(path: string, value: unknown) {
    this.#path = path;
    this.#value = value;
  }

  field(name: string): Field {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw this.malformed('is not an object');
    }
    // Own properties only: `constructor` is in no document.
    const own = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    return new Field(this.#path === '' ? name : `${this.#path}.${name}`, own);
  }

  rules(): readonly Rule[] {
    const read = parseRules(this.#value);
    if (read.kind === 'malformed') throw this.malformed(`cannot be played: ${read.text}`);
    return read.rules;
  }

  isAbsent(): boolean {
    return this.#value === undefined;
  }

  text(maxCharacters: number): string {
    if (typeof this.#value !== 'string') throw this.malformed('is not a string');
    if (this.#value.length > maxCharacters)
      throw this.malformed(`is longer than ${maxCharacters} characters`);
    return this.#value;
  }

  bytes(): Buffer {
    const text = this.text(Number.MAX_SAFE_INTEGER);
    // Node decodes what it can and says nothing about the rest, so the rest is looked for here.
    const bytes = Buffer.from(text, 'base64');
    if (bytes.toString('base64') !== text) throw this.malformed('is not base64');
    return bytes;
  }

  count(): number {
    if (!Number.isSafeInteger(this.#value) || (this.#value as number) < 0) {
      throw this.malformed('is not a whole number');
    }
    return this.#value as number;
  }

  boolean(): boolean {
    if (typeof this.#value !== 'boolean') throw this.malformed('is neither true nor false');
    return this.#value;
  }

  oneOf<Word extends string>(words: readonly Word[]): Word {
    const word = words.find((it) => it === this.#value);
    if (word === undefined) throw this.malformed(`is not one of ${words.join(', ')}`);
    return word;
  }

  orNull<Value>(read: (field: Field) => Value): Value | null {
    return this.#value === null ? null : read(this);
  }

  list<Value>(read: (field: Field) => Value): Value[] {
    if (!Array.isArray(this.#value)) throw this.malformed('is not a list');
    if (this.#value.length > MAX_ENTRIES) throw this.malformed(`has more than ${MAX_ENTRIES} entries`);
    return this.#value.map((value, index) => read(new Field(`${this.#path}[${index}]`, value)));
  }

  malformed(why: string): Malformed {
    return new Malformed(`${this.#path === '' ? 'the body' : this.#path} ${why}`);
  }
}
