import { describe, expect, test } from '@jest/globals';
import { mannersOf } from './terminal';

const onTerminal = { stdout: true, stderr: true };
const piped = { stdout: false, stderr: false };

describe('colour and progress', () => {
  test.each([
    [{}, onTerminal, { colour: true, progress: true }],
    [{ TERM: 'xterm-256color' }, onTerminal, { colour: true, progress: true }],
    [{ TERM: 'dumb' }, onTerminal, { colour: false, progress: false }],
    [{ TERM: 'dumb', FORCE_COLOR: '1' }, onTerminal, { colour: true, progress: false }],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, onTerminal, { colour: false, progress: true }],
    [{ NO_COLOR: '' }, onTerminal, { colour: true, progress: true }],
    [{ CI: 'true' }, onTerminal, { colour: true, progress: false }],
    [{}, piped, { colour: false, progress: false }],
    [{ FORCE_COLOR: '1' }, piped, { colour: true, progress: false }],
    [{ FORCE_COLOR: '0' }, piped, { colour: false, progress: false }],
  ])('with %j on %j', (env, isTerminal, manners) => {
    expect(mannersOf(env, isTerminal)).toEqual(manners);
  });
});
