/**
 * A Kubernetes object on its way to the apiserver, with an annotation of the attacker's, which every kind can carry and
 * which is stored without anybody having to know it. Null for what is no object in JSON: that is passed on as it is.
 */
export function tamperObject(body: Buffer, text: string): Buffer | null {
  let object: unknown;
  try {
    object = JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
  if (!isFields(object)) return null;
  const metadata = isFields(object['metadata']) ? object['metadata'] : {};
  const annotations = isFields(metadata['annotations']) ? metadata['annotations'] : {};
  const changed = { ...object, metadata: { ...metadata, annotations: { ...annotations, injected: text } } };
  return Buffer.from(JSON.stringify(changed));
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
