import { describe, expect, test } from '@jest/globals';
import { parseQuantity, quantityText } from './quantity';

describe('a quantity', () => {
  test.each([
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['1024Mi', '1Gi'],
    ['1536Mi', '1536Mi'],
    ['0.5Gi', '512Mi'],
    ['512Ki', '512Ki'],
    ['2000', '2k'],
    ['1024', '1024'],
    ['1e3', '1e3'],
    ['12E2', '1200'],
    ['0', '0'],
    ['-1', '-1'],
    ['.5', '500m'],
    ['100Mi', '100Mi'],
    ['1.0000000001', '1000000001n'],
    ['0.5Ki', '512'],
  ])('%s is written %s', (text, canonical) => {
    const quantity = parseQuantity(text);
    expect(quantity === null ? null : quantityText(quantity)).toBe(canonical);
  });

  test.each(['', 'a', '1x', '1 Gi', '.', '1KI', '--1', '1e', '1.2.3'])('%j is none', (text) => {
    expect(parseQuantity(text)).toBeNull();
  });

  test('compares by amount', () => {
    expect(parseQuantity('1Gi')?.nanos).toBe(parseQuantity('1024Mi')?.nanos);
    expect(parseQuantity('1G')?.nanos).not.toBe(parseQuantity('1Gi')?.nanos);
  });
});
