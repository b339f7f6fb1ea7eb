import { type HeaderList, headerValue } from '../wire/http-head';
import type { Arrivals } from './intercept';
import type { LootRedirect, ShownCertificate } from './loot';

const MOST_CHARACTERS = 1000;

/** Keeps one entry for each place that somebody was sent to: what was answered, and what then came there. */
export class RedirectRecord {
  readonly #entries: LootRedirect[];
  readonly #atPlace = new Map<string, number>();

  constructor(entries: LootRedirect[]) {
    this.#entries = entries;
  }

  answered(status: number, location: string): void {
    const scheme = new URL(location).protocol.slice(0, -1);
    if (this.#atPlace.has(scheme)) return;
    this.#atPlace.set(scheme, this.#entries.length);
    const cut = location.slice(0, MOST_CHARACTERS);
    this.#entries.push({ status, location: cut, followedBy: null, credential: null, alert: null });
  }

  of(scheme: 'http' | 'https'): Arrivals {
    return {
      refused: (alert) => this.#note(scheme, (entry) => ({ ...entry, alert: entry.alert ?? alert })),
      asked: (headers, certificate) =>
        this.#note(scheme, (entry) => ({
          ...entry,
          followedBy: entry.followedBy ?? agentOf(headers),
          credential: entry.credential ?? credentialOf(headers, certificate),
        })),
    };
  }

  /** Whoever comes without having been sent there is no part of this. */
  #note(scheme: string, change: (entry: LootRedirect) => LootRedirect): void {
    const index = this.#atPlace.get(scheme);
    const entry = index === undefined ? undefined : this.#entries[index];
    if (index !== undefined && entry !== undefined) this.#entries[index] = change(entry);
  }
}

function agentOf(headers: HeaderList): string {
  return (headerValue(headers, 'user-agent') ?? 'somebody without a name').slice(0, MOST_CHARACTERS);
}

function credentialOf(headers: HeaderList, certificate: ShownCertificate | null): LootRedirect['credential'] {
  const authorization = headerValue(headers, 'authorization') ?? '';
  if (/^bearer /i.test(authorization)) return 'bearer token';
  if (/^basic /i.test(authorization)) return 'basic';
  return certificate === null ? null : 'client certificate';
}
