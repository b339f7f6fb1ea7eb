import type { PathId } from '../scenarios/vocabulary';
import {
  type CertificateOutcome,
  type GivenOutcome,
  type JudgedSetting,
  type SettingClass,
  settingClasses,
} from './given-outcome';
import { listed, type Part, type Sentence } from './marked-text';
import { placeText } from './outcome';

/** What is to be said of given settings beside the matrix, whatever it is written as. */
export interface GivenSection {
  readonly title: string;
  readonly lines: readonly Sentence[];
}

export function givenSections({
  settings,
  assumptions,
  closings,
  stays,
  certificate,
}: GivenOutcome): GivenSection[] {
  const sections = [
    {
      title: 'The kubelet certificate',
      lines: certificate === undefined ? [] : [certificateLine(certificate)],
    },
    { title: 'What would close it', lines: closingLines(closings, stays) },
    ...settingClasses.map((of) => ({
      title: titles[of],
      lines: of === 'no-influence' ? grouped(settings) : one(settings, of),
    })),
    { title: 'Taken for granted', lines: assumptions.map((text): Sentence => [text]) },
  ];
  return sections.filter(({ lines }) => lines.length > 0);
}

function certificateLine({ host, error, change }: CertificateOutcome): Sentence {
  if (error === null) return ['For ', { id: host }, ' kube-apiserver would believe it.'];
  return ['For ', { id: host }, ' kube-apiserver would refuse it: ', { quote: error }, `. ${change ?? ''}`];
}

const titles: Readonly<Record<SettingClass, string>> = {
  used: 'Settings that the lab ran with',
  'not-played': 'NOT PLAYED: could change a verdict, or was not read',
  unknown: 'UNKNOWN: Kubernetes 1.33 has no such setting',
  'no-influence': 'Known, and without influence on any verdict',
};

function closingLines(closings: GivenOutcome['closings'], stays: readonly PathId[]): Sentence[] {
  const lines = closings.map(({ setting, at = null, closes, lessens, mends, leaves }): Sentence => {
    const said: Part[][] = [
      ...(closes.length === 0 ? [] : [['closes ', ...listed(closes)]]),
      ...(mends.length === 0 ? [] : [['makes ', ...listed(mends), ' work, and closed']]),
      ...lessens.map(({ path, from, to }): Part[] => ['turns ', { id: path }, ` from ${from} to ${to}`]),
    ];
    const effect = said.length === 0 ? ['closes nothing more'] : said.flatMap(joinedBySemicolon);
    return [
      { id: setting },
      at === null ? ' ' : ` (${placeText(at)}) `,
      ...effect,
      leaves.length === 0 ? '.' : `; ${stay(leaves.length)}.`,
    ];
  });
  if (stays.length > 0) lines.push([noneCloses(closings.length), ...listed(stays), '.']);
  if (closings.length > 0)
    lines.push([
      'Each was run: the same attacks on what stood open or failed, in a lab with that setting more.',
    ]);
  return lines;
}

function stay(count: number): string {
  return count === 1 ? '1 path stays as it is' : `${count} paths stay as they are`;
}

function noneCloses(tried: number): string {
  return tried === 0
    ? 'Every setting that midplane check could try is in force already, and none closes '
    : 'None of the settings that were tried closes ';
}

function joinedBySemicolon(parts: readonly Part[], index: number): Part[] {
  return index === 0 ? [...parts] : ['; ', ...parts];
}

function one(settings: readonly JudgedSetting[], of: SettingClass): Sentence[] {
  return settings
    .filter((it) => it.class === of)
    .map(({ component, name, value, why, at }) => [
      component === '' ? '' : `${component}: `,
      { id: value === null ? name : `${name}${name.startsWith('--') ? '=' : ': '}${value}` },
      ` ${why}`,
      ...(at === null ? [] : [`, ${placeText(at)}`]),
    ]);
}

/** A line a reason: these are many, and nobody has to look at each. */
function grouped(settings: readonly JudgedSetting[]): Sentence[] {
  const byWhy = new Map<string, string[]>();
  for (const { class: of, component, name, value, why } of settings) {
    if (of !== 'no-influence') continue;
    const told = value === null ? name : `${name}=${value}`;
    const key = `${component}: ${why}: `;
    byWhy.set(key, [...(byWhy.get(key) ?? []), told]);
  }
  return [...byWhy].map(([why, names]) => [why, ...listed([...new Set(names)]), '.']);
}
