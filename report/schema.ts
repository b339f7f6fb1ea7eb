import { certificateWords } from '../scenarios/certificate-words';
import { defenceIds, pathIds, positionIds, sides, techniqueIds, verdictIds } from '../scenarios/vocabulary';
import { settingClasses } from './given-outcome';
import { traceKinds } from './outcome';

/** Not a list of types: strict readers (ajv among them) refuse those. */
const orNull = (schema: object) => ({ anyOf: [schema, { type: 'null' }] });
const nullableBoolean = orNull({ type: 'boolean' });

/** The fields that no two cells share. */
const keyProperties = {
  path: { description: 'Which connection is attacked.', enum: pathIds },
  defence: { description: 'Which preset of real flags is in force.', enum: defenceIds },
  technique: {
    description:
      'What the attacker does: one word, or several about the certificate that it shows, joined with --.',
    anyOf: [
      { enum: techniqueIds },
      {
        type: 'string',
        pattern: `^(${certificateWords.join('|')})(--(${certificateWords.join('|')}))+$`,
      },
    ],
  },
  position: { description: 'How the attacker gets the traffic. Absent: arp.', enum: positionIds },
  side: {
    description:
      'Where the attacker stood: between the apiserver and the tunnel, between the tunnel and the endpoint, or in both places. Absent: the defence is no tunnel.',
    enum: sides,
  },
} as const;

/**
 * JSON Schema 2020-12 of the InterceptionMatrix. Objects stay open, because fields are added and never renamed: a
 * reader that validates with an older copy must not break on a newer document for that.
 */
