import type { WordKind } from '../vocabulary';

/**
 * One page of `midplane explain`. Paragraphs are plain text with two marks: **bold** and `code`.
 * Sources are upstream: a Kubernetes source file, a documentation page, a KEP, an RFC.
 */
export interface Page {
  readonly title: string;
  readonly body: readonly string[];
  readonly sources: readonly string[];
  readonly seeAlso: readonly string[];
}

export interface Explanation extends Page {
  readonly id: string;
  readonly kind: WordKind;
}
