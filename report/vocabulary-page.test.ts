import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { defences, paths, positions, techniques, verdicts } from '../scenarios/vocabulary';

/** The page is written by hand and read by people; this keeps it complete. */
const page = readFileSync(join(__dirname, '..', '..', 'docs', 'vocabulary.md'), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| `'));

const words = [...paths, ...defences, ...techniques, ...positions, ...verdicts];

describe('docs/vocabulary.md', () => {
  test.each(words.map((word) => [word.id, word] as const))(
    'has a row for %s, with its title and release',
    (id, word) => {
      const own = rows.filter((row) => row.startsWith(`| \`${id}\` |`));
      expect(own).toHaveLength(1);
      expect(own[0]).toContain(word.title);
      expect(own[0]?.endsWith(word.since === null ? '| later |' : `| ${word.since} |`)).toBe(true);
    },
  );

  test('has no row for anything else', () => {
    expect(rows).toHaveLength(words.length);
  });

  test.each(defences.flatMap((word) => word.settings.map((setting) => [word.id, setting] as const)))(
    'names the setting of %s: %s',
    (id, setting) => {
      expect(rows.find((row) => row.startsWith(`| \`${id}\` |`))).toContain(`\`${setting}\``);
    },
  );
});
