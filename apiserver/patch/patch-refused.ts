/**
 * Why a patch cannot be applied, in the words of the library that applies it. It is thrown from the depth of a document
 * and caught where the patch is applied; nobody else sees it.
 */
export class PatchRefused extends Error {
  /** The status that Kubernetes answers with: 500 for what it does not expect to happen. */
  readonly code: 400 | 422 | 500;

  constructor(message: string, code: 400 | 422 | 500 = 500) {
    super(message);
    this.code = code;
  }
}
