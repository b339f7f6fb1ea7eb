import { certificateWords } from '../../scenarios/certificate-words';
import { isOpen, verdictIds } from '../../scenarios/vocabulary';
import { knownWords } from './cell-words';
import { type KeyPart, keyParts, partNames } from './expectations';

const joined = `(${certificateWords.join('|')})(--(${certificateWords.join('|')}))+`;

/** A word, or a pattern with at least one `*`; for an editor to offer the words, they are listed. */
function word(part: KeyPart) {
  const known = [{ enum: knownWords(part) }, { type: 'string', pattern: '\\*' }];
  return part === 'technique' ? [...known, { type: 'string', pattern: `^${joined}$` }] : known;
}

function oneOrMore(choices: readonly object[]) {
  return { anyOf: [...choices, { type: 'array', minItems: 1, items: { anyOf: choices } }] };
}

const keys = Object.fromEntries(
  keyParts.map((part) => [
    part,
    { description: `Which ${part}; absent: every one.`, ...oneOrMore(word(part)) },
  ]),
);

const head = (kind: string, spec: object) => ({
  type: 'object',
  additionalProperties: false,
  required: ['apiVersion', 'kind', 'spec'],
  properties: {
    apiVersion: { const: 'midplane/v1' },
    kind: { const: kind },
    metadata: { type: 'object' },
    spec,
  },
});

/** JSON Schema 2020-12 of a file for --expect, for editors; read-expectations.ts says the same with line and column. */
export const expectationsSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:midplane:schema:v1:expectations',
  title: 'Expectations',
  description: 'What should come of an interception matrix. The last that speaks of a cell counts.',
  ...head('Expectations', {
    type: 'object',
    additionalProperties: false,
    required: ['expect'],
    properties: {
      expect: {
        type: 'array',
        minItems: 1,
        items: {
          type: 'object',
          additionalProperties: false,
          anyOf: [{ required: ['open'] }, { required: ['verdict'] }, { required: ['parts'] }],
          not: { required: ['open', 'verdict'] },
          properties: {
            ...keys,
            open: { description: 'Whether an attacker gains anything.', type: 'boolean' },
            verdict: oneOrMore([{ enum: verdictIds }, { type: 'string', pattern: '\\*' }]),
            parts: {
              type: 'object',
              additionalProperties: false,
              properties: Object.fromEntries(
                partNames.map((name) => [
                  name,
                  name === 'credential' ? { enum: [null, 'captured', 'replayed'] } : { type: 'boolean' },
                ]),
              ),
            },
            why: { description: 'Told when it fails.', type: 'string' },
          },
        },
      },
    },
  }),
};

const entryKeys = Object.fromEntries(
  keyParts.map((part) => [
    part,
    part === 'technique'
      ? { anyOf: [{ enum: knownWords(part) }, { type: 'string', pattern: `^${joined}$` }] }
      : { enum: knownWords(part) },
  ]),
);

/** Of what --write-baseline writes. */
export const baselineSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:midplane:schema:v1:baseline',
  title: 'Baseline',
  description: 'What stood open when it was written, and is accepted.',
  ...head('Baseline', {
    type: 'object',
    additionalProperties: false,
    required: ['open'],
    properties: {
      open: {
        type: 'array',
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['path', 'defence', 'technique', 'verdict'],
          properties: { ...entryKeys, verdict: { enum: verdictIds.filter(isOpen) } },
        },
      },
    },
  }),
};
