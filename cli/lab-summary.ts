import type { Pod } from '../api/objects';
import { emulatedKubernetes } from '../version';
import { shellWord } from '../wire/shell-words';
import type { LabHome, LabRecord } from './lab-home';

/** What somebody who has just started a lab wants to know: which kubectl configuration, what there is, what to try. */
export function labSummary(
  home: LabHome,
  record: LabRecord,
  roles: Readonly<Record<string, string>>,
  pods: readonly Pod[],
): string {
  const lines = [
    `midplane lab at ${record.server}: behaves like Kubernetes ${emulatedKubernetes}, defence ${record.defence}`,
    ...vulnerable(record),
    '',
    ...connection(home, record),
    '',
    ...titled(
      'kubeconfigs',
      Object.entries(roles).map(([role, text]) => `${home.kubeconfig(role)}  ${text}`),
    ),
    '',
    ...titled('pods', podLines(pods)),
    '',
    'try          kubectl get pods -A -o wide',
    '             kubectl exec -it box -- sh',
    '             kubectl logs -f logger',
    '',
    'midplane status shows this again, midplane down ends it (from any terminal).',
  ];
  return `${lines.join('\n')}\n`;
}

function titled(title: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `${(index === 0 ? title : '').padEnd(13)}${line}`);
}

/** Whoever is shown this lab, now or later, is told that it is not what the first line says. */
function vulnerable({ emulatedCves = [] }: LabRecord): string[] {
  return emulatedCves.length === 0
    ? []
    : [`WARNING: but its apiserver is vulnerable on purpose, to ${emulatedCves.join(', ')}`];
}

function connection(home: LabHome, { merged }: LabRecord): string[] {
  return merged === null
    ? [`  export KUBECONFIG=${shellWord(home.kubeconfig('admin'))}`]
    : [`  context midplane in ${merged}`, '  kubectl --context midplane get pods -A'];
}

function podLines(pods: readonly Pod[]): string[] {
  const rows = pods.map(({ metadata, spec, status }) => [
    `${metadata.namespace}/${metadata.name}`,
    status?.phase ?? 'Pending',
    spec.nodeName ?? '-',
    spec.containers.map((it) => it.image).join(', '),
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
