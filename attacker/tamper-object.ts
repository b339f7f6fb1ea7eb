import { Transform, type TransformCallback } from 'node:stream';
import { fieldsIn, formatFields, parseFields } from './fields';

/**
 * A Kubernetes object on its way to the apiserver, with an annotation of the attacker's, which every kind can carry and
 * which is stored without anybody having to know it. Null for what is no object in JSON, and for what is nested too deep
 * to be one: that is passed on as it is.
 */
export function tamperObject(body: Buffer, text: string): Buffer | null {
  const object = parseFields(body.toString('utf8'));
  if (object === null) return null;
  const metadata = fieldsIn(object, 'metadata');
  const annotations = { ...fieldsIn(metadata, 'annotations'), injected: text };
  const changed = formatFields({ ...object, metadata: { ...metadata, annotations } });
  return changed === null ? null : Buffer.from(changed);
}

/** Above what an apiserver takes (3 MiB, k8s.io/apiserver pkg/server/config.go): nobody's object is this large. */
const MAX_OBJECT_BYTES = 4 * 1024 * 1024;

/** Holds a body back until it is whole, and tampers with it; what is too large to be an object passes as it comes. */
export class ObjectInjector extends Transform {
  readonly #text: string;
  readonly #see: (bytes: Buffer) => void;
  #held: Buffer[] | null = [];
  #length = 0;

  /** `see` is shown every genuine chunk before anything is changed. */
  constructor(text: string, see: (bytes: Buffer) => void) {
    super();
    this.#text = text;
    this.#see = see;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#see(chunk);
    this.#length += chunk.length;
    if (this.#held === null) {
      done(null, chunk);
      return;
    }
    this.#held.push(chunk);
    if (this.#length <= MAX_OBJECT_BYTES) {
      done();
      return;
    }
    const held = Buffer.concat(this.#held);
    this.#held = null;
    done(null, held);
  }

  override _flush(done: TransformCallback): void {
    const body = Buffer.concat(this.#held ?? []);
    this.#held = null;
    done(null, tamperObject(body, this.#text) ?? body);
  }
}
