import type { ScenarioReport, Twin } from './scenario-outcome';
import type { StoryMaterial } from './story';

/**
 * A recording: a file of lines, each a JSON object. First the header; then what happened, in the order in which it did, run
 * by run; at the end the outcome. Fields and kinds of lines are added, never renamed.
 */
export interface Recording {
  readonly header: RecordingHeader;
  readonly lines: readonly RecordedLine[];
  readonly outcome: RecordedOutcome;
}

export interface RecordingHeader {
  readonly apiVersion: 'midplane/v1';
  readonly kind: 'Recording';
  readonly midplaneVersion: string;
  readonly emulates: string;
  readonly ran: Ran;
  /** What keys, ids and words were made from; null: from the system's randomness. */
  readonly seed: string | null;
  readonly note: string;
  /** Public certificates of the lab: of its authorities, and all that were shown on a wire. */
  readonly certificates: readonly RecordedCertificate[];
  /** When and with what it was made: nobody compares it. */
  readonly made: { readonly at: string; readonly node: string; readonly platform: string };
}

export type Ran =
  | {
      readonly kind: 'cell';
      readonly path: string;
      readonly defence: string;
      readonly technique: string;
      readonly position: string;
      readonly side?: string;
    }
  | { readonly kind: 'scenario'; readonly name: string; readonly twins: readonly Twin[] };

export interface RecordedCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly pem: string;
}

/** Where and when: of which run (null: a cell has but one), in which of its clusters, milliseconds since the run began. */
export interface RecordedAt {
  readonly twin: Twin | null;
  /** From 1, in the order of their starting. */
  readonly cluster: number;
  readonly at: number;
}

export interface RecordedEvent extends RecordedAt {
  readonly type: 'event';
  readonly host: string;
  readonly connection: string | null;
  readonly kind: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A TCP connection, when it is opened. */
export interface RecordedConnectionLine extends RecordedAt {
  readonly type: 'connection';
  readonly connection: string;
  readonly from: string;
  readonly through: readonly string[];
  readonly deliveredTo: string;
  readonly dialler: { readonly address: string; readonly port: number };
  readonly listener: { readonly address: string; readonly port: number };
  /** What the run was doing when it was first used. */
  readonly during: string;
  readonly protocol: 'tls' | 'ssh' | 'clear' | 'nothing';
  /** The machines whose programs had what opens what the dialler sent, and what came back; in clear all that it passed. */
  readonly readableBy: { readonly up: readonly string[]; readonly down: readonly string[] };
  /** The certificates that each side showed: those of the header, by the SHA-256 of their DER in hex. Absent in recordings of before. */
  readonly shown?: { readonly up: readonly string[]; readonly down: readonly string[] };
}

/** What passed on one, opened with the keys that somebody had. One of the four last fields says what. */
export interface RecordedStream extends RecordedAt {
  readonly type: 'stream';
  readonly connection: string;
  readonly direction: 'up' | 'down';
  /** UTF-8. */
  readonly text?: string;
  readonly base64?: string;
  /** Bytes that nobody's keys opened. */
  readonly sealed?: number;
  /** Bytes that there was no room for. */
  readonly dropped?: number;
}

export type RecordedLine = RecordedEvent | RecordedConnectionLine | RecordedStream;

/** The document of `midplane run -o json`; of a cell without its events, which are lines of their own. */
export type OutcomeDocument = Omit<StoryMaterial, 'events'> | ScenarioReport;

export interface RecordedOutcome {
  readonly type: 'outcome';
  /** How many lines stand between the header and this one. */
  readonly lines: number;
  readonly document: OutcomeDocument;
}
