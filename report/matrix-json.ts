import type { GivenOutcome } from './given-outcome';
import { type Cell, type FilePlace, type InterceptionMatrix, orderedCells, type Trace } from './outcome';

/** The document as text: keys and cells in a fixed order, two blanks, a newline at the end, so that `diff` is useful. */
export function renderMatrixJson(matrix: InterceptionMatrix): string {
  const document = {
    apiVersion: matrix.apiVersion,
    kind: matrix.kind,
    ...(matrix.metadata === undefined ? {} : { metadata: orderedMetadata(matrix.metadata) }),
    cells: orderedCells(matrix.cells).map(orderedCell),
    ...(matrix.expectations === undefined ? {} : { expectations: matrix.expectations }),
    ...(matrix.given === undefined ? {} : { given: orderedGiven(matrix.given) }),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function orderedMetadata(metadata: NonNullable<InterceptionMatrix['metadata']>) {
  const { midplaneVersion, emulates, node, startedAt, durationMs, seed } = metadata;
  return { midplaneVersion, emulates, node, startedAt, durationMs, ...(seed === undefined ? {} : { seed }) };
}

function orderedCell(cell: Cell) {
  return {
    path: cell.path,
    defence: cell.defence,
    technique: cell.technique,
    ...(cell.position === undefined ? {} : { position: cell.position }),
    ...(cell.side === undefined ? {} : { side: cell.side }),
    verdict: cell.verdict,
    works: cell.works,
    read: { up: cell.read.up, down: cell.read.down },
    forged: cell.forged,
    tampered: cell.tampered,
    clientCertificateShown: cell.clientCertificateShown,
    credential: cell.credential,
    ...(cell.steered === undefined ? {} : { steered: cell.steered }),
    tls: cell.tls === null ? null : { version: cell.tls.version, alert: cell.tls.alert },
    clientSaw: cell.clientSaw,
    reason: cell.reason,
    evidence: {
      lootQuote: cell.evidence.lootQuote,
      connections: cell.evidence.connections,
      genuineAnswers: cell.evidence.genuineAnswers.map(({ status, text }) => ({ status, text })),
      ...(cell.evidence.replays === undefined ? {} : { replays: cell.evidence.replays }),
      ...(cell.evidence.resent === undefined ? {} : { resent: cell.evidence.resent }),
      ...(cell.evidence.redirects === undefined ? {} : { redirects: cell.evidence.redirects }),
      ...(cell.evidence.traces === undefined ? {} : { traces: cell.evidence.traces.map(orderedTrace) }),
      ...(cell.evidence.dropped === undefined ? {} : { dropped: cell.evidence.dropped }),
    },
  };
}

function orderedGiven({
  settings,
  assumptions,
  closings,
  stays,
  places,
  certificate,
}: GivenOutcome): GivenOutcome {
  return {
    settings: settings.map(({ component, name, value, class: of, why, at }) => ({
      component,
      name,
      value,
      class: of,
      why,
      at: orderedPlace(at),
    })),
    assumptions,
    closings: closings.map(({ id, setting, at, closes, lessens, mends, leaves }) => ({
      id,
      setting,
      ...(at === undefined ? {} : { at: orderedPlace(at) }),
      closes,
      lessens,
      mends,
      leaves,
    })),
    stays,
    ...(places === undefined
      ? {}
      : { places: places.map(({ path, closing, at }) => ({ path, closing, at: orderedPlace(at) })) }),
    ...(certificate === undefined ? {} : { certificate }),
  };
}

function orderedPlace(at: FilePlace | null): FilePlace | null {
  return at === null ? null : { file: at.file, line: at.line, column: at.column };
}

function orderedTrace({ kind, where, text, look, lasts }: Trace): Trace {
  return { kind, where, text, look, lasts };
}
