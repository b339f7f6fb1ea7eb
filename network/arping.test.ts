import { describe, expect, test } from '@jest/globals';
import { announceArp } from './arping';

const claim = { interface: 'eth0', claimed: '10.78.1.2', told: '10.78.1.10' };

describe('forged ARP', () => {
  test('fails by the name of the tool when there is none', async () => {
    const announcer = announceArp(claim, '/nowhere/arping');
    await expect(announcer.failed).resolves.toMatchObject({
      code: 'LAB_START_FAILED',
      message: '/nowhere/arping -q -U -I eth0 -s 10.78.1.2 10.78.1.10: command not found',
      hint: expect.stringContaining('NET_RAW'),
    });
    await announcer.close();
  });

  test('tells what the tool said when it ends by itself', async () => {
    const announcer = announceArp(claim, 'false');
    await expect(announcer.failed).resolves.toMatchObject({
      message: expect.stringMatching(/ended with exit code 1$/),
    });
    await announcer.close();
  });
});
