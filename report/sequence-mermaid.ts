import type { Sequence, SequenceItem } from './sequence';

/** For Markdown that knows Mermaid (GitHub, GitLab): mermaid.js.org/syntax/sequenceDiagram.html. */
export function renderMermaid({ title, participants, items }: Sequence): string {
  const idOf = new Map(participants.map((name, index) => [name, `p${index}`]));
  const id = (name: string): string => idOf.get(name) ?? 'p0';
  const first = id(participants[0] ?? '');
  const last = id(participants.at(-1) ?? '');
  const line = (item: SequenceItem): string => {
    switch (item.kind) {
      case 'heading':
        return `Note over ${first === last ? first : `${first},${last}`}: ${escaped(item.text)}`;
      case 'note':
        return `Note over ${id(item.at)}: ${escaped(item.text)}`;
      case 'message':
        return `${id(item.from)}${item.tone === 'good' ? '-x' : '->>'}${id(item.to)}: ${escaped(item.text)}`;
    }
  };
  const lines = [
    'sequenceDiagram',
    `title ${escaped(title)}`,
    ...participants.map((name) => `participant ${id(name)} as ${escaped(name)}`),
    ...items.map(line),
  ];
  return `${lines.map((text, index) => (index === 0 ? text : `  ${text}`)).join('\n')}\n`;
}

/** What Mermaid would take for the end of a statement, a comment, an entity or HTML. */
function escaped(text: string): string {
  return text.replace(/[#;<>&"%\\]/g, (sign) => `#${sign.charCodeAt(0)};`);
}
