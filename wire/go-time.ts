import { goQuote } from './go-quote';

/**
 * Times as Go's time.Parse reads them by the two layouts that Kubernetes has, with its complaints.
 * Source: time/format.go; k8s.io/apimachinery pkg/apis/meta/v1 {time,micro_time}.go.
 */
export interface GoTime {
  readonly seconds: number;
  readonly nanos: number;
}

export interface GoTimeError {
  readonly error: string;
}

const rfc3339 = '2006-01-02T15:04:05Z07:00';
const rfc3339Micro = '2006-01-02T15:04:05.000000Z07:00';

/** Go's zero time, 0001-01-01T00:00:00Z. */
const zeroSeconds = -62_135_596_800;

export function parseGoTime(text: string, precision: 'seconds' | 'micros'): GoTime | GoTimeError {
  const layout = precision === 'micros' ? rfc3339Micro : rfc3339;
  const complain = (rest: string, element: string): GoTimeError => ({
    error: `parsing time ${goQuote(text)} as ${goQuote(layout)}: cannot parse ${goQuote(rest)} as ${goQuote(element)}`,
  });
  const outOfRange = (what: string): GoTimeError => ({
    error: `parsing time ${goQuote(text)}: ${what} out of range`,
  });
  let rest = text;
  const numbers: number[] = [];
  for (const { element, pattern, most, name } of elements) {
    const found = pattern.exec(rest)?.[0];
    if (found === undefined) return complain(rest, element);
    rest = rest.slice(found.length);
    if (most === null) continue;
    const number = Number(found);
    if (number > most || (name === 'month' && number === 0)) return outOfRange(name);
    numbers.push(number);
  }
  const fraction = precision === 'micros' ? /^[.,]\d{6}/.exec(rest)?.[0] : (/^[.,]\d+/.exec(rest)?.[0] ?? '');
  if (fraction === undefined) return complain(rest, '.000000');
  rest = rest.slice(fraction.length);
  const zone = /^(?:Z|[+-]\d\d:\d\d)/.exec(rest)?.[0];
  if (zone === undefined) return complain(rest, 'Z07:00');
  rest = rest.slice(zone.length);
  if (rest !== '') return { error: `parsing time ${goQuote(text)}: extra text: ${goQuote(rest)}` };
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = numbers;
  if (day < 1 || day > daysIn(year, month)) return outOfRange('day');
  const offset = zoneOffset(zone);
  if (offset === null)
    return outOfRange(Number(zone.slice(1, 3)) > 24 ? 'time zone offset hour' : 'time zone offset minute');
  const instant = new Date(0);
  instant.setUTCFullYear(year, month - 1, day);
  instant.setUTCHours(hour, minute, second);
  return {
    seconds: instant.getTime() / 1000 - offset,
    nanos: fraction === '' ? 0 : Number(fraction.slice(1, 10).padEnd(9, '0')),
  };
}

/** RFC 3339 in UTC; null for the zero time, which Kubernetes writes as `null`. */
export function formatGoTime({ seconds, nanos }: GoTime, precision: 'seconds' | 'micros'): string | null {
  if (seconds === zeroSeconds && nanos === 0) return null;
  const instant = new Date(seconds * 1000);
  if (Number.isNaN(instant.getTime())) return null;
  const whole = instant.toISOString().replace(/\.\d+Z$/, '');
  if (precision === 'seconds') return `${whole}Z`;
  return `${whole}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`;
}

interface Element {
  readonly element: string;
  readonly pattern: RegExp;
  readonly most: number | null;
  readonly name: string;
}

const elements: readonly Element[] = [
  { element: '2006', pattern: /^\d{4}/, most: 9999, name: 'year' },
  { element: '-', pattern: /^-/, most: null, name: '' },
  { element: '01', pattern: /^\d{2}/, most: 12, name: 'month' },
  { element: '-', pattern: /^-/, most: null, name: '' },
  { element: '02', pattern: /^\d{2}/, most: 31, name: 'day' },
  { element: 'T', pattern: /^T/, most: null, name: '' },
  { element: '15', pattern: /^\d{1,2}/, most: 23, name: 'hour' },
  { element: ':', pattern: /^:/, most: null, name: '' },
  { element: '04', pattern: /^\d{2}/, most: 59, name: 'minute' },
  { element: ':', pattern: /^:/, most: null, name: '' },
  { element: '05', pattern: /^\d{2}/, most: 59, name: 'second' },
];

function daysIn(year: number, month: number): number {
  const instant = new Date(0);
  instant.setUTCFullYear(year, month, 0);
  return instant.getUTCDate();
}

/** Seconds east of UTC; null when no zone is that far. */
function zoneOffset(zone: string): number | null {
  if (zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 24 || minutes > 60) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60;
}
