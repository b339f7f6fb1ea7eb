import { Transform, type TransformCallback } from 'node:stream';

/**
 * Where a foreign text goes into bytes that pass, so that what carries it stays well formed: into the head of an HTTP
 * message that travels as bytes (port-forward), as a member of a JSON object, else as a line of its own before the rest.
 * The original bytes stay together, so nobody loses what it would have got without the attacker.
 */
export function inject(chunk: Buffer, text: string): Buffer {
  const start = chunk.subarray(0, 256).toString('latin1');
  const httpStartLine = /^(?:[A-Z]{3,10} \S+ HTTP\/1\.[01]|HTTP\/1\.[01] \d{3}[^\r\n]*)\r\n/.exec(start);
  if (httpStartLine !== null) {
    const at = httpStartLine[0].length;
    return Buffer.concat([
      chunk.subarray(0, at),
      Buffer.from(`X-Injected: ${oneLine(text)}\r\n`),
      chunk.subarray(at),
    ]);
  }
  // Only a non-empty object: `{}` would need no comma, and a lone `{` does not show which of the two it is.
  const jsonObject = /^\s*\{\s*(?=")/.exec(start);
  if (jsonObject !== null) {
    const at = jsonObject[0].length;
    return Buffer.concat([
      chunk.subarray(0, at),
      Buffer.from(`"injected":${JSON.stringify(text)},`),
      chunk.subarray(at),
    ]);
  }
  return Buffer.concat([Buffer.from(`${text}\n`), chunk]);
}

/** Passes bytes on and injects once: into the first chunk, or before the end of a stream that carries none. */
export class Injector extends Transform {
  #text: string | null;
  readonly #see: ((bytes: Buffer) => void) | undefined;

  /** `see` is shown every genuine chunk before anything is changed; `text` null changes nothing. */
  constructor(text: string | null, see?: (bytes: Buffer) => void) {
    super();
    this.#text = text;
    this.#see = see;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#see?.(chunk);
    if (this.#text === null || chunk.length === 0) {
      done(null, chunk);
      return;
    }
    const text = this.#text;
    this.#text = null;
    done(null, inject(chunk, text));
  }

  override _flush(done: TransformCallback): void {
    if (this.#text === null) done();
    else done(null, Buffer.from(`${this.#text}\n`));
    this.#text = null;
  }
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}