export const interceptionMatrixSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:midplane:schema:v1:interception-matrix',
  title: 'InterceptionMatrix',
  description: 'What an attacker on the path really got, for each path, defence and technique that was run.',
  type: 'object',
  required: ['apiVersion', 'kind', 'cells'],
  properties: {
    apiVersion: { const: 'midplane/v1' },
    kind: { const: 'InterceptionMatrix' },
    metadata: {
      description: 'How the document came about.',
      type: 'object',
      required: ['midplaneVersion', 'emulates', 'node', 'startedAt', 'durationMs'],
      properties: {
        midplaneVersion: { type: 'string', minLength: 1 },
        emulates: {
          description: 'The Kubernetes release whose behaviour the lab follows.',
          type: 'string',
          pattern: '^v[0-9]+\\.[0-9]+\\.[0-9]+$',
        },
        node: { description: 'The version of Node.js that ran it.', type: 'string', minLength: 1 },
        startedAt: {
          description: 'RFC 3339, UTC.',
          type: 'string',
          pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z$',
        },
        durationMs: { type: 'number', minimum: 0 },
        seed: {
          description: 'Repeats the same run, when one was given.',
          anyOf: [{ type: 'number' }, { type: 'string' }],
        },
      },
    },
    cells: { type: 'array', items: { $ref: '#/$defs/cell' } },
    given: {
      description:
        'What midplane check was given: the class of each setting, what was assumed, and what further settings close.',
      type: 'object',
      required: ['settings', 'assumptions', 'closings', 'stays'],
      properties: {
        settings: { type: 'array', items: { $ref: '#/$defs/setting' } },
        assumptions: { type: 'array', items: { type: 'string' } },
        closings: { type: 'array', items: { $ref: '#/$defs/closing' } },
        stays: { description: 'Open in every lab that was run.', type: 'array', items: { enum: pathIds } },
        places: {
          description: 'Where to mend each path that stands open or fails.',
          type: 'array',
          items: {
            type: 'object',
            required: ['path', 'closing', 'at'],
            properties: {
              path: { enum: pathIds },
              closing: { description: 'What closes or lessens it.', ...orNull({ type: 'string' }) },
              at: {
                description: 'Where the setting stands that leaves it open, or would be added.',
                ...orNull({ $ref: '#/$defs/place' }),
              },
            },
          },
        },
        certificate: {
          description: "How kube-apiserver would judge the kubelet's certificate. Absent: none was given.",
          type: 'object',
          required: ['host', 'ok', 'error', 'change'],
          properties: {
            host: { type: 'string' },
            ok: { type: 'boolean' },
            error: orNull({ type: 'string' }),
            change: orNull({ type: 'string' }),
          },
        },
      },
    },
    expectations: {
      description:
        'What the cells came to beside what was expected of them. Absent: nobody expected anything.',
      type: 'object',
      required: ['files', 'judged', 'failures', 'accepted', 'closed', 'unused'],
      properties: {
        files: { description: 'Where it was said.', type: 'array', items: { type: 'string' } },
        judged: { description: 'Cells that something was expected of.', type: 'integer', minimum: 0 },
        failures: { type: 'array', items: { $ref: '#/$defs/failure' } },
        accepted: {
          description: 'Open now, and open when the baseline was written.',
          type: 'array',
          items: { $ref: '#/$defs/key' },
        },
        closed: {
          description: 'Open when the baseline was written, and closed now.',
          type: 'array',
          items: { $ref: '#/$defs/key' },
        },
        unused: {
          description: 'What was expected of cells that were not run.',
          type: 'array',
          items: {
            type: 'object',
            required: ['text', 'at'],
            properties: { text: { type: 'string' }, at: { $ref: '#/$defs/place' } },
          },
        },
      },
    },
  },
  $defs: {
    setting: {
      description: 'A setting that was given, or that an installer or a default brings.',
      type: 'object',
      required: ['component', 'name', 'value', 'class', 'why', 'at'],
      properties: {
        component: { type: 'string' },
        name: { type: 'string' },
        value: {
          description: 'Null for what the lab did not run with: it may be a secret.',
          ...orNull({ type: 'string' }),
        },
        class: { enum: settingClasses },
        why: { type: 'string' },
        at: orNull({ $ref: '#/$defs/place' }),
      },
    },
    closing: {
      description: 'The same attacks on what stood open or failed, in a lab with one more setting.',
      type: 'object',
      required: ['id', 'setting', 'closes', 'lessens', 'mends', 'leaves'],
      properties: {
        id: { type: 'string' },
        setting: { type: 'string' },
        at: {
          description: 'Where it stands otherwise, or would be added.',
          ...orNull({ $ref: '#/$defs/place' }),
        },
        closes: { type: 'array', items: { enum: pathIds } },
        lessens: {
          description: 'Open still, but less is gained.',
          type: 'array',
          items: {
            type: 'object',
            required: ['path', 'from', 'to'],
            properties: {
              path: { enum: pathIds },
              from: { enum: verdictIds },
              to: { enum: verdictIds },
            },
          },
        },
        mends: {
          description: 'What failed without an attacker, and works and stays closed with it.',
          type: 'array',
          items: { enum: pathIds },
        },
        leaves: { type: 'array', items: { enum: pathIds } },
      },
    },
    place: {
      type: 'object',
      required: ['file', 'line', 'column'],
      properties: {
        file: { type: 'string' },
        line: { type: 'integer', minimum: 1 },
        column: { type: 'integer', minimum: 1 },
      },
    },
    key: {
      description: 'Which cell.',
      type: 'object',
      required: ['path', 'defence', 'technique'],
      properties: keyProperties,
    },
    failure: {
      description: 'An expectation that was not met.',
      type: 'object',
      required: ['path', 'defence', 'technique', 'kind', 'expected', 'seen', 'why', 'at'],
      properties: {
        ...keyProperties,
        kind: { enum: ['verdict', 'part', 'newly-open'] },
        expected: { type: 'string' },
        seen: { type: 'string' },
        why: {
          description: 'Why it is expected, in the words of whoever wrote it down.',
          ...orNull({ type: 'string' }),
        },
        at: { description: 'Where it is written.', ...orNull({ $ref: '#/$defs/place' }) },
      },
    },
    cell: {
      description: 'What one technique got on one path under one defence.',
      type: 'object',
      required: [
        'path',
        'defence',
        'technique',
        'verdict',
        'works',
        'read',
        'forged',
        'tampered',
        'clientCertificateShown',
        'credential',
        'tls',
        'clientSaw',
        'reason',
        'evidence',
      ],
      properties: {
        ...keyProperties,
        verdict: {
          description: 'What that came to; midplane explain has a page for each.',
          enum: verdictIds,
        },
        works: { description: 'The control run, without the attacker, succeeded.', type: 'boolean' },
        read: {
          description: 'Which planted secrets the attacker holds. Null: the path carries nothing that way.',
          type: 'object',
          required: ['up', 'down'],
          properties: {
            up: { description: 'What the client sent.', ...nullableBoolean },
            down: { description: 'What the genuine endpoint answered.', ...nullableBoolean },
          },
        },
        forged: { description: 'What the attacker invented reached the client.', type: 'boolean' },
        tampered: {
          description: 'What the attacker changed reached the genuine endpoint. Null: nothing to change.',
          ...nullableBoolean,
        },
        clientCertificateShown: {
          description: 'The attacker asked for a client certificate and was shown one.',
          type: 'boolean',
        },
        steered: {
          description:
            'The client took another genuine endpoint for the one it had dialled. Absent: it was not led to one.',
          type: 'boolean',
        },
        credential: {
          description: 'A bearer credential in the loot, and whether it worked against the genuine server.',
          enum: ['captured', 'replayed', null],
        },
        tls: {
          description:
            'The handshake between the client and whoever answered. Null: no TLS on this connection.',
          ...orNull({
            type: 'object',
            required: ['version', 'alert'],
            properties: {
              version: { enum: ['TLSv1.2', 'TLSv1.3', null] },
              alert: {
                description: 'The alert the client sent, by its RFC 8446 name.',
                ...orNull({ type: 'string' }),
              },
            },
          }),
        },
        clientSaw: {
          description: "The words on the user's terminal; empty when nothing was said.",
          type: 'string',
        },
        reason: { description: 'Why the verdict is what it is, in English.', type: 'string', minLength: 1 },
        evidence: {
          type: 'object',
          required: ['lootQuote', 'connections', 'genuineAnswers'],
          properties: {
            lootQuote: {
              description: 'A few words out of the loot, as the attacker holds them.',
              ...orNull({ type: 'string' }),
            },
            connections: {
              description: 'Connections that reached the attacker.',
              type: 'integer',
              minimum: 0,
            },
            genuineAnswers: {
              description: 'What the genuine endpoint said to the attacker.',
              type: 'array',
              items: {
                type: 'object',
                required: ['status', 'text'],
                properties: { status: { type: 'integer' }, text: { type: 'string' } },
              },
            },
            traces: {
              description:
                'What those who look after the cluster could have seen of the attack. Absent: nobody looked.',
              type: 'array',
              items: {
                type: 'object',
                required: ['kind', 'where', 'text', 'look', 'lasts'],
                properties: {
                  kind: { enum: traceKinds },
                  where: { description: 'The machine, object or log.', type: 'string' },
                  text: { type: 'string' },
                  look: { description: 'The command that shows it.', type: 'string' },
                  lasts: { description: 'It can still be seen when the attack is over.', type: 'boolean' },
                },
              },
            },
            replays: {
              description:
                'What each captured credential was good for at the genuine server. Absent: none was used.',
              type: 'array',
              items: {
                type: 'object',
                required: ['request', 'status', 'identity', 'allowed'],
                properties: {
                  request: {
                    description: 'The captured request that was sent again with it.',
                    ...orNull({ type: 'string' }),
                  },
                  status: { description: 'Of the answer; 0: there was none.', type: 'integer' },
                  identity: {
                    description: 'Whom the server takes the bearer for; null when it does not say.',
                    ...orNull({ type: 'string' }),
                  },
                  allowed: {
                    description: 'What the server says the bearer may do, or what it opened to him.',
                    type: 'array',
                    items: { type: 'string' },
                  },
                  credential: { description: 'What it is, and where it was found.', type: 'string' },
                  opened: {
                    description:
                      'Something that it opened and nobody else is shown: the request and its answer.',
                    type: 'string',
                  },
                  why: { description: 'Why it could not be used.', type: 'string' },
                },
              },
            },
            resent: {
              description:
                'Captured requests that were sent again as they were, without a credential. Absent: none was.',
              type: 'array',
              items: {
                type: 'object',
                required: ['request', 'status', 'answer'],
                properties: {
                  request: { type: 'string' },
                  status: { description: 'Of the answer; 0: there was none.', type: 'integer' },
                  answer: { description: 'The beginning of it.', type: 'string' },
                },
              },
            },
            redirects: {
              description:
                'Where the attacker sent the client, and what it saw there. Absent: it sent nobody anywhere.',
              type: 'array',
              items: {
                type: 'object',
                required: ['status', 'location', 'followedBy', 'credential', 'alert'],
                properties: {
                  status: { type: 'integer' },
                  location: { type: 'string' },
                  followedBy: {
                    description: 'The User-Agent of whoever came. Null: nobody did.',
                    ...orNull({ type: 'string' }),
                  },
                  credential: {
                    description: 'What it brought.',
                    enum: ['bearer token', 'basic', 'client certificate', null],
                  },
                  alert: {
                    description: 'The alert of a client that came and did not believe the place.',
                    ...orNull({ type: 'string' }),
                  },
                },
              },
            },
            dropped: {
              description:
                'Bytes and entries that the attacker had no room to keep, by what they were. Absent: it kept all.',
              type: 'object',
              additionalProperties: { type: 'integer', minimum: 1 },
            },
          },
        },
      },
    },
  },
} as const;

/** The schema as published in report/interception-matrix.schema.json, which a test compares with this text. */
export function schemaText(schema: object = interceptionMatrixSchema): string {
  return `${layOut(schema, 0, 0)}\n`;
}

/** JSON as the repository's formatter lays it out: lists of words on one line where 110 columns hold them. */
function layOut(value: unknown, depth: number, keyWidth: number): string {
  const inner = '  '.repeat(depth + 1);
  const outer = '  '.repeat(depth);
  if (Array.isArray(value)) {
    const items = value.map((item) => layOut(item, depth + 1, 0));
    const line = `[${items.join(', ')}]`;
    // One more column for the comma that may follow.
    const fits = outer.length + keyWidth + line.length + 1 <= 110;
    return fits && !line.includes('\n') ? line : `[\n${inner}${items.join(`,\n${inner}`)}\n${outer}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, member]) => {
      const key = `${JSON.stringify(name)}: `;
      return key + layOut(member, depth + 1, key.length);
    });
    return `{\n${inner}${members.join(`,\n${inner}`)}\n${outer}}`;
  }
  return JSON.stringify(value);
}
