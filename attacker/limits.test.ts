import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as limits from './limits';

describe('docs/attacker.md', () => {
  test('names every limit, with its value', () => {
    const page = readFileSync(join(__dirname, '..', '..', 'docs', 'attacker.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name, value]) => [name, value]);
    const expected = Object.entries(limits).map(([name, value]) => [name, inWords(name, value)]);
    expect(new Map(rows as [string, string][])).toEqual(new Map(expected as [string, string][]));
  });
});

function inWords(name: string, value: number): string {
  if (name.endsWith('_MS')) return `${value / 1000} s`;
  if (!name.endsWith('_BYTES')) return `${value}`;
  const kib = value / 1024;
  return kib < 1024 ? `${kib} KiB` : `${kib / 1024} MiB`;
}
