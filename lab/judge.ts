import type { LootReport } from '../attacker/loot-report';
import { type Replay, replayWorked, requestWorked } from '../attacker/replay';
import type { Transcript } from '../attacker/transcript';
import type { Cell } from '../report/outcome';
import { messageOf } from '../report/status-message';
import type { DefenceId, PathId, TechniqueId, VerdictId } from '../scenarios/vocabulary';
import type { Canaries } from './canaries';
import { changedStreams } from './changed-streams';
import type { Witnessed } from './elsewhere';

/**
 * What a run proves. The one home of verdicts: from what the attacker captured, what the client accepted and what the
 * genuine endpoint heard, never from settings. Pure.
 */
export interface Facts {
  readonly path: PathId;
  readonly defence: DefenceId;
  readonly technique: TechniqueId;
  /** Whether the client sends a payload on this path at all. */
  readonly carriesUp: boolean;
  readonly canaries: Canaries;
  /** The same action without an attacker, with words of its own. */
  readonly control: { readonly works: boolean; readonly clientSaw: string };
  readonly client: { readonly ok: boolean; readonly received: Buffer; readonly words: string };
  /** Every byte that the genuine endpoint took in during the attack. */
  readonly endpointHeard: Buffer;
  readonly loot: LootReport;
  /** Of the genuine endpoint to which the bytes were led instead: the word that only it has, and who came there. */
  readonly elsewhere?: Witnessed & { readonly planted: string };
}

export function judge(facts: Facts): Cell {
  const found = findCanaries(facts);
  const { verdict, reason: why } = decide(facts, found);
  const reason = `${why}${sentAgain(facts.loot)}${redirected(facts.loot)}`;
  const { loot, client } = facts;
  const handshake = tellingHandshake(loot, found.believed);
  return {
    path: facts.path,
    defence: facts.defence,
    technique: facts.technique,
    verdict,
    works: facts.control.works,
    read: { up: facts.carriesUp ? found.up : null, down: found.down },
    forged: found.forged,
    tampered: facts.carriesUp || found.tampered ? found.tampered : null,
    clientCertificateShown: found.clientCertificate !== null,
    credential: found.replay !== null ? 'replayed' : loot.bearerTokens > 0 ? 'captured' : null,
    ...(facts.elsewhere === undefined ? {} : { steered: found.steered !== null }),
    tls:
      handshake === undefined
        ? null
        : { version: handshake.version, alert: facts.elsewhere?.alert ?? handshake.alert },
    clientSaw: facts.control.works ? seen(client) : facts.control.clientSaw,
    reason,
    evidence: {
      lootQuote: bestQuote(facts),
      connections: loot.connections,
      genuineAnswers: loot.genuineAnswers,
      ...(loot.replays.length === 0 ? {} : { replays: loot.replays }),
      ...(loot.resent.length === 0 ? {} : { resent: loot.resent }),
      ...(loot.redirects.length === 0 ? {} : { redirects: loot.redirects }),
      ...droppedOf(loot),
    },
  };
}

/** What was dropped, without the kinds of which everything was kept. */
function droppedOf({ dropped }: LootReport): Pick<Cell['evidence'], 'dropped'> {
  const some = Object.entries(dropped).filter(([, count]) => count > 0);
  return some.length === 0 ? {} : { dropped: Object.fromEntries(some) };
}

/**
 * The handshake that the verdict speaks of. Others may knock while the attack lasts, a health check for example: a client
 * that believed is not one that sent an alert.
 */
function tellingHandshake({ handshakes }: LootReport, believed: boolean) {
  const accepted = believed ? handshakes.find((it) => it.completed && it.alert === null) : undefined;
  return accepted ?? handshakes.find((it) => it.alert !== null) ?? handshakes[0];
}

/** The line that holds one of the run's own words says most. */
function bestQuote({ loot, canaries }: Facts): string | null {
  const telling = loot.quotes.find((line) => line.includes(canaries.up) || line.includes(canaries.down));
  return telling ?? loot.quotes[0] ?? null;
}

/** What the user had on the screen: the error, or the answer. */
function seen(client: Facts['client']): string {
  return client.ok ? client.received.toString('utf8').trimEnd() : client.words;
}

interface Found {
  readonly up: boolean;
  readonly down: boolean;
  readonly onTheWire: boolean;
  readonly forged: boolean;
  readonly tampered: boolean;
  readonly clientCertificate: string | null;
  /** The client finished a handshake with the attacker, or spoke to it without one. */
  readonly believed: boolean;
  readonly gained: boolean;
  /** A bearer token came with what the client sent. */
  readonly token: boolean;
  /** The genuine endpoint's refusal of the attacker itself. */
  readonly refusal: { readonly status: number; readonly text: string } | null;
  /** The first captured credential that worked against the genuine server. */
  readonly replay: Replay | null;
  /** What the client made of another genuine endpoint that it was led to; null: nothing. */
  readonly steered: 'took its answer' | 'asked it' | null;
}

