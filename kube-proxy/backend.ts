import type { PlannedPort } from './service-port';
import type { TrafficSettings } from './traffic-settings';

/** Where rules end up: the table of a machine on the fabric, or the kernel's. */
export interface ProxyBackend {
  /** Takes the place of what was there, as a whole or not at all. Rejects when that cannot be done. */
  apply(plan: readonly PlannedPort[], settings: TrafficSettings): Promise<void>;
}
