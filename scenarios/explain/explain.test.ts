import { describe, expect, test } from '@jest/globals';
import { MidplaneError } from '../../error';
import {
  defenceIds,
  defences,
  kindOf,
  pathIds,
  paths,
  positionIds,
  positions,
  techniqueIds,
  techniques,
  verdictIds,
  verdicts,
} from '../vocabulary';
import { explain, explainedIds } from './explain';

const words = [...paths, ...defences, ...techniques, ...positions, ...verdicts];
const everyId: readonly string[] = [
  ...pathIds,
  ...defenceIds,
  ...techniqueIds,
  ...positionIds,
  ...verdictIds,
];

function wordCount(paragraphs: readonly string[]): number {
  return paragraphs.join(' ').split(/\s+/).filter(Boolean).length;
}

describe('the pages of explain', () => {
  test('cover every id and nothing else', () => {
    expect([...explainedIds].sort()).toEqual([...everyId].sort());
  });

  test.each(words.filter((word) => word.since !== null).map((word) => word.id))(
    '%s teaches in half a page, with a command to try',
    (id) => {
      const page = explain(id);
      expect(wordCount(page.body)).toBeGreaterThanOrEqual(150);
      expect(wordCount(page.body)).toBeLessThanOrEqual(260);
      expect(page.body.at(-1)).toMatch(/^Try: `midplane /);
    },
  );

  test('say of a word that is only reserved that this release does not run it', () => {
    for (const { id } of words.filter((word) => word.since === null)) {
      const page = explain(id);
      expect(wordCount(page.body)).toBeGreaterThanOrEqual(35);
      expect(wordCount(page.body)).toBeLessThanOrEqual(120);
      expect(page.body.at(-1)).toMatch(/^\*\*Not (run|reached) by this release\*\*/);
    }
  });

  test.each(everyId)('%s opens with its id, cites upstream and points only to ids that exist', (id) => {
    const page = explain(id);
    expect(page.kind).toBe(kindOf(id));
    expect(page.title.startsWith(`${id}: `)).toBe(true);
    expect(page.sources.length).toBeGreaterThan(0);
    expect(page.seeAlso.length).toBeGreaterThan(0);
    expect(page.seeAlso.filter((other) => kindOf(other) === null)).toEqual([]);
    expect(page.seeAlso).not.toContain(id);
  });

  test.each(everyId)('%s closes every bold and code mark, paragraph by paragraph', (id) => {
    for (const paragraph of explain(id).body) {
      expect(paragraph.split('`').length % 2).toBe(1);
      expect(paragraph.replaceAll(/`[^`]*`/g, '').split('**').length % 2).toBe(1);
    }
  });

  test.each(everyId)('%s quotes code and messages with the apostrophes that a terminal shows', (id) => {
    const quotes = explain(id).body.flatMap((paragraph) => paragraph.match(/`[^`]*`/g) ?? []);
    expect(quotes.filter((quote) => /[‘’“”]/.test(quote))).toEqual([]);
  });

  test.each(everyId)('%s suggests only commands whose ids this release runs', (id) => {
    const text = explain(id).body.join(' ');
    for (const [, kind, value] of text.matchAll(/--(path|defence|technique|position) ([a-z-]+)/g)) {
      const word = words.find((entry) => entry.id === value);
      expect([kind, value, kindOf(value ?? '')]).toEqual([kind, value, kind]);
      expect(word?.since).toBe('0.1.0');
    }
  });

  test.each([
    [
      'rogue-ca--expired',
      /Here that is `expired`; once that is mended, `rogue-ca`\./,
      /makes it itself, with nothing but its place/,
    ],
    [
      'client-cert--neighbour',
      /Here that is `client-cert`; but for it the certificate is believed\./,
      /signed by an/,
    ],
  ])('of joined words tell each of them, and which a client says: %s', (id, said, made) => {
    const page = explain(id);
    const text = page.body.join('\n');
    expect(page).toMatchObject({ kind: 'technique', seeAlso: id.split('--') });
    expect(page.title.startsWith(`${id}: `)).toBe(true);
    expect(text).toMatch(said);
    expect(text).toMatch(made);
    expect(page.body.at(-1)).toContain(`--technique ${id}`);
  });

  test('an unknown word is a usage error that names the nearest ids', () => {
    const failure = (() => {
      try {
        explain('kublet-ca');
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(failure).toBeInstanceOf(MidplaneError);
    expect(failure).toMatchObject({ code: 'USAGE', message: 'nothing is called "kublet-ca"' });
    expect((failure as MidplaneError).hint).toContain('kubelet-ca');
  });
});
