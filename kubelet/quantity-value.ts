import { parseQuantity } from '../api/quantity';

/** As a number; NaN for what is no quantity. */
export function quantityValue(text: string | number): number {
  const quantity = parseQuantity(String(text));
  return quantity === null ? Number.NaN : Number(quantity.nanos) / 1e9;
}
