import { type Command, Option } from 'commander';
import { emulatedCves } from '../apiserver/emulated-cves';
import { defencesRun } from '../scenarios/vocabulary';
import { repeatable } from './repeatable';
import type { Terminal } from './terminal';

/** `midplane up`, `status`, `down`, `attack`: a lab that stays, for your own kubectl. */
export function describeStandingVerbs(
  verb: (name: string, summary: string) => Command,
  terminal: Terminal,
  ended: (exitCode: number) => void,
): void {
  verb('up', 'start a lab and keep it running for your own kubectl, until Ctrl-C or midplane down')
    .argument(
      '[flags...]',
      'behind --: more flags of kube-apiserver, for example -- --audit-log-path=audit.log',
    )
    .addOption(new Option('--defence <id>', `one of ${defencesRun.join(', ')}`).default('none'))
    .option('--port <number>', 'on 127.0.0.1; 0 takes any that is free', '0')
    .option(
      '--kubeconfig <file>',
      "write the administrator's kubeconfig here too; the file must not exist, or see --merge",
    )
    .option(
      '--merge',
      'put context midplane into that file, or into the one your kubectl reads, beside what is there',
    )
    .option(
      '--data-dir <folder>',
      'keep objects and keys here: the next up with it goes on where this one ended',
    )
    .option(
      '--seed <text>',
      'repeat the keys, serials and identifiers of another lab: whoever knows the text knows every key',
    )
    .option(
      '--emulate-cve <ids>',
      `give the apiserver bugs of old releases back, for teaching: ${emulatedCves.map(({ id }) => id).join(', ')}`,
    )
    .option('-d, --detach', 'in the background: return when the lab is up')
    .option('-v, --verbose', 'show the logs of the components on stderr')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  midplane up                                   then, elsewhere: export KUBECONFIG=… as it says\n' +
        '  midplane up --detach --merge                  kubectl --context midplane get pods -A\n' +
        '  midplane up --defence kubelet-ca --data-dir lab\n' +
        '  midplane up -- --audit-log-path=audit.log     with the audit log of the apiserver\n',
    )
    .action(async (flags: string[], options) =>
      ended(await (await import('./up')).up(options, flags, terminal)),
    );

  verb('status', 'show the lab that midplane up keeps running; exit code 1 when there is none')
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
    .action(async (options) => ended(await (await import('./down')).standingStatus(options, terminal)));

  verb('down', 'end the lab that midplane up keeps running')
    .option('--force', 'kill it when it does not answer')
    .action(async (options) => ended(await (await import('./down')).down(options, terminal)));

  verb('attack', 'put the attacker of the lab that midplane up keeps running onto a path, until Ctrl-C')
    .requiredOption('--path <id>', 'kubectl-api, or one from the apiserver: logs, exec, port-forward, …')
    .option('--technique <id>', 'which certificate it shows, and what it does', 'relay')
    .option('--rules <file>', 'what it changes in the streams that it passes on (docs/streams.md)')
    .option('--rule <rule>', 'the same, one rule; repeatable', repeatable)
    .option('--forged <text>', 'what it says when it answers by itself', 'FORGED')
    .option('-o, --output <format[=file]>', 'text, json; repeatable', repeatable)
    .addHelpText(
      'after',
      '\nExamples:\n' +
        "  midplane attack --path logs --rule 'replace: {stream: logs, match: ERROR, with: fine}'\n" +
        '  midplane attack --path exec --rules rules.yaml -o json=what-passed.json\n' +
        '  midplane attack --path logs --technique self-signed --forged "all is well"\n',
    )
    .action(async (options) => ended(await (await import('./attack')).attack(options, terminal)));

  const token = verb('token', 'bootstrap tokens of the lab that midplane up keeps running');
  token
    .command('create')
    .description('make a token that a node can join with, and print it')
    .copyInheritedSettings(token)
    .argument('[token]', 'six letters or digits, a dot, sixteen of them; drawn when it is left out')
    .option('--ttl <duration>', 'how long it is good; 0s for ever', '24h0m0s')
    .option('--description <text>', 'what it is for')
    .option('--print-join-command', 'print the whole command for the node instead')
    .addHelpText('after', '\nExample:\n  midplane token create --print-join-command\n')
    .action(async (given: string | undefined, options) =>
      ended(await (await import('./token')).createToken(given, options, terminal)),
    );
}
