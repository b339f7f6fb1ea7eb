import { type Fields, fieldsAt, fieldsOf, isFields, itemsOf, textOf } from '../../api/fields';
import { parseQuantity, quantityText } from '../../api/quantity';

/** The defaults of containers, probes and environment. Source: pkg/apis/core/v1/defaults.go. */
export function defaultContainer(container: Fields): void {
  for (const port of itemsOf(container['ports'])) port['protocol'] ||= 'TCP';
  for (const variable of itemsOf(container['env'])) {
    const reference = fieldsOf(variable['valueFrom'])['fieldRef'];
    if (isFields(reference)) reference['apiVersion'] ||= 'v1';
  }
  canonicalizeResources(fieldsAt(container, 'resources'));
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = container[name];
    if (isFields(probe)) defaultProbe(probe);
  }
  for (const hook of ['postStart', 'preStop'])
    defaultHttpGet(fieldsOf(fieldsOf(container['lifecycle'])[hook]));
  container['terminationMessagePath'] ||= '/dev/termination-log';
  container['terminationMessagePolicy'] ||= 'File';
  container['imagePullPolicy'] ||= pullsAlways(textOf(container['image'])) ? 'Always' : 'IfNotPresent';
}

/** `latest`, said or meant: no tag and no digest (parsers.ParseImageName). */
function pullsAlways(image: string): boolean {
  const [name = '', digest] = image.split('@');
  // What is no reference has no tag either, and keeps what it was given.
  if (!/^[\w.-]+(:\d+)?(\/[a-z0-9._-]+)*(:[\w.-]+)?$/.test(name) || /[A-Z]/.test(name.replace(/:[^/]*$/, '')))
    return false;
  const tag = /:([^/:]+)$/.exec(name)?.[1];
  return tag === undefined ? digest === undefined : tag === 'latest';
}

function defaultProbe(probe: Fields): void {
  defaultHttpGet(probe);
  const { grpc } = probe;
  if (isFields(grpc)) grpc['service'] ??= '';
  probe['timeoutSeconds'] ||= 1;
  probe['periodSeconds'] ||= 10;
  probe['successThreshold'] ||= 1;
  probe['failureThreshold'] ||= 3;
}

function defaultHttpGet(handler: Fields): void {
  const { httpGet } = handler;
  if (!isFields(httpGet)) return;
  httpGet['path'] ||= '/';
  httpGet['scheme'] ||= 'HTTP';
}

/** Amounts are stored in the one form that Quantity is written in. */
export function canonicalizeResources(resources: Fields): void {
  for (const name of ['limits', 'requests']) canonicalizeAmounts(fieldsOf(resources[name]));
}

export function canonicalizeAmounts(amounts: Fields): void {
  for (const [name, amount] of Object.entries(amounts)) {
    const quantity = parseQuantity(String(amount));
    if (quantity !== null) amounts[name] = quantityText(quantity);
  }
}

/** What is limited and not requested is requested as much (SetDefaults_Pod: of pods, not of templates). */
export function requestLimits(container: Fields): void {
  const resources = fieldsOf(container['resources']);
  const { limits } = resources;
  if (!isFields(limits)) return;
  resources['requests'] = { ...limits, ...fieldsOf(resources['requests']) };
}
