import { Command, CommanderError, Option } from 'commander';
import { MidplaneError } from '../error';
import { drillFailureIds, drillStepIds } from '../report/drill-outcome';
import { emulatedKubernetes, midplaneVersion } from '../version';
import { describeLabVerbs } from './lab-verbs';
import { describeRecordingVerbs } from './recording-verbs';
import { repeatable } from './repeatable';
import { reportError } from './report-error';
import { describeStandingVerbs } from './standing-verbs';
import { exitCodes, type Terminal } from './terminal';

/**
 * The verbs. Each one's code is loaded when it is called: `midplane explain` must not pay for a lab. A verb returns its
 * exit code; what it throws is reported here.
 *
 * @param args what follows the program's name
 * @returns the exit code of design §5
 */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const program = describeProgram(terminal, (code) => {
    exitCode = code;
  });
  if (args.length === 0) {
    terminal.write(program.helpInformation());
    return exitCodes.ok;
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    return reportError(error, terminal);
  }
}

/** The tree of verbs with its options; completion is made from it too. */
export function describeProgram(terminal: Terminal, ended: (exitCode: number) => void): Command {
  const program = new Command('midplane')
    .description(
      'Shows, with real TLS traffic, which Kubernetes control-plane connections a machine in the middle can ' +
        'read, forge or relay, and which flag stops it. A lab of its own: it touches no cluster of yours, and no kubeconfig unless you say --merge.',
    )
    .version(midplaneVersion, '-V, --version', 'print the version')
    .helpCommand(false)
    .showHelpAfterError(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.write(text),
      writeErr: (text) => terminal.warn(text),
      outputError: (text, write) => write(hinted(text)),
    });
  const verb = (name: string, summary: string): Command =>
    program.command(name).description(summary).copyInheritedSettings(program);

  verb('matrix', 'attack every path under every defence and show what each attack got')
    .option('--path <ids>', 'only these paths (comma-separated or repeated)', repeatable)
    .option('--defence <ids>', 'only these defences', repeatable)
    .option('--technique <ids>', 'only these techniques', repeatable)
    .option('--side <side>', 'of a tunnel the attacker stands on: control-plane, node, both (default: both)')
    .option('--position <ids>', 'how the attacker gets the traffic: arp (the default) or others', repeatable)
    .option('--all', 'every technique of this release, also those that need more than a place on the network')
    .option('--full', 'every defence and every technique of this release')
    .option(
      '-o, --output <format[=file]>',
      'table, wide, json, junit, sarif, markdown, html, page; repeatable',
      repeatable,
    )
    .option('--expect <file>', 'what should come of it; what does not is a failure (docs/ci.md)')
    .option('--baseline <file>', 'what was open before is accepted, what opens now is a failure')
    .option('--write-baseline', 'accept what is open now: write it to the file of --baseline')
    .option('--soft-fail', 'tell what failed and exit with 0 all the same')
    .option('--seed <text>', 'repeat the keys, serials and canaries of another run')
    .option('--time-limit <seconds>', 'for one run of one cell', '10')
    .option('-v, --verbose', 'show the logs of the components on stderr')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  midplane matrix                              the whole picture\n' +
        '  midplane matrix --path exec,logs --all       two paths, every technique\n' +
        '  midplane matrix -o table -o json=matrix.json both for people and for programs\n' +
        '  midplane matrix --expect expectations.yaml -o junit=midplane.xml   for CI: docs/ci.md\n',
    )
    .action(async (options) => ended(await (await import('./matrix')).matrix(options, terminal)));

  verb(
    'check',
    'start a lab with your flags and configuration files, attack every path, and show what would close it',
  )
    .argument('[command...]', 'after --: a command line of kube-apiserver or kubelet')
    .option(
      '-f, --file <file>',
      'a manifest, configuration, unit or command line; - is the standard input',
      repeatable,
    )
    .option(
      '--kubelet-cert <file>',
      'what a kubelet serves with, leaf first (PEM); the node of the lab shows one like it',
    )
    .option('--kubelet-ca <file>', 'the bundle that is to believe it (PEM)')
    .option('--kubelet-host <name-or-address>', 'what the apiserver dials where it is from')
    .option('--path <ids>', 'only these paths (comma-separated or repeated)', repeatable)
    .option('--technique <ids>', 'only these techniques', repeatable)
    .option('--position <ids>', 'how the attacker gets the traffic (default: arp)', repeatable)
    .option('--side <side>', 'where it stands of a tunnel: control-plane, node, both (default: both)')
    .option('--all', 'every technique of this release, also those that need more than a place on the network')
    .option(
      '--fail-on <what>',
      'exit 1 also for: open (a path stands open), unknown (a setting that nobody knows)',
      repeatable,
    )
    .option(
      '-o, --output <format[=file]>',
      'table, wide, json, junit, sarif, markdown, html, page; repeatable',
      repeatable,
    )
    .option(
      '--evidence <folder|file.zip>',
      'the verdict with captures, casts and a diagram of each path (docs/evidence.md)',
    )
    .option(
      '--expect <file>',
      'what should come of it, with defence: given; what does not is a failure (docs/ci.md)',
    )
    .option('--baseline <file>', 'what was open before is accepted, what opens now is a failure')
    .option('--write-baseline', 'accept what is open now: write it to the file of --baseline')
    .option('--soft-fail', 'tell what failed and exit with 0 all the same')
    .option('--seed <text>', 'repeat the keys, serials and canaries of another run')
    .option('--time-limit <seconds>', 'for one run of one cell', '10')
    .option('-v, --verbose', 'show the logs of the components on stderr')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  midplane check -f /etc/kubernetes/manifests/kube-apiserver.yaml -f /var/lib/kubelet/config.yaml\n' +
        '  midplane check -f /etc/rancher/k3s/config.yaml\n' +
        '  midplane check --path logs,exec -- kube-apiserver --authorization-mode=Node,RBAC\n' +
        '\nIt reads files and touches no cluster: docs/check.md. Exit codes: 0 all was judged, 1 a path fails without an\n' +
        'attacker, --fail-on applies or an expectation failed, 2 a file or argument is wrong, 3 the lab could not start.\n',
    )
    .action(async (command: string[], options) =>
      ended(await (await import('./check')).check(command, options, terminal)),
    );

  verb('run', 'run scenarios, or one cell of the matrix, and tell them as stories')
    .argument('[scenarios...]', 'any that midplane list scenarios shows, or files (docs/scenario-files.md)')
    .option('--all', 'every scenario that ships')
    .option(
      '--only <patterns>',
      'of these, or of all, those with such names: use-the-flag,konnectivity-*',
      repeatable,
    )
    .option(
      '--step',
      'of scenarios: wait for a key before each step (space, n: on; c: without waiting; q: quit)',
    )
    .option('--speed <n>', 'of scenarios: times as fast as is comfortable to read, or max (in a terminal: 1)')
    .option('--parallel <n>', 'so many scenarios at the same time (default: 1)')
    .option('--twin <twin>', 'of a scenario only this one: open or fixed')
    .option('--dry-run', 'of a scenario: what would be started and done; nothing is')
    .option(
      '--shell [step]',
      'of one scenario: stop before that step (default: the first) with a kubeconfig and a shell of yours',
    )
    .option('--path <id>', 'of the matrix: which path')
    .option('--defence <id>', 'under which defence')
    .option('--technique <id>', 'attacked how')
    .option('--side <side>', 'of a tunnel the attacker stands on: control-plane, node, both (default: both)')
    .option('--position <id>', 'from where: arp (the default) or another position')
    .option('--rules <file>', 'of technique relay: what it changes in the streams (docs/streams.md)')
    .option('--rule <rule>', 'the same, one rule; repeatable', repeatable)
    .option(
      '-o, --output <format[=file]>',
      'story, json, junit, sarif, markdown, html; repeatable',
      repeatable,
    )
    .option(
      '--evidence <folder|file.zip>',
      'the verdict with captures, casts and a diagram (docs/evidence.md); of several scenarios a folder',
    )
    .option(
      '--record <file>',
      'all that happens, for midplane replay and diff (docs/recordings.md); of several a folder',
    )
    .option('--seed <text>', 'repeat the keys, serials and canaries of another run')
    .option('--time-limit <seconds>', 'for each run of a path (default: 10; of a real kubectl 30)')
    .option('-v, --verbose', 'show the logs of the components on stderr')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  midplane run --path logs --defence none --technique self-signed\n' +
        "  midplane run --path logs --defence none --technique relay --rule 'replace: {stream: logs, match: /canary/, with: fine}'\n" +
        '  midplane run anonymous-kubelet\n' +
        '  midplane run --all -o story -o junit=scenarios.xml\n' +
        '  midplane run --path logs --defence none --technique relay --evidence logs.zip\n' +
        '  midplane run my-attack.yaml --dry-run\n',
    )
    .action(async (names: string[], options) =>
      ended(await (await import('./run')).run(names, options, terminal)),
    );

  describeRecordingVerbs(verb, terminal, ended);

  verb('report', 'render a matrix that was saved with -o json, without a lab')
    .argument('<file>', 'what midplane matrix -o json=FILE has written')
    .option('--all', 'of the table: every technique')
    .option('--expect <file>', 'judge it by these expectations (docs/ci.md)')
    .option('--baseline <file>', 'judge it by this baseline')
    .option('--write-baseline', 'accept what is open in it: write it to the file of --baseline')
    .option('--soft-fail', 'tell what failed and exit with 0 all the same')
    .option(
      '-o, --output <format[=file]>',
      'table, wide, json, junit, sarif, markdown, html, page; repeatable',
      repeatable,
    )
    .addHelpText(
      'after',
      '\nExample:\n  midplane report matrix.json -o html=matrix.html -o sarif=matrix.sarif\n',
    )
    .action(async (file: string, options) =>
      ended(await (await import('./report')).report(file, options, terminal)),
    );

  verb('lint', 'look at scenario files: file:line:column, what is wrong, and what fits')
    .argument('[files...]', 'scenario files')
    .option('--schema', 'print the JSON schema of scenario files')
    .addHelpText(
      'after',
      '\nExample:\n  midplane lint my-attack.yaml\n\nExit codes: 0 all are scenarios, 2 something is wrong.\n',
    )
    .action(async (files: string[], options) =>
      ended(await (await import('./lint')).lint(files, options, terminal)),
    );

  describeStandingVerbs(verb, terminal, ended);

  verb('explain', 'teach one path, defence, technique, position, verdict or scenario in half a page')
    .argument('<id>', 'any id that midplane list shows')
    .addHelpText('after', '\nExample:\n  midplane explain logs\n')
    .action(async (id: string) => ended(await (await import('./explain')).explain(id, terminal)));

  verb('list', 'list the paths, defences, techniques, positions, verdicts and scenarios')
    .argument('[what]', 'paths, defences, techniques, positions, verdicts or scenarios')
    .option('-o, --output <format>', 'table or json', repeatable)
    .option('--schema [document]', 'print the JSON schema of matrix (the default), expectations or baseline')
    .action(async (what: string | undefined, options) =>
      ended(await (await import('./list')).list(what, options, terminal)),
    );

  verb(
    'verify-cert',
    'tell whether kube-apiserver would trust a kubelet serving certificate, and what to change',
  )
    .requiredOption('--ca <file>', 'the bundle that --kubelet-certificate-authority would name (PEM)')
    .requiredOption('--cert <file>', 'the certificates that the kubelet would send, leaf first (PEM)')
    .requiredOption(
      '--host <name-or-address>',
      'what the apiserver dials: see --kubelet-preferred-address-types',
    )
    .option('--now <time>', 'judge at this time (RFC 3339) instead of now')
    .option('-o, --output <format>', 'text or json', repeatable)
    .addHelpText('after', '\nExit codes: 0 trusted, 1 refused, 2 a file or argument is wrong.\n')
    .action(async (options) => ended(await (await import('./verify-cert')).verifyCert(options, terminal)));

  verb('drill', 'set --kubelet-certificate-authority in a lab step by step, and see what usually goes wrong')
    .argument('<drill>', 'kubelet-ca')
    .option(
      '--only <ids>',
      `${drillStepIds.join(', ')} (the order up to there); ${drillFailureIds.join(', ')} (that failure); steps, failures`,
      repeatable,
    )
    .option('-o, --output <format[=file]>', 'table, json; repeatable', repeatable)
    .option('-v, --verbose', 'show the logs of the components on stderr')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  midplane drill kubelet-ca                    all of it\n' +
        '  midplane drill kubelet-ca --only csr-pending one failure: its words, why, and what mends it\n' +
        '\nExit codes: 0 all came out as the drill claims, 1 something did not.\n',
    )
    .action(async (name: string, options) =>
      ended(await (await import('./drill')).runDrill(name, options, terminal)),
    );

  verb('diagnose', 'tell why the apiserver cannot talk to a kubelet, from the words that kubectl printed')
    .argument('[words...]', 'the error; without it, or as -, the standard input')
    .option('-o, --output <format>', 'text or json', repeatable)
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  kubectl logs web 2>&1 | midplane diagnose\n' +
        '  midplane diagnose "Error from server: … remote error: tls: internal error"\n' +
        '\nIt touches no cluster. Exit codes: 0 recognised, 1 not recognised.\n',
    )
    .action(async (words: string[], options) =>
      ended(await (await import('./diagnose')).runDiagnose(words, options, terminal)),
    );

  for (const [name, summary] of [
    ['apiserver', "run the lab's kube-apiserver by itself, with kube-apiserver's flags"],
    ['kubelet', "run the lab's kubelet by itself, with kubelet's flags"],
    ['controller-manager', "run the lab's control loops by themselves, with kube-controller-manager's flags"],
    ['scheduler', "run the lab's scheduler by itself, with kube-scheduler's flags"],
    ['kube-proxy', "run the lab's service proxy by itself, with kube-proxy's flags"],
    ['konnectivity-server', "run Konnectivity's proxy server by itself, with proxy-server's flags"],
    ['konnectivity-agent', "run an agent of Konnectivity by itself, with proxy-agent's flags"],
    ['sshd', "run the node's end of SSH tunnels by itself: it lets one user in, and forwards TCP for him"],
  ] as const) {
    verb(name, summary)
      .helpOption(false)
      .allowUnknownOption()
      .argument('[flags...]', `flags by their real names: midplane ${name} --help lists them`)
      .action(async (flags: string[]) =>
        ended(await (await import('./components')).runComponent(name, flags, terminal)),
      );
  }

  verb('attacker', 'run the attacker by itself, as the router between two networks')
    .helpOption(false)
    .allowUnknownOption()
    .argument('[flags...]', 'midplane attacker --help lists them')
    .action(async (flags: string[]) =>
      ended(await (await import('./attacker')).runAttacker(flags, terminal)),
    );

  describeLabVerbs(verb, terminal, ended);

  verb('completion', 'print the completion script of a shell')
    .addArgument(program.createArgument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', '\nExample:\n  source <(midplane completion bash)\n')
    .action(async (shell: 'bash' | 'zsh' | 'fish') =>
      terminal.write((await import('./completion')).completionScript(shell, program)),
    );

  verb('version', 'print the version')
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
    .action((options: { output: string }) => terminal.write(versionText(options.output)));

  refuseTwice(program);
  return program;
}

