import { fieldsOf, isFields, numberOf, textOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { type Cell, column, documented, nameColumn, type Printer, wide } from './column';
import { age } from './human-duration';

/** printEvent. */
export const events: Printer = {
  columns: [
    column('Last Seen', documented('core.v1.Event', 'lastTimestamp')),
    column('Type', documented('core.v1.Event', 'type')),
    column('Reason', documented('core.v1.Event', 'reason')),
    column('Object', documented('core.v1.Event', 'involvedObject')),
    wide('Subobject', documented('core.v1.ObjectReference', 'fieldPath')),
    wide('Source', documented('core.v1.Event', 'source')),
    column('Message', documented('core.v1.Event', 'message')),
    wide('First Seen', documented('core.v1.Event', 'firstTimestamp')),
    wide('Count', documented('core.v1.Event', 'count')),
    { ...nameColumn, priority: 1 },
  ],
  cells: eventCells,
};

function eventCells(event: KubeObject, now: Date): Cell[] {
  const [involved, source] = [fieldsOf(event['involvedObject']), fieldsOf(event['source'])];
  const { series } = event;
  const first = age(event['firstTimestamp'] || event['eventTime'], now);
  const last = event['lastTimestamp'] ? age(event['lastTimestamp'], now) : first;
  const kind = textOf(involved['kind']).toLowerCase();
  const name = textOf(involved['name']);
  const component = textOf(source['component']) || textOf(event['reportingComponent']);
  const instance = textOf(source['host']) || textOf(event['reportingInstance']);
  return [
    isFields(series) ? age(series['lastObservedTime'], now) : last,
    textOf(event['type']),
    textOf(event['reason']),
    name === '' ? kind : `${kind}/${name}`,
    textOf(involved['fieldPath']),
    instance === '' ? component : `${component}, ${instance}`,
    textOf(event['message']).trim(),
    first,
    isFields(series) ? numberOf(series['count']) : numberOf(event['count']) || 1,
    event.metadata.name,
  ];
}
