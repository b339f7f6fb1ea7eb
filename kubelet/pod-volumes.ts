/** The volumes of a pod. */
export class PodVolumes {
  async mount(): Promise<{ readonly kind: 'mounted' | 'waits'; readonly ms: number }> {
    return { kind: 'mounted', ms: 24 * 3_600_000 };
  }
}
