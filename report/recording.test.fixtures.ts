import { sampleScenario } from './scenario-sample.test.data';
import { makeRecording, type RecordedRun, scenarioRecording } from './write-recording';

const made = { at: '2026-01-02T03:04:05Z', node: 'v20.19.0', platform: 'linux' };

/** What the sample says, as if it had been recorded: a step a second, and one more event between them. */
function runsOf(): RecordedRun[] {
  return sampleScenario.runs.map(({ twin, steps }) => ({
    twin,
    clusters: [
      {
        wire: null,
        events: steps.flatMap((step, index) => [
          { at: index * 1000 + 500, host: 'door', connection: null, kind: 'door-touched', data: {} },
          {
            at: (index + 1) * 1000,
            host: step.who,
            connection: null,
            kind: 'scenario-step',
            data: { ...step },
          },
        ]),
      },
    ],
  }));
}

/** A recording of the sample scenario. */
export function sampleRecording() {
  return makeRecording({ ...scenarioRecording(sampleScenario, runsOf(), 'seed'), made });
}
