import { certificateWords } from '../scenarios/certificate-words';
import {
  defencesRun,
  pathsRun,
  positionsRun,
  sides,
  techniqueIds,
  verdictIds,
} from '../scenarios/vocabulary';
import { attackNames } from './scenario-outcome';

const text = { type: 'string', minLength: 1 } as const;
const flags = {
  description: 'Flags of kube-apiserver by their real names, behind those of the defence.',
  type: 'array',
  items: { type: 'string', pattern: '^--?[a-z]' },
} as const;
const insteadOf = {
  description:
    'Flags that the lab’s kube-apiserver has anyway, each with what stands in its place; "" for nothing.',
  type: 'object',
  additionalProperties: { type: 'string' },
} as const;
const kubelet = {
  description: 'Fields of KubeletConfiguration (kubelet.config.k8s.io/v1beta1), over those of the defence.',
  type: 'object',
} as const;
const objects = {
  description: 'Kubernetes objects that an administrator makes before the nodes come.',
  type: 'array',
  items: {
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata'],
    properties: {
      apiVersion: text,
      kind: text,
      metadata: { type: 'object', required: ['name'], properties: { name: text, namespace: text } },
    },
  },
} as const;
const defence = { description: 'A preset of real flags: midplane list defences.', enum: defencesRun };
const cluster = {
  description: 'In what the cluster differs from stock.',
  type: 'object',
  additionalProperties: false,
  properties: { defence, apiserver: flags, insteadOf, kubelet, objects },
};
const options = { description: 'Options of the play.', type: 'object' } as const;
const position = {
  description: 'How the attacker gets the traffic: midplane list positions. Default: arp.',
  enum: positionsRun,
};
const side = { description: 'Where it stands of a tunnel. Default: both.', enum: sides };
const technique = {
  description: 'What the attacker does: one word, or several about its certificate, joined with --.',
  anyOf: [
    { enum: techniqueIds },
    { type: 'string', pattern: `^(${certificateWords.join('|')})(--(${certificateWords.join('|')}))+$` },
  ],
};
const user = {
  description: 'What the user does, in this order: each of the paths once.',
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    anyOf: [
      { properties: { path: true }, required: ['path'] },
      { properties: { kubectl: true }, required: ['kubectl'] },
    ],
    dependentRequired: { stdin: ['kubectl'], as: ['kubectl'] },
    additionalProperties: false,
    properties: {
      path: { description: 'What is attacked while it is done: midplane list paths', enum: pathsRun },
      kubectl: {
        description:
          'A command line for the real kubectl of your machine. With a path it takes the place of the lab’s client; $(UP) in it stands for a random word of the run.',
        ...text,
      },
      stdin: { description: 'What it reads on its standard input.', type: 'string' },
      as: {
        description: 'Whose kubeconfig it has. Default: admin.',
        enum: ['admin', 'developer', 'viewer', 'attacker'],
      },
      name: {
        description: 'A name for the action.',
        type: 'string',
        pattern: '^[a-z][a-z0-9]*(-[a-z0-9]+)*$',
      },
      text: { description: 'What is to be understood before it is done. Markdown.', ...text },
    },
  },
};
const truth = { type: 'boolean' } as const;

