/**
 * How the certificate parser leaves its inner functions when a field is wrong. It never leaves the parser: parseCertificate
 * turns it into a value. The message is Go's, without its `x509: `.
 */
export class CertificateFault extends Error {
  readonly remedy: Remedy | null;

  constructor(text: string, remedy: Remedy | null = null) {
    super(text);
    this.remedy = remedy;
  }
}

/** The faults that issuing tools really make, so that an operator can be told what to change. */
export type Remedy = 'positive-serial' | 'utf8-names' | 'unique-extensions';

/** Gives back what a reader yielded, or refuses the certificate with Go's words for that field. */
export function required<Value>(value: Value | null, text: string): Value {
  if (value === null) throw new CertificateFault(text);
  return value;
}
