import { parseLocatedYaml } from '../../wire/located-yaml';
import { DocumentPart, type Finding } from '../scenario-files/document-part';
import type { Reading } from './expectations';

/** A document of ours, of one kind: `read` is given its spec and notes there what is wrong. Pure. */
export function readDocument<T>(
  text: string,
  file: string,
  kind: string,
  read: (spec: DocumentPart) => T,
): Reading<T> {
  const document = parseLocatedYaml(text);
  if (document.kind === 'syntax-error') {
    // An unquoted star begins an alias in YAML.
    const hint = /alias|anchor/.test(document.text) ? '; a wildcard needs quotes: "*"' : '';
    return { kind: 'faults', faults: [{ at: { file, ...document.at }, text: `${document.text}${hint}` }] };
  }
  const findings: Finding[] = [];
  const top = DocumentPart.top(document, findings).only(['apiVersion', 'kind', 'metadata', 'spec']);
  top.neededWord('apiVersion', ['midplane/v1']);
  top.neededWord('kind', [kind]);
  const value = read(top.neededPart('spec'));
  if (findings.length === 0) return { kind: 'read', value };
  findings.sort((a, b) => a.line - b.line || a.column - b.column);
  const faults = findings.map(({ line, column, text: what, hint }) => ({
    at: { file, line, column },
    text: `${what}; ${hint}`,
  }));
  return { kind: 'faults', faults };
}
