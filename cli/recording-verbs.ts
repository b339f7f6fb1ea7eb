import type { Command } from 'commander';
import { repeatable } from './repeatable';
import type { Terminal } from './terminal';

/** What is done with recordings: docs/recordings.md. */
export function describeRecordingVerbs(
  verb: (name: string, summary: string) => Command,
  terminal: Terminal,
  ended: (exitCode: number) => void,
): void {
  verb('record', 'run a scenario or a cell and write all that happens into one file')
    .argument('[scenario]', 'any that midplane list scenarios shows, or a file (docs/scenario-files.md)')
    .option('--twin <twin>', 'of a scenario only this one: open or fixed')
    .option('--path <id>', 'of the matrix: which path')
    .option('--defence <id>', 'under which defence')
    .option('--technique <id>', 'attacked how')
    .option('--side <side>', 'of a tunnel the attacker stands on: control-plane, node, both (default: both)')
    .option('--position <id>', 'from where: arp (the default) or another position')
    .option('--rules <file>', 'of technique relay: what it changes in the streams (docs/streams.md)')
    .option('--rule <rule>', 'the same, one rule; repeatable', repeatable)
    .option('-o, --output <file>', 'the recording')
    .option('--seed <text>', 'repeat the keys, serials and canaries of another run')
    .option('--time-limit <seconds>', 'for each run of a path (default: 10; of a real kubectl 30)')
    .option('-v, --verbose', 'show the logs of the components on stderr')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  midplane record anonymous-kubelet -o anonymous-kubelet.ndjson\n' +
        '  midplane record --path logs --defence none --technique relay -o logs.ndjson\n' +
        '\nIt is midplane run with --record FILE, and exits as that does.\n',
    )
    .action(async (name: string | undefined, options) =>
      ended(await (await import('./record')).record(name, options, terminal)),
    );

  verb('replay', 'play a recording: no network, no cluster')
    .argument('<file>', 'what midplane record has written')
    .option('--at <place>', 'begin there: a time (00:03.2) or an event (#120)')
    .option('--speed <n>', 'times as fast as is comfortable to read, or max (default: 1)')
    .option('--no-wait', 'print all of it at once')
    .option(
      '-o, --output <format[=file]>',
      'the outcome instead: story, json, junit, sarif, markdown, html; repeatable',
      repeatable,
    )
    .addHelpText(
      'after',
      '\nKeys: space pause and go on; n or → step; p or ← back; home, end; g a time; # an event; + - speed; q quit.\n' +
        '\nExamples:\n' +
        '  midplane replay anonymous-kubelet.ndjson\n' +
        '  midplane replay logs.ndjson --no-wait --at #20\n' +
        '  midplane replay logs.ndjson -o html=logs.html\n',
    )
    .action(async (file: string, options) =>
      ended(await (await import('./replay')).replay(file, options, terminal)),
    );

  verb('diff', 'say what changed between two runs: recordings, or what was saved with -o json')
    .argument(
      '<first>',
      'a recording, or what midplane matrix, check or run NAME has written with -o json=FILE',
    )
    .argument('[second]', 'another one; without it the twins of a scenario in the first are compared')
    .option('-o, --output <format[=file]>', 'text, json; repeatable', repeatable)
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  midplane diff before.ndjson after.ndjson\n' +
        '  midplane diff anonymous-kubelet.ndjson       its open twin with its fixed one\n' +
        '  midplane diff monday.json tuesday.json -o json\n' +
        '\nClocks, ports and what else no run repeats are not compared; keys, ids and random words only where both have one\n' +
        'seed. Exit codes, as of diff: 0 no differences, 1 some, 2 something cannot be read or compared.\n',
    )
    .action(async (a: string, b: string | undefined, options) =>
      ended(await (await import('./diff')).diff(a, b, options, terminal)),
    );
}