/** JSON Schema 2020-12 of scenario files, for editors; `midplane lint` looks at more than a schema can say. */
export const scenarioSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:midplane:schema:v1:scenario',
  title: 'Scenario',
  description: 'An attack, played twice: the twins differ in one setting.',
  type: 'object',
  required: ['apiVersion', 'kind', 'metadata', 'spec'],
  additionalProperties: false,
  properties: {
    apiVersion: { const: 'midplane/v1' },
    kind: { const: 'Scenario' },
    metadata: {
      type: 'object',
      required: ['name', 'title'],
      additionalProperties: false,
      properties: {
        name: { type: 'string', pattern: '^[a-z0-9]+(-[a-z0-9]+)*$' },
        title: text,
        order: { description: 'Lists are sorted by it.', type: 'integer' },
      },
    },
    spec: {
      type: 'object',
      required: ['story', 'setting', 'notice', 'sources', 'attacker', 'expect', 'twin'],
      additionalProperties: false,
      properties: {
        story: { description: 'What happens and why. Markdown.', ...text },
        needs: { description: 'What the attacker must have before it begins.', ...text },
        evidence: { description: 'What proves that it got in, or was turned away.', ...text },
        attack: {
          description: 'MITRE ATT&CK for Containers, ids alone.',
          type: 'array',
          items: { enum: Object.keys(attackNames) },
        },
        setting: {
          description: 'The one setting in which the twins differ, for people, in upstream’s spelling.',
          type: 'object',
          required: ['name', 'open', 'fixed'],
          additionalProperties: false,
          properties: { name: text, open: text, fixed: text },
        },
        notice: { description: 'What a defender sees of it, and where.', ...text },
        sources: { description: 'Where the facts come from.', type: 'array', minItems: 1, items: text },
        cluster,
        attacker: {
          description: 'What the attacker does to the paths of `user`; or a play, which does everything.',
          oneOf: [
            {
              type: 'object',
              required: ['technique'],
              additionalProperties: false,
              properties: {
                position,
                side,
                technique,
                rules: {
                  description: 'What a relay changes in the streams: docs/streams.md.',
                  type: 'array',
                  items: { type: 'object' },
                },
              },
            },
            {
              type: 'object',
              required: ['play'],
              additionalProperties: false,
              properties: {
                play: {
                  description: 'One that ships, or a file beside this one (./my-play.js): docs/hooks.md.',
                  ...text,
                },
                with: options,
              },
            },
          ],
        },
        user,
        hints: {
          description: 'Said when a run really came out like that.',
          type: 'array',
          items: {
            type: 'object',
            required: ['when', 'text'],
            additionalProperties: false,
            properties: { when: { $ref: '#/$defs/condition' }, text },
          },
        },
        expect: { $ref: '#/$defs/expectation' },
        twin: {
          type: 'object',
          required: ['change', 'expect'],
          additionalProperties: false,
          properties: {
            change: {
              description: 'The one thing that differs; it takes the place of what is said above.',
              type: 'object',
              minProperties: 1,
              maxProperties: 1,
              additionalProperties: false,
              properties: {
                cluster,
                defence,
                apiserver: flags,
                insteadOf,
                kubelet,
                objects,
                position,
                side,
                technique,
                user,
                with: options,
              },
            },
            expect: { $ref: '#/$defs/expectation' },
          },
        },
      },
    },
  },
  $defs: {
    expectation: { type: 'object', $ref: '#/$defs/condition', required: ['outcome'] },
    condition: {
      type: 'object',
      additionalProperties: false,
      properties: {
        outcome: {
          description: 'open: the attacker got something; closed: it was turned away; unproved: neither.',
          enum: ['open', 'closed', 'unproved'],
        },
        saw: {
          description: 'Each is shown to somebody in one of the steps: a text, or /a regular expression/.',
          type: 'array',
          items: text,
        },
        object: {
          description:
            'What the lab’s apiserver holds when all is over. Without is and matches: whether it is there.',
          type: 'object',
          required: ['apiVersion', 'kind', 'name'],
          additionalProperties: false,
          properties: {
            apiVersion: text,
            kind: text,
            namespace: { description: 'Default: default.', ...text },
            name: text,
            jsonPath: { description: 'As in kubectl get -o jsonpath: {.status.phase}', ...text },
            is: {
              description: 'What kubectl prints of it.',
              anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }],
            },
            matches: { description: 'A text in it, or /a regular expression/.', ...text },
            exists: truth,
          },
        },
        paths: {
          type: 'array',
          items: {
            type: 'object',
            required: ['path'],
            additionalProperties: false,
            properties: {
              path: { enum: pathsRun },
              verdict: { description: 'midplane list verdicts', enum: verdictIds },
              readUp: { description: 'The attacker holds what the client sent.', ...truth },
              readDown: { description: 'The attacker holds what the genuine endpoint answered.', ...truth },
              forged: { description: 'The client got what the attacker invented.', ...truth },
              tampered: { description: 'The genuine endpoint got what the attacker changed.', ...truth },
              clientCertificateShown: { description: 'The attacker was shown one.', ...truth },
              steered: { description: 'The client took another genuine endpoint for its own.', ...truth },
              credential: { enum: ['captured', 'replayed', 'none'] },
              alert: { description: 'What the client sent, by its RFC 8446 name.', ...text },
              clientSaw: {
                description: 'On the user’s terminal: a text, or /a regular expression/.',
                ...text,
              },
            },
          },
        },
      },
    },
  },
} as const;
