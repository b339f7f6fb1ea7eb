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

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}