function findCanaries(facts: Facts): Found {
  const { canaries, client, endpointHeard, loot } = facts;
  const answers = [canaries.down, ...(facts.elsewhere === undefined ? [] : [facts.elsewhere.planted])];
  const wireDown = answers.some((word) => loot.wireDown.includes(word));
  const wire = loot.wireUp.includes(canaries.up) || wireDown;
  const up = loot.clearUp.includes(canaries.up) || loot.wireUp.includes(canaries.up);
  const down = loot.clearDown.includes(canaries.down) || wireDown;
  const forged = client.received.includes(canaries.forged);
  const tampered = endpointHeard.includes(canaries.tampered);
  const token = loot.bearerTokens > 0;
  const refusal = loot.genuineAnswers.find(({ status }) => status === 401 || status === 403) ?? null;
  return {
    up,
    down,
    onTheWire: wire,
    forged,
    tampered,
    clientCertificate:
      loot.handshakes.find((it) => it.clientCertificate !== null)?.clientCertificate?.subject ?? null,
    believed: loot.requests > 0,
    gained: up || down || forged || tampered || token,
    token,
    refusal,
    replay: loot.replays.find(replayWorked) ?? null,
    steered: steeredBy(facts),
  };
}

function steeredBy({ elsewhere, client }: Facts): Found['steered'] {
  if (elsewhere === undefined) return null;
  if (client.received.includes(elsewhere.planted)) return 'took its answer';
  return elsewhere.heard.length > 0 ? 'asked it' : null;
}

function decide(facts: Facts, found: Found): { verdict: VerdictId; reason: string } {
  const { loot, control, client } = facts;
  if (!control.works) {
    return { verdict: 'broken', reason: `Without any attacker the path fails: ${control.clientSaw}` };
  }
  if (loot.connections === 0) {
    return {
      verdict: 'broken',
      reason: 'The attacker was not on the path: it saw no connection, so nothing was tested.',
    };
  }
  if (found.replay !== null) return { verdict: 'hijacked', reason: hijacked(found.replay) };
  if (found.onTheWire) {
    return {
      verdict: 'plaintext',
      reason:
        found.steered === null
          ? `There is no TLS on this leg: ${read(found)} off the wire without touching anything.`
          : `There is no TLS on this leg: ${read(found)} off the wire, and the client was led to another genuine endpoint and could not tell.`,
    };
  }
  // Only the genuine endpoint has this word: it answered.
  if (found.down) {
    return {
      verdict: 'relayed',
      reason: `The client took the attacker for the endpoint, and the genuine endpoint answered through it: ${read(found)}, ${changed(found, loot.transcript)}.${found.token ? ' Its bearer token was taken.' : ''}`,
    };
  }
  if (found.steered !== null) return { verdict: 'impersonated', reason: misled(facts, found.steered) };
  if (found.gained) return { verdict: 'impersonated', reason: impersonated(found, facts.technique) };
  if (found.refusal !== null) {
    return {
      verdict: 'denied',
      reason: `The attacker got between${found.clientCertificate === null ? '' : ` and was shown the client certificate (${found.clientCertificate})`}, but a certificate without its key cannot be passed on: the genuine endpoint refused it, ${found.refusal.status} ${JSON.stringify(messageOf(found.refusal.text))}. It read the head of the request, and none of the words that were planted.`,
    };
  }
  if (facts.elsewhere !== undefined && facts.elsewhere.alert !== null && !client.ok) {
    return {
      verdict: 'refused',
      reason: `The client judged the certificate of the other genuine endpoint, which is not for the address that it dialled, and sent alert ${facts.elsewhere.alert} before it sent a request byte or its own certificate.`,
    };
  }
  const alert = loot.handshakes.find((it) => it.alert !== null)?.alert ?? null;
  if (!found.believed && !client.ok && hostKeyRefused(loot)) {
    return {
      verdict: 'refused',
      reason:
        "The client judged the attacker's host key and hung up before it showed its own: there was no tunnel for the request.",
    };
  }
  if (
    !found.believed &&
    !client.ok &&
    loot.handshakes.length > 0 &&
    !loot.handshakes.some((it) => it.completed)
  ) {
    const ending = alert === null ? 'hung up' : `sent alert ${alert}`;
    const shown =
      found.clientCertificate === null
        ? 'before it sent a request byte or its own certificate'
        : 'after it had shown its own certificate';
    // To one who is only listened to, the genuine endpoint shows its own, from an address that it is not for.
    const shownBy =
      facts.technique === 'tap'
        ? "the genuine endpoint's certificate, which came from the attacker's address,"
        : "the attacker's certificate";
    return {
      verdict: 'refused',
      reason: `The client judged ${shownBy} and ${ending} ${shown}.`,
    };
  }
  if (client.ok && client.received.includes(facts.canaries.down) && loot.clearUp.length === 0) {
    return {
      verdict: 'sealed',
      reason:
        'The bytes passed through the attacker and the client got its true answer, but all the attacker holds is ciphertext.',
    };
  }
  if (found.believed || found.clientCertificate !== null) {
    const shown =
      found.clientCertificate === null ? '' : ` and showed it its certificate (${found.clientCertificate})`;
    return {
      verdict: 'impersonated',
      reason: `The client spoke to the attacker${shown}, although none of its words were found in the loot.`,
    };
  }
  return {
    verdict: 'denied',
    reason: `The attacker gained nothing, and the client got no true answer either: ${seen(client) || 'nothing'}`,
  };
}

