import { expect, test } from '@jest/globals';
import { type Decoded, decodeJson } from '../../api/schema/decode-json';
import { decodeProtobuf, openEnvelope } from '../../api/schema/decode-protobuf';
import { kindNames, kubernetesSchema } from '../../api/schema/kubernetes-schema';
import type { Message } from '../../api/schema/schema';
import { parseGoJson } from '../../wire/go-json';
import { buildOracle, coldBuildMs, whyNoOracle } from './kubernetes-oracle';
import { RandomBody } from './random-body';

/**
 * Agreement with Kubernetes itself about bodies: what is in them, what is unknown, and what is wrong with them, in the
 * same words.
 */
const why = whyNoOracle();
const testWithGo = why === null ? test : test.skip;
const title = why === null ? '' : ` (SKIPPED: ${why}, so agreement with Kubernetes was NOT measured)`;

interface Case {
  readonly apiVersion: string;
  readonly kind: string;
  readonly message: Message;
  readonly body: string;
}

interface Answer {
  readonly object: unknown;
  readonly error: string;
  readonly strict: readonly string[];
}

/** Kinds whose Go types are in modules of their own are not asked about. */
const asked = kindNames().filter(
  ({ apiVersion, kind }) =>
    !apiVersion.startsWith('metrics.k8s.io/') &&
    !/v1(alpha|beta)/.test(apiVersion) &&
    !kind.endsWith('List') &&
    kind !== 'Status',
);

function cases(rounds: number, wrongOneIn: number): Case[] {
  return asked.flatMap(({ apiVersion, kind, message }, at) =>
    Array.from({ length: rounds }, (_, round) => {
      const random = new RandomBody(kubernetesSchema, at * 1000 + round, wrongOneIn);
      return { apiVersion, kind, message, body: random.body(apiVersion, kind, message) };
    }),
  );
}

function decodeQuestion({ apiVersion, kind, body }: Case) {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const encoded = Buffer.from(body).toString('base64');
  return { operation: 'decode', format: 'json', group, version, kind, strict: true, body: encoded };
}

function ours({ message, body }: Case): Answer {
  const node = parseGoJson(body);
  if (node.kind === 'syntax-error') return { object: null, error: node.text, strict: [] };
  return answerOf(decodeJson(kubernetesSchema, message, node));
}

function answerOf(decoded: Decoded): Answer {
  return decoded.kind === 'undecodable'
    ? { object: null, error: decoded.error, strict: [] }
    : { object: decoded.object, error: '', strict: decoded.strictErrors };
}

/** Go answers before storage, where an empty list is still one. */
function stored(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(stored);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, stored(member)]));
}

const brokenBodies = [
  '',
  '{"a":',
  '"a',
  'not json',
  '{a:1}',
  '{"a" 1}',
  '{"a":1 "b":2}',
  '{"a":1,}',
  '[1 2]',
  '[1,]',
  '{} x',
  '01',
  '-x',
  '1.x',
  '1ex',
  '"\\x"',
  '"\\u12g4"',
  '"\n"',
  "'a'",
  'é',
  '\u0001',
  '['.repeat(100_000),
];
const nothing = {
  apiVersion: 'v1',
  kind: 'Pod',
  message: kubernetesSchema.message('io.k8s.api.core.v1.Pod'),
};

testWithGo(
  `bodies mean what they mean to Kubernetes${title}`,
  () => {
    using oracle = buildOracle();
    const sound = cases(30, 0);
    const all = [...sound, ...cases(60, 3), ...cases(60, 12), ...cases(30, 60)];
    const answers = oracle.ask(all.map(decodeQuestion)) as Answer[];
    const differences = all.flatMap((one, at) => {
      const go = answers[at];
      const mine = ours(one);
      const same =
        go?.error === mine.error &&
        JSON.stringify(go.strict) === JSON.stringify(mine.strict) &&
        JSON.stringify(stored(go.object)) === JSON.stringify(stored(mine.object));
      return same
        ? []
        : [{ body: one.body, go: JSON.stringify(stored(go)), mine: JSON.stringify(stored(mine)) }];
    });
    expect(differences.slice(0, 3)).toEqual([]);
    // The cases themselves, so that a generator that stopped generating is noticed.
    expect(answers.filter(({ error }) => error !== '').length).toBeGreaterThan(500);
    expect(answers.filter(({ error, strict }) => error === '' && strict.length > 0).length).toBeGreaterThan(
      100,
    );

    const sayings = oracle.ask(brokenBodies.map((body) => decodeQuestion({ ...nothing, body }))) as Answer[];
    expect(
      brokenBodies.map(
        (body) => `couldn't get version/kind; json parse error: ${ours({ ...nothing, body }).error}`,
      ),
    ).toEqual(sayings.map(({ error }) => error));

    const written = oracle.ask(sound.map(({ body }) => ({ operation: 'encode', object: JSON.parse(body) })));
    const otherwise = sound.flatMap((one, at) => {
      const body = Buffer.from((written[at] as { body: string }).body, 'base64');
      const envelope = openEnvelope(body);
      const read =
        envelope.kind === 'enveloped'
          ? answerOf(decodeProtobuf(kubernetesSchema, one.message, envelope.raw))
          : envelope;
      const { apiVersion: _a, kind: _k, ...fields } = ours(one).object as Record<string, unknown>;
      const { apiVersion: _b, kind: _l, ...found } = (read as Answer).object as Record<string, unknown>;
      return JSON.stringify(stored(found)) === JSON.stringify(stored(fields))
        ? []
        : [{ body: one.body, found: JSON.stringify(found), fields: JSON.stringify(fields) }];
    });
    expect(otherwise.slice(0, 3)).toEqual([]);
  },
  coldBuildMs,
);
