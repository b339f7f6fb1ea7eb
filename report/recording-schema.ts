import { twins } from './scenario-outcome';
import { interceptionMatrixSchema } from './schema';

const text = { type: 'string' } as const;
const texts = { type: 'array', items: text } as const;
const count = { type: 'integer', minimum: 0 } as const;
const textOrNull = { anyOf: [text, { type: 'null' }] } as const;
const end = {
  type: 'object',
  required: ['address', 'port'],
  properties: { address: text, port: count },
} as const;
const direction = { description: 'up: what the dialler sent.', enum: ['up', 'down'] } as const;

/** Objects stay open, because fields are added and never renamed. */
export const headerSchema = {
  description: 'The first line.',
  type: 'object',
  required: [
    'apiVersion',
    'kind',
    'midplaneVersion',
    'emulates',
    'ran',
    'seed',
    'note',
    'certificates',
    'made',
  ],
  properties: {
    apiVersion: { const: 'midplane/v1' },
    kind: { const: 'Recording' },
    midplaneVersion: text,
    emulates: { description: 'The Kubernetes release whose behaviour the lab follows.', ...text },
    ran: {
      anyOf: [
        {
          type: 'object',
          required: ['kind', 'path', 'defence', 'technique', 'position'],
          properties: {
            kind: { const: 'cell' },
            path: text,
            defence: text,
            technique: text,
            position: text,
            side: text,
          },
        },
        {
          type: 'object',
          required: ['kind', 'name', 'twins'],
          properties: {
            kind: { const: 'scenario' },
            name: text,
            twins: { type: 'array', items: { enum: twins } },
          },
        },
      ],
    },
    seed: { description: 'What keys, ids and words were made from. Null: randomness.', ...textOrNull },
    note: text,
    certificates: {
      description: 'Public ones: of the lab’s authorities, and all that were shown on a wire.',
      type: 'array',
      items: {
        type: 'object',
        required: ['subject', 'issuer', 'pem'],
        properties: { subject: text, issuer: text, pem: text },
      },
    },
    made: {
      description: 'When and with what; nobody compares it.',
      type: 'object',
      required: ['at', 'node', 'platform'],
      properties: { at: text, node: text, platform: text },
    },
  },
} as const;

const where = {
  twin: {
    description: 'Of which run; null: a cell has but one.',
    anyOf: [{ enum: twins }, { type: 'null' }],
  },
  cluster: { description: 'In which of its clusters.', type: 'integer', minimum: 1 },
  at: { description: 'Milliseconds since the run began.', type: 'number' },
} as const;
const required = ['type', 'twin', 'cluster', 'at'] as const;

const eventSchema = {
  description: 'Something happened.',
  type: 'object',
  required: [...required, 'host', 'connection', 'kind', 'data'],
  properties: {
    type: { const: 'event' },
    ...where,
    host: { description: 'The machine on which it happened.', ...text },
    connection: textOrNull,
    kind: { description: 'A past participle with its subject.', ...text },
    data: { type: 'object' },
  },
} as const;

const connectionSchema = {
  description: 'A TCP connection was opened.',
  type: 'object',
  required: [
    ...required,
    'connection',
    'from',
    'through',
    'deliveredTo',
    'dialler',
    'listener',
    'during',
    'protocol',
    'readableBy',
  ],
  properties: {
    type: { const: 'connection' },
    ...where,
    connection: text,
    from: text,
    through: texts,
    deliveredTo: text,
    dialler: end,
    listener: end,
    during: { description: 'What the run was doing when it was first used.', ...text },
    protocol: { enum: ['tls', 'ssh', 'clear', 'nothing'] },
    readableBy: {
      description: 'The machines whose programs had what opens each direction.',
      type: 'object',
      required: ['up', 'down'],
      properties: { up: texts, down: texts },
    },
    shown: {
      description: 'The certificates of the header that each side showed: SHA-256 of their DER, in hex.',
      type: 'object',
      required: ['up', 'down'],
      properties: { up: texts, down: texts },
    },
  },
} as const;

const streamSchema = {
  description: 'Something passed on a connection; one of the last four fields says what.',
  type: 'object',
  required: [...required, 'connection', 'direction'],
  properties: {
    type: { const: 'stream' },
    ...where,
    connection: text,
    direction,
    text: { description: 'UTF-8.', ...text },
    base64: text,
    sealed: { description: 'Bytes that nobody’s keys opened.', ...count },
    dropped: { description: 'Bytes that there was no room for.', ...count },
  },
} as const;

export const outcomeSchema = {
  description: 'The last line.',
  type: 'object',
  required: ['type', 'lines', 'document'],
  properties: {
    type: { const: 'outcome' },
    lines: { description: 'How many stand between the header and this one.', ...count },
    document: {
      description: 'What midplane run -o json prints; of a cell without its events.',
      type: 'object',
    },
  },
} as const;

/** By their types, those between header and outcome. */
export const lineSchemas: ReadonlyMap<string, object> = new Map<string, object>([
  ['event', eventSchema],
  ['connection', connectionSchema],
  ['stream', streamSchema],
]);

export const lineTypes: readonly string[] = [...lineSchemas.keys(), 'outcome'];

const step = {
  type: 'object',
  required: ['who', 'did', 'saw', 'outcome'],
  properties: {
    who: text,
    did: text,
    saw: text,
    outcome: { enum: ['went-well', 'gained', 'refused'] },
    text,
  },
} as const;

const trace = {
  type: 'object',
  required: ['kind', 'where', 'text', 'look', 'lasts'],
  properties: { where: text, text, look: text },
} as const;

/** What the outcome of a cell must have to be told again. */
export const cellDocumentSchema = {
  type: 'object',
  required: ['cell', 'command'],
  properties: { cell: { $ref: '#/$defs/cell' }, command: text, transcript: { type: 'object' } },
  $defs: interceptionMatrixSchema.$defs,
} as const;

/** The same of a scenario. */
export const scenarioDocumentSchema = {
  type: 'object',
  required: ['kind', 'scenario', 'runs'],
  properties: {
    kind: { const: 'ScenarioReport' },
    scenario: {
      type: 'object',
      required: ['id', 'title', 'story', 'setting', 'notice', 'sources'],
      properties: { id: text, title: text, story: text, notice: text, sources: texts },
    },
    runs: {
      type: 'array',
      items: {
        type: 'object',
        required: ['twin', 'setting', 'steps', 'gains', 'traces', 'outcome', 'asClaimed', 'durationMs'],
        properties: {
          twin: { enum: twins },
          setting: text,
          steps: { type: 'array', items: step },
          gains: texts,
          traces: { type: 'array', items: trace },
          outcome: { enum: ['open', 'closed', 'unproved'] },
          asClaimed: { type: 'boolean' },
          unmet: texts,
          hints: texts,
          cells: { type: 'array', items: { $ref: '#/$defs/cell' } },
          durationMs: { type: 'number' },
        },
      },
    },
  },
  $defs: interceptionMatrixSchema.$defs,
} as const;

/** JSON Schema 2020-12 of one line of a recording, whichever it is. */
export const recordingSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:midplane:schema:v1:recording',
  title: 'A line of a Recording',
  description: 'A recording is newline-delimited JSON: the header, what happened in its order, the outcome.',
  anyOf: [headerSchema, eventSchema, connectionSchema, streamSchema, outcomeSchema],
} as const;