function hostKeyRefused({ hostKeys, handshakes }: LootReport): boolean {
  return handshakes.length === 0 && hostKeys.length > 0 && hostKeys.every(({ believed }) => !believed);
}

function hijacked(replay: Replay): string {
  const { identity, request, status, allowed, credential = '', opened } = replay;
  const proofs = [
    ...(requestWorked(replay) ? [`the genuine server answered ${status} to ${JSON.stringify(request)}`] : []),
    ...(identity === null ? [] : [`to the apiserver whoever shows it is ${identity}`]),
  ];
  const works = proofs.length === 0 ? ' at the genuine server' : `: ${proofs.join(', and ')}`;
  const may = allowed.length === 0 ? 'Nothing more is allowed to it.' : `It may: ${brief(allowed)}.`;
  const what =
    credential === '' || credential.startsWith('bearer token in a header')
      ? 'The client sent its bearer token to the attacker, and the token works'
      : `The attacker found a ${credential}, and it works`;
  return `${what}${works}. ${may}${opened === undefined ? '' : ` It read ${JSON.stringify(opened)}.`}`;
}

const MOST_NAMED = 6;

function brief(allowed: readonly string[]): string {
  const more = allowed.length - MOST_NAMED;
  return [...allowed.slice(0, MOST_NAMED), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

function impersonated(found: Found, technique: TechniqueId): string {
  const parts: string[] = [];
  if (found.up) parts.push('what it sent was read');
  if (found.down) parts.push('the genuine answer was read');
  if (found.forged) parts.push('what it got was forged');
  if (found.tampered) parts.push('the genuine endpoint was told something else');
  if (found.token) parts.push('its bearer token was taken');
  const shown =
    found.clientCertificate === null
      ? ''
      : ` It even showed its client certificate (${found.clientCertificate}).`;
  const genuine =
    found.refusal === null
      ? ' The genuine endpoint was not reached.'
      : ` The genuine endpoint refused the attacker: ${found.refusal.status} ${JSON.stringify(messageOf(found.refusal.text))}.`;
  const useless = technique === 'replay' ? uselessIn(found) : '';
  return `The client took the attacker for the endpoint: ${parts.join(', ')}.${shown}${genuine}${useless}`;
}

/** What captured requests came to that were sent again without a credential. */
function sentAgain({ resent }: LootReport): string {
  return resent
    .map(({ request, status }) => {
      const got = status === 0 ? 'was not answered' : `got ${status}`;
      return ` Sent again from the attacker's machine, ${JSON.stringify(brieflyAsked(request))} ${got}.`;
    })
    .join('');
}

function brieflyAsked(request: string): string {
  return request.split('?')[0] ?? request;
}

/** Nobody was impersonated by the attacker here, but somebody was taken for somebody else at its will. */
function misled({ elsewhere, canaries, client }: Facts, how: NonNullable<Found['steered']>): string {
  const told = elsewhere?.heard.includes(canaries.up) === true ? ', and told it what it sent' : '';
  const what =
    how === 'took its answer'
      ? `it took its answer for that of the endpoint that it had dialled${told}`
      : `it asked it what was meant for the endpoint that it had dialled${told}, and was answered ${JSON.stringify(seen(client))}`;
  return `The client was led to another genuine endpoint and could not tell: ${what}. The attacker read nothing and forged nothing: it chose who answers.`;
}

/** What became of those who were sent elsewhere, as it was seen there. */
function redirected({ redirects }: LootReport): string {
  return redirects
    .filter(({ location }) => URL.canParse(location))
    .map(({ status, location, followedBy, credential, alert }) => {
      const { protocol, hostname } = new URL(location);
      const sent = ` It was answered ${status} and sent to ${protocol === 'http:' ? 'plain http' : 'https'} at ${hostname}: `;
      if (followedBy !== null) {
        const came = `${followedBy.split(' ')[0]} came there`;
        return `${sent}${came}${credential === null ? ', without a credential' : ` with its ${credential}`}.`;
      }
      return `${sent}${alert === null ? 'nobody came there' : `whoever came there did not believe it (alert ${alert})`}.`;
    })
    .join('');
}

function uselessIn({ token }: Found): string {
  return token
    ? ' At the genuine server the token opened nothing.'
    : ' No bearer token came by, and a certificate is of no use without its key.';
}

function read(found: Found): string {
  if (found.up && found.down) return 'both directions were read';
  return found.up ? 'what the client sent was read' : 'what the endpoint answered was read';
}

function changed(found: Found, transcript: Transcript): string {
  if (found.forged && found.tampered) return 'and both were changed';
  if (!found.forged && !found.tampered) {
    const streams = changedStreams(transcript);
    return streams.length === 0 ? 'and nothing was changed' : `and rules changed ${streams.join(', ')}`;
  }
  return found.forged ? 'and the answer was changed' : 'and the request was changed';
}
