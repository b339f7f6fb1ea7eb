import { describe, expect, test } from '@jest/globals';
import {
  type CertificateWord,
  certificateWords,
  contradiction,
  firstComplaint,
  isSelfMade,
  parseJoinedWords,
} from './certificate-words';
import { compareTechniques, isCompound, kindOf, type TechniqueId, techniqueIds } from './vocabulary';

describe('joined words', () => {
  test('are techniques of the vocabulary, in its order', () => {
    expect(techniqueIds.filter((id) => certificateWords.some((word) => word === id))).toEqual(
      certificateWords,
    );
  });

  test('come back in one order, however they were named', () => {
    const expected = { kind: 'joined', words: ['rogue-ca', 'expired', 'weak-key'] };
    expect(parseJoinedWords('weak-key--rogue-ca--expired')).toEqual(expected);
    expect(parseJoinedWords('rogue-ca--expired--weak-key')).toEqual(expected);
  });

  test.each<[string, object]>([
    ['rogue-ca--tap', { kind: 'unknown-word', word: 'tap' }],
    ['rogue-ca--', { kind: 'unknown-word', word: '' }],
    ['rogue-ca---expired', { kind: 'unknown-word', word: '-expired' }],
    ['Expired--rogue-ca', { kind: 'unknown-word', word: 'Expired' }],
    ['expired--rogue-ca--expired', { kind: 'repeated-word', word: 'expired' }],
  ])('%s are none', (text, outcome) => {
    expect(parseJoinedWords(text)).toEqual(outcome);
  });

  test.each<[string, CertificateWord, CertificateWord, RegExp]>([
    ['neighbour--self-signed', 'self-signed', 'neighbour', /signs itself belongs to no node/],
    ['stolen--expired', 'expired', 'stolen', /as it is/],
    ['not-yet-valid--expired', 'expired', 'not-yet-valid', /over before it has come/],
    ['rogue-ca--self-signed', 'self-signed', 'rogue-ca', /one signer/],
    ['expired--path-length--self-signed', 'self-signed', 'path-length', /no authority above/],
    ['name-constrained--cn-only', 'cn-only', 'name-constrained', /subjectAltNames/],
    ['name-constrained--missing-intermediate', 'name-constrained', 'missing-intermediate', /not sent/],
  ])('%s contradict each other, and both are named', (text, one, other, why) => {
    expect(parseJoinedWords(text)).toEqual({
      kind: 'contradiction',
      words: [one, other],
      why: expect.stringMatching(why),
    });
  });

  test('contradict each other in either order, and never themselves', () => {
    for (const one of certificateWords) {
      expect(contradiction(one, one)).toBeNull();
      for (const other of certificateWords) expect(contradiction(one, other)).toBe(contradiction(other, one));
    }
  });

  test.each<[string, boolean]>([
    ['rogue-ca--expired', true],
    ['expired--rogue-ca', false],
    ['expired', false],
    ['stolen--expired', false],
    ['tap--expired', false],
  ])('%s is a compound of the vocabulary: %s', (id, is) => {
    expect(isCompound(id)).toBe(is);
    if (id.includes('--')) expect(kindOf(id)).toBe(is ? 'technique' : null);
  });

  test('stand behind the single words, ordered as those are', () => {
    const ids: TechniqueId[] = [
      'wrong-host--client-cert',
      'replay',
      'rogue-ca--weak-key',
      'rogue-ca--expired',
      'tap',
    ];
    expect(ids.sort(compareTechniques)).toEqual([
      'tap',
      'replay',
      'rogue-ca--expired',
      'rogue-ca--weak-key',
      'wrong-host--client-cert',
    ]);
  });

  test('need an authority unless the attacker is its own', () => {
    expect(isSelfMade('rogue-ca--expired')).toBe(true);
    expect(isSelfMade('wrong-host--expired')).toBe(false);
  });

  test('are complained of in the order of Go, and two of them not at all', () => {
    expect(firstComplaint(['rogue-ca', 'wrong-host', 'expired'])).toBe('expired');
    expect(firstComplaint(['client-cert', 'path-length'])).toBe('path-length');
    expect(firstComplaint(['neighbour'])).toBeNull();
    expect(firstComplaint(['stolen'])).toBeNull();
  });
});
