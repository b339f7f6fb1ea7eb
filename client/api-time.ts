/** metav1.Time has whole seconds. */
export function seconds(at: Date): string {
  return at.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** metav1.MicroTime, as Leases carry it. */
export function microseconds(at: Date): string {
  return at.toISOString().replace('Z', '000Z');
}
