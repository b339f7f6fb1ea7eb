import { describe, expect, test } from '@jest/globals';
import { execute, startContainer } from './containers.test.fixtures';

const HEARD = '/run/midplane/heard';

describe('/run/midplane/heard', () => {
  test('gives what the container took in, the command that reads it included', async () => {
    const box = await startContainer();
    await execute(box.container, ['sh', '-c', 'cat >/dev/null'], 'typed');
    expect((await execute(box.container, ['cat', HEARD])).stdout).toBe(
      `sh\0-c\0cat >/dev/nulltyped\ncat\0${HEARD}`,
    );
    expect((await execute(box.container, ['cat', HEARD])).stdout).toContain('typed');
    await box.stop();
  });

  test.each([`echo > ${HEARD}`, `: >> ${HEARD}`])('forgets when it is written to: %s', async (command) => {
    const box = await startContainer();
    await execute(box.container, ['true', 'secret']);
    expect((await execute(box.container, ['sh', '-c', command])).code).toBe(0);
    expect((await execute(box.container, ['cat', HEARD])).stdout).toBe(`cat\0${HEARD}`);
    await box.stop();
  });
});
