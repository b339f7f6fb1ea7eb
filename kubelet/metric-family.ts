/** One family of the Prometheus text format; a sample may have its own time, in milliseconds. Empty for no samples. */
export function metricFamily(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  samples: readonly (readonly [labels: string, value: number, at?: number])[],
): string {
  if (samples.length === 0) return '';
  const lines = samples.map(([labels, value, at]) => {
    const stamp = at === undefined ? '' : ` ${at}`;
    return `${name}${labels === '' ? '' : `{${labels}}`} ${value}${stamp}`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`;
}
