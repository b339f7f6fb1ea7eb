import { parseQuantity, quantityText } from '../quantity';

/**
 * A quantity as the decoder leaves it behind: in its canonical form, or in upstream's words why it is none.
 * Source: k8s.io/apimachinery pkg/api/resource/quantity.go, ParseQuantity.
 */
export function readQuantity(text: string): { readonly text: string } | { readonly error: string } {
  const match = /^[+-]?([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/.exec(text);
  if (text === '' || text.length > longest || match === null) return { error: formatWrong };
  const quantity = parseQuantity(text);
  if (quantity === null) return { error: suffixWrong };
  const [, whole = '', fraction = '', suffix = ''] = match;
  return {
    text: isKept(whole.replace(/^0+/, ''), fraction, suffix) ? text : quantityText(quantity),
  };
}

/** Nothing is counted in more digits, and the longest would take minutes to convert. */
const longest = 100;

const formatWrong =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const suffixWrong = "unable to parse quantity's suffix";

const decimals = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binaries = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** Upstream's fast path keeps the text of what it takes for canonical, and does not look closely: `+1` stays `+1`. */
function isKept(whole: string, fraction: string, suffix: string): boolean {
  const digits = whole === '' ? `0${fraction}` : whole + fraction;
  const binary = binaries.indexOf(suffix);
  if (binary !== -1) {
    const room = 15 - digits.length - (binary + 1) * 3 - 1;
    return fraction === '' && room >= 0 && (BigInt(digits) & 7n) !== 0n;
  }
  const exponent = decimals.includes(suffix) ? (decimals.indexOf(suffix) - 3) * 3 : Number(suffix.slice(1));
  const scale = exponent - fraction.length;
  if (digits.length > 18 || scale < -9) return false;
  return scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0');
}
