/** UTCTime and GeneralizedTime as Go reads them in certificates: more than RFC 5280 allows, less than X.690 does. */

export interface Asn1Time {
  /** Milliseconds since 1970, as Date uses. */
  readonly epochMs: number;
  /** The offset that was written, which Go repeats in its texts; 0 for `Z`. */
  readonly offsetMinutes: number;
}

/** Seconds may be missing here and nowhere else (golang.org/x/crypto/cryptobyte, ReadASN1UTCTime). */
const utcTime = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(Z|[+-]\d{4})$/;
const generalizedTime = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(Z|[+-]\d{4})$/;

export function parseUtcTime(content: Buffer): Asn1Time | null {
  const fields = utcTime.exec(content.toString('latin1'));
  if (fields === null) return null;
  const twoDigits = Number(fields[1]);
  // Go checks the day against 2050..2068 before it moves those years back; both centuries have the same leap years there.
  return timeOf(twoDigits >= 50 ? 1900 + twoDigits : 2000 + twoDigits, fields);
}

export function parseGeneralizedTime(content: Buffer): Asn1Time | null {
  const fields = generalizedTime.exec(content.toString('latin1'));
  return fields === null ? null : timeOf(Number(fields[1]), fields);
}

function timeOf(year: number, fields: RegExpExecArray): Asn1Time | null {
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields
    .slice(2, 7)
    .map((field) => Number(field ?? 0));
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return null;
  const offsetMinutes = offsetOf(fields[7] ?? '');
  if (offsetMinutes === null) return null;
  const date = new Date(0);
  // Not Date.UTC: it takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  if (day < 1 || date.getUTCDate() !== day) return null;
  date.setUTCHours(hour, minute, second);
  return { epochMs: date.getTime() - offsetMinutes * 60_000, offsetMinutes };
}

/** An offset of zero must be written `Z`; Go lets hours run to 24. */
function offsetOf(zone: string): number | null {
  if (zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3));
  if (hours > 24 || minutes > 59 || hours + minutes === 0) return null;
  return (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes);
}

/** Go's time.RFC3339: whole seconds, `Z` or an offset. */
export function rfc3339({ epochMs, offsetMinutes }: Asn1Time): string {
  const local = new Date(Math.floor(epochMs / 1000) * 1000 + offsetMinutes * 60_000);
  const stamp = local.toISOString().replace(/\.\d+Z$/, '');
  if (offsetMinutes === 0) return `${stamp}Z`;
  const minutes = Math.abs(offsetMinutes);
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  return `${stamp}${offsetMinutes < 0 ? '-' : '+'}${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
}
