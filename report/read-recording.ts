import { MidplaneError } from '../error';
import { midplaneVersion } from '../version';
import { misfit } from './fits-schema';
import type { RecordedLine, RecordedOutcome, Recording, RecordingHeader } from './recording';
import {
  cellDocumentSchema,
  headerSchema,
  lineSchemas,
  lineTypes,
  outcomeSchema,
  scenarioDocumentSchema,
} from './recording-schema';

/**
 * A file that `midplane record` has written. Throws MidplaneError RECORDING_INVALID with file and line: what is not a recording,
 * is of a newer format, was cut off, or does not fit.
 */
export function readRecording(text: string, file: string): Recording {
  const rows = text.split('\n');
  // The last line of a whole file is ended too.
  const isEnded = rows.at(-1) === '';
  if (isEnded) rows.pop();
  const header = readHeader(rows[0] ?? '', file);
  const lines: RecordedLine[] = [];
  for (const [index, row] of rows.entries()) {
    if (index === 0) continue;
    const at = place(file, index + 1);
    const isLast = index === rows.length - 1;
    const value = parseRow(row, at, isLast && !isEnded);
    const type = typeOf(value);
    if (type === 'outcome') {
      const outcome = checked<RecordedOutcome>(outcomeSchema, value, at);
      if (!isLast) {
        throw broken(
          `${place(file, index + 2)} stands behind the outcome`,
          'a recording is one run: cut the rest off',
        );
      }
      if (outcome.lines !== lines.length) {
        throw broken(
          `${at} says that ${outcome.lines} lines stand before it, and there are ${lines.length}`,
          'lines were taken out or put in: record it again',
        );
      }
      checked(header.ran.kind === 'cell' ? cellDocumentSchema : scenarioDocumentSchema, outcome.document, at);
      return { header, lines, outcome };
    }
    const schema = type === undefined ? undefined : lineSchemas.get(type);
    if (schema === undefined) throw unknownType(type, at, header);
    lines.push(checked<RecordedLine>(schema, value, at));
  }
  throw broken(
    `${place(file, rows.length)} is the last line, and no outcome: the file was cut off`,
    'record it again, or take a whole copy of it',
  );
}

function readHeader(row: string, file: string): RecordingHeader {
  const at = place(file, 1);
  const notOne = 'midplane record NAME -o FILE writes one';
  if (row.trim() === '') throw broken(`"${file}" is empty`, notOne);
  let value: unknown;
  try {
    value = JSON.parse(row);
  } catch {
    throw broken(`${at} is no header of a recording: it is no JSON object on one line`, notOne);
  }
  const { apiVersion, kind } = (typeof value === 'object' && value !== null ? value : {}) as {
    apiVersion?: unknown;
    kind?: unknown;
  };
  if (kind !== 'Recording') throw broken(`${at} is of kind ${shown(kind)}, not "Recording"`, notOne);
  if (apiVersion !== 'midplane/v1') {
    throw broken(
      `${at} is of format ${shown(apiVersion)}; midplane ${midplaneVersion} reads "midplane/v1"`,
      'use the version of midplane that recorded it, or a newer one',
    );
  }
  return checked<RecordingHeader>(headerSchema, value, at);
}

function parseRow(row: string, at: string, isCutOff: boolean): unknown {
  try {
    return JSON.parse(row);
  } catch (cause) {
    if (isCutOff)
      throw broken(
        `${at} ends in its middle: the file was cut off`,
        'record it again, or take a whole copy of it',
      );
    const why = cause instanceof Error ? cause.message : String(cause);
    throw broken(`${at} is no JSON: ${why}`, 'record it again, or take a whole copy of it');
  }
}

function typeOf(value: unknown): string | undefined {
  const { type } = (typeof value === 'object' && value !== null ? value : {}) as { type?: unknown };
  return typeof type === 'string' ? type : undefined;
}

function unknownType(type: string | undefined, at: string, header: RecordingHeader): MidplaneError {
  if (type === undefined) return broken(`${at} says no type`, `types of lines are ${lineTypes.join(', ')}`);
  const newer = header.midplaneVersion !== midplaneVersion;
  return broken(
    `${at} is of type "${type}", which midplane ${midplaneVersion} does not know`,
    newer
      ? `it was recorded by midplane ${header.midplaneVersion}: use that, or a newer one`
      : `types of lines are ${lineTypes.join(', ')}`,
  );
}

function checked<T>(schema: object, value: unknown, at: string): T {
  const fault = misfit(schema, value);
  if (fault !== null) throw broken(`${at}: ${fault}`, 'record it again, or take a whole copy of it');
  return value as T;
}

function place(file: string, line: number): string {
  return `${file}:${line}`;
}

function shown(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}

function broken(message: string, hint: string): MidplaneError {
  return new MidplaneError('RECORDING_INVALID', message, { hint });
}
