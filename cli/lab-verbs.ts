import { type Command, Option } from 'commander';
import { defencesRun } from '../scenarios/vocabulary';
import type { Terminal } from './terminal';

/** `midplane lab …` and `midplane pki`: the lab in containers. */
export function describeLabVerbs(
  verb: (name: string, summary: string) => Command,
  terminal: Terminal,
  ended: (exitCode: number) => void,
): void {
  const lab = verb('lab', 'work with a lab whose parts run in containers: see docker-compose.yml');
  const descriptor = (): Option =>
    new Option('--lab <file>', "the lab's descriptor; default: what MIDPLANE_LAB names");
  const below = (name: string, summary: string): Command =>
    lab.command(name).description(summary).copyInheritedSettings(lab);

  below('status', 'say which part of the lab is up; exit code 1 when one is not')
    .addOption(descriptor())
    .option('--probe <url>', 'ask this address instead and be content with status 200: for health checks')
    .option('--ca <file>', 'with --probe: the bundle to verify https against')
    .option('-o, --output <format>', 'table or json', 'table')
    .addHelpText(
      'after',
      '\nExamples:\n  midplane lab status\n  midplane lab status --probe http://127.0.0.1:10248/healthz\n',
    )
    .action(async (options) => ended(await (await import('./lab')).status(options, terminal)));

  below('set', 'give the running lab the flags of another defence, which restarts what has to read them')
    .argument('<defence>', `one of ${defencesRun.join(', ')}`)
    .addOption(descriptor())
    .addHelpText('after', '\nExample:\n  midplane lab set kubelet-ca\n')
    .action(async (defence: string, options) =>
      ended(await (await import('./lab')).set(defence, options, terminal)),
    );

  below('populate', 'create what is missing of the workloads and wait until they run')
    .addOption(descriptor())
    .action(async (options) => ended(await (await import('./lab')).populate(options, terminal)));

  below('watch', 'set the first defence, create the workloads, and create them again whenever they are lost')
    .addOption(descriptor())
    .option('--defence <id>', 'the defence to begin with', 'none')
    .action(async (options) => ended(await (await import('./lab-watch')).watch(options, terminal)));

  below(
    'supervise',
    'run a component with the flags of a file, and again whenever that file changes or it ends',
  )
    .requiredOption('--flags <file>', 'one flag a line; waited for when it is not there yet')
    .argument('<component>', 'apiserver or kubelet')
    .addHelpText('after', '\nExample:\n  midplane lab supervise --flags apiserver.flags -- apiserver\n')
    .action(async (component: string, options) =>
      ended(await (await import('./supervise')).supervise(component, options, terminal)),
    );

  verb('pki', "mint the keys of a lab in containers, each part's into a folder of its own")
    .requiredOption('--out <folder>', 'has the folders apiserver, node-1, node-2, attacker and workstation')
    .option('--settings <folder>', 'make this folder writable for the workstation')
    .option('--kubeconfig <file>', 'leave a kubeconfig for the kubectl of this machine here')
    .addHelpText('after', '\nDoes nothing when a complete set is there.\n')
    .action(async (options) => ended(await (await import('./pki')).pki(options, terminal)));
}
