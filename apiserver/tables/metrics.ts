import { fieldsOf, textOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { column, nameColumn, type Printer } from './column';

/** Source: kubernetes-sigs/metrics-server pkg/api/table.go; a pod has the sum of its containers. */
export const nodeMetrics: Printer = metricsPrinter((object) => [fieldsOf(object['usage'])]);

export const podMetrics: Printer = metricsPrinter((object) => {
  const containers = Array.isArray(object['containers']) ? object['containers'] : [];
  return containers.map((it) => fieldsOf(fieldsOf(it)['usage']));
});

function metricsPrinter(usagesOf: (object: KubeObject) => Record<string, unknown>[]): Printer {
  return {
    columns: [
      nameColumn,
      column('cpu', 'CPU usage of the object'),
      column('memory', 'Memory usage of the object'),
      column('Window', 'Time in which it was measured'),
    ],
    cells: (object) => {
      const usages = usagesOf(object);
      const nanocores = usages.reduce((sum, it) => sum + Number.parseInt(textOf(it['cpu']), 10), 0);
      const bytes = usages.reduce((sum, it) => sum + bytesOf(textOf(it['memory'])), 0);
      return [
        object.metadata.name,
        nanocores === 0 ? '0' : `${nanocores}n`,
        bytes !== 0 && bytes % 1024 === 0 ? `${bytes / 1024}Ki` : String(bytes),
        textOf(object['window']),
      ];
    },
  };
}

function bytesOf(quantity: string): number {
  return Number.parseInt(quantity, 10) * (quantity.endsWith('Ki') ? 1024 : 1);
}
