export interface Usage {
  readonly residentMiB: number;
  readonly processorSeconds: number;
}

/** Of this process, which runs with --expose-gc; processor time since `since`, or since it began. */
export function usage(since?: NodeJS.CpuUsage): Usage {
  const { user, system } = process.cpuUsage(since);
  global.gc?.();
  return {
    processorSeconds: (user + system) / 1e6,
    residentMiB: process.memoryUsage().rss / 1024 / 1024,
  };
}
