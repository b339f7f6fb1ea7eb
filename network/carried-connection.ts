import type { Endpoint } from './network';

/** A connection as conntrack tells of it: who dialled what, as whom it came out, and where it ended. */
export interface CarriedConnection {
  /** The machine that dialled. */
  readonly from: string;
  /** As whom the dialler appears at the other end. */
  readonly source: string;
  /** What was dialled, before any translation. */
  readonly to: Endpoint;
  readonly destination: Endpoint;
  readonly deliveredTo: string;
}
