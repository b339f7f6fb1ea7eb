import { parseJsonPath } from '../../api/json-path';
import { MidplaneError } from '../../error';
import { collectionOf } from '../object-path';
import type { DocumentPart } from './document-part';
import type { ObjectCondition } from './scenario-file';

const questions = ['is', 'matches', 'exists'] as const;

/** What `object` in a condition asks of the apiserver. */
export function readObjectCondition(part: DocumentPart): ObjectCondition {
  part.only(['apiVersion', 'kind', 'namespace', 'name', 'jsonPath', ...questions]);
  const name = part.neededText('name');
  const kind = part.neededText('kind');
  const apiVersion = part.neededText('apiVersion');
  const namespace = part.text('namespace');
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  let collection = '';
  if (kind !== '' && apiVersion !== '') {
    try {
      collection = collectionOf({ apiVersion, kind, metadata });
    } catch (error) {
      if (!(error instanceof MidplaneError)) throw error;
      part.note('kind', error.message, error.hint ?? '');
    }
  }
  if (namespace !== undefined && collection !== '' && !collection.includes('/namespaces/'))
    part.noteName('namespace', `${kind} ${name} is in no namespace`, 'leave it out');
  const jsonPath = part.text('jsonPath');
  if (jsonPath !== undefined) {
    const path = parseJsonPath(jsonPath);
    if (path.kind === 'malformed')
      part.note(
        'jsonPath',
        `jsonPath "${jsonPath}" is none: ${path.text}`,
        'as in kubectl get -o jsonpath, for example {.status.phase}',
      );
  }
  const asked = questions.filter((question) => part.has(question));
  if (asked.length > 1)
    part.noteName(asked[1] ?? 'is', `${asked.join(' and ')} are both there`, 'one of is, matches, exists');
  for (const question of ['is', 'matches'].filter((each) => part.has(each) && jsonPath === undefined))
    part.noteName(question, `${question} is said without jsonPath`, 'it says what of the object is compared');
  const is = part.value('is');
  const matches = part.text('matches');
  if (matches !== undefined) part.pattern('matches', matches);
  if (is !== undefined && !['string', 'number', 'boolean'].includes(typeof is))
    part.note('is', 'is holds more than a text', 'it is what kubectl prints, in quotes');
  const exists = part.truth('exists');
  return {
    path: `${collection}/${encodeURIComponent(name)}`,
    what: `${kind} ${name}`,
    ...(jsonPath === undefined ? {} : { jsonPath }),
    ...(is === undefined ? {} : { is: String(is) }),
    ...(matches === undefined ? {} : { matches }),
    ...(exists === undefined ? {} : { exists }),
  };
}
