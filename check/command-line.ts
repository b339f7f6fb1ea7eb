import { MidplaneError } from '../error';
import { placeText } from '../report/outcome';
import type { Component, GivenFlag, GivenPart } from './given';
import { isBooleanFlag } from './known-flags';
import { type Word, wordsWithin } from './shell-words';

const components: readonly Component[] = ['kube-apiserver', 'kubelet'];

/** The component that words start, whatever stands before it (a path, `exec`, `hyperkube`); null when it is none of ours. */
export function readCommand(given: readonly Word[]): GivenPart | null {
  const words = given.flatMap(unwrapped);
  const index = words.findIndex(({ text }) => componentOf(text) !== null);
  const program = words[index];
  const component = componentOf(program?.text ?? '');
  if (program === undefined || component === null) return null;
  const flags = readFlags(component, words.slice(index + 1));
  const kind = component === 'kubelet' ? 'kubelet' : 'apiserver';
  return { kind, flags, installer: null, at: program.at };
}

/** `sh -c 'exec kube-apiserver --flag …'` holds the command line in one word. */
function unwrapped(word: Word): readonly Word[] {
  const holdsCommand = /(^|[\s/])(kube-apiserver|kubelet)\s+-/.test(word.text);
  return holdsCommand ? commandOf(wordsWithin(word)) : [word];
}

/** What a shell gives to the program: up to the end of the command, and not where its output is to go. */
export function commandOf(words: readonly Word[]): readonly Word[] {
  const end = words.findIndex(({ text }) => /^(&&?|\|\|?|;)$/.test(text));
  const own = end < 0 ? words : words.slice(0, end);
  return own.filter(
    ({ text }, index) => !redirects.test(text) && !/^\d*>>?$/.test(own[index - 1]?.text ?? ''),
  );
}

/** `>`, `2>&1`, `1>>/var/log/kube-apiserver.log`. */
const redirects = /^(\d*|&)(>>?|<)/;

function componentOf(text: string): Component | null {
  const base = text.split('/').at(-1);
  return components.find((component) => component === base) ?? null;
}

/**
 * As pflag reads them: `--name=value`, `--name value`, a boolean alone is true. Throws MidplaneError CONFIG_INVALID, which
 * quotes no value: it may be a secret.
 */
export function readFlags(component: Component, words: readonly Word[]): GivenFlag[] {
  const flags: GivenFlag[] = [];
  const rest = [...words];
  let before: string | null = null;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const match = /^(?:--|-(?=v(?:$|=|\d)))(v(?=\d+$)|[A-Za-z][^=]*)(?:=([\s\S]*)|(\d*))$/.exec(word.text);
    const name = match?.[1];
    if (name === undefined) {
      throw new MidplaneError(
        'CONFIG_INVALID',
        `${placeText(word.at)}: ${component} takes flags only, and this word is none`,
        {
          hint:
            before !== null && isBooleanFlag(component, before)
              ? `--${before} takes no word of its own: write --${before}=true or --${before}=false`
              : 'write --name=value; a value with blanks goes into quotes',
        },
      );
    }
    const own = match?.[2] ?? (match?.[3] === '' ? undefined : match?.[3]);
    const value = own ?? (isBooleanFlag(component, name) ? 'true' : rest.shift()?.text);
    if (value === undefined) {
      throw new MidplaneError('CONFIG_INVALID', `${placeText(word.at)}: flag needs an argument: --${name}`, {
        hint: `write --${name}=VALUE`,
      });
    }
    flags.push({ name, value, at: word.at });
    before = name;
  }
  return flags;
}
