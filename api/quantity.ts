/**
 * resource.Quantity: `500m`, `1Gi`, `1e3`. Amounts are held in billionths, which is as fine as upstream keeps them.
 * Source: k8s.io/apimachinery pkg/api/resource/quantity.go, suffix.go.
 */
export interface Quantity {
  readonly nanos: bigint;
  readonly format: 'DecimalSI' | 'BinarySI' | 'DecimalExponent';
}

const billion = 1_000_000_000n;
const decimals = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binaries = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const form = /^([+-]?)(\d*)(?:\.(\d*))?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d{1,3})?$/;

/** Null for what is no quantity. */
export function parseQuantity(text: string): Quantity | null {
  const match = form.exec(text);
  if (match === null) return null;
  const [, sign, whole = '', fraction = '', suffix = ''] = match;
  if (whole === '' && fraction === '') return null;
  const digits = BigInt(`${whole}${fraction}`);
  const { format, multiplier, exponent } = scaleOf(suffix);
  const shift = 9 + exponent - fraction.length;
  const scaled = digits * multiplier;
  const nanos = shift >= 0 ? scaled * 10n ** BigInt(shift) : roundedUp(scaled, 10n ** BigInt(-shift));
  return { nanos: sign === '-' ? -nanos : nanos, format };
}

function scaleOf(suffix: string): { format: Quantity['format']; multiplier: bigint; exponent: number } {
  if (/^[eE][+-]?\d/.test(suffix))
    return { format: 'DecimalExponent', multiplier: 1n, exponent: Number(suffix.slice(1)) };
  const binary = binaries.indexOf(suffix);
  if (binary > 0) return { format: 'BinarySI', multiplier: 1024n ** BigInt(binary), exponent: 0 };
  return { format: 'DecimalSI', multiplier: 1n, exponent: (decimals.indexOf(suffix) - 3) * 3 };
}

function roundedUp(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}

/** The one way to write an amount (CanonicalizeBytes): `0.5` is `500m`, `1024Mi` is `1Gi`. */
export function quantityText({ nanos, format }: Quantity): string {
  const size = nanos < 0n ? -nanos : nanos;
  const sign = nanos < 0n ? '-' : '';
  if (format === 'BinarySI' && size >= 1024n * billion) {
    let amount = roundedUp(size, billion);
    let unit = 0;
    while (amount % 1024n === 0n && unit < binaries.length - 1) {
      amount /= 1024n;
      unit += 1;
    }
    return `${sign}${amount}${binaries[unit]}`;
  }
  if (size === 0n) return '0';
  let amount = size;
  let unit = 0;
  while (amount % 1000n === 0n && unit < decimals.length - 1) {
    amount /= 1000n;
    unit += 1;
  }
  const exponent = (unit - 3) * 3;
  if (format === 'DecimalExponent') return `${sign}${amount}${exponent === 0 ? '' : `e${exponent}`}`;
  return `${sign}${amount}${decimals[unit]}`;
}