/** An option that counts once is given once: of two values one would be dropped without a word. */
function refuseTwice(command: Command): void {
  for (const option of command.options) {
    if (option.parseArg === repeatable || !(option.required || option.optional)) continue;
    let given = false;
    command.on(`option:${option.name()}`, () => {
      if (given) {
        throw new MidplaneError('USAGE', `option '--${option.name()}' is given twice`, {
          hint: 'it takes one value: leave one of the two out',
        });
      }
      given = true;
    });
  }
  for (const below of command.commands) refuseTwice(below);
}

function versionText(format: string): string {
  const facts = {
    midplane: midplaneVersion,
    emulates: emulatedKubernetes,
    node: process.version,
    openssl: process.versions.openssl,
  };
  if (format === 'json') return `${JSON.stringify(facts, null, 2)}\n`;
  return `midplane ${facts.midplane} (behaves like Kubernetes ${facts.emulates}; Node ${facts.node}, OpenSSL ${facts.openssl})\n`;
}

/** Commander's own errors in the shape of ours: `error: …`, then `hint: …`. */
function hinted(text: string): string {
  const [error = '', ...rest] = text.trim().split('\n');
  const guess = /^\(Did you mean (.+)\?\)$/.exec(rest.join(' ').trim())?.[1];
  return `${error}\nhint: ${guess === undefined ? 'midplane --help lists the verbs, midplane VERB --help its options' : `did you mean "${guess}"?`}\n`;
}
