import { allScenarios } from '../lab/scenario-files/all-scenarios';
import { playTwins } from '../lab/scenarios/play-scenario';
import { seededRandomness } from '../randomness';
import { compareRuns, recordedRun } from '../report/compare-runs';
import { readRecording } from '../report/read-recording';
import { replayOf } from '../report/replay-frames';
import { newPlayer } from '../report/replay-player';
import { replayScreen } from '../report/replay-screen';
import { twins } from '../report/scenario-outcome';
import { makeRecording, type RecordedRun, recordingText, scenarioRecording } from '../report/write-recording';

const look = { colour: true, width: 100, height: 30 };
/** So many in a row are one value: one takes a few milliseconds. */
const TIMES = 10;

/** How fast a recording is made, read, told again and compared, of a scenario with much traffic. */
export async function benchReplay(rounds: number, progress: (text: string) => void) {
  progress('replay: a scenario is recorded, twice');
  const [runs, again] = [await recorded(), await recorded()];
  const whole = runs();
  const text = recordingText(whole);
  const megabytes = Buffer.byteLength(text) / 1e6;
  const events = whole.lines.filter(({ type }) => type === 'event').length;
  const [a, b] = [recordedRun('a', whole), recordedRun('b', again())];
  if (compareRuns(a, b).changes.length > 0) throw new Error('two recordings with one seed differ');

  const made: number[] = [];
  const told: number[] = [];
  const seeks: number[] = [];
  const compared: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    progress(`replay, round ${round}/${rounds}`);
    made.push(perCall(() => recordingText(runs())));
    told.push(perCall(() => replayOf(readRecording(text, 'bench'), look)));
    const replay = replayOf(whole, look);
    const end = newPlayer({ speed: 1, shown: replay.frames.length });
    seeks.push(perCall(() => replayScreen(end, replay, look)));
    compared.push(perCall(() => compareRuns(a, b)));
  }
  const perSecond = (amount: number): number[] => told.map((ms) => amount / (ms / 1000));
  return [
    {
      what: 'recording of redirected-exec, both twins',
      unit: 'KiB',
      values: [Buffer.byteLength(text) / 1024],
    },
    { what: 'made: TLS opened with the logged keys, and written', unit: 'ms', values: made },
    { what: 'read and told as a story', unit: 'ms', values: told },
    { what: 'read and told as a story', unit: 'MB/s', values: perSecond(megabytes) },
    { what: 'read and told as a story', unit: 'events/s', values: perSecond(events) },
    { what: 'a screen of it, at its end', unit: 'ms', values: seeks },
    { what: 'compared with another of the same seed', unit: 'ms', values: compared },
  ];
}

/** Played; what is returned makes the recording of it. */
async function recorded() {
  const scenario = allScenarios.find(({ id }) => id === 'redirected-exec');
  if (scenario === undefined) throw new Error('no scenario "redirected-exec"');
  const runs: RecordedRun[] = [];
  const report = await playTwins(scenario, twins, {
    random: seededRandomness('bench'),
    onRecorded: (twin, clusters) => runs.push({ twin, clusters }),
  });
  const made = { at: new Date().toISOString(), node: process.version, platform: process.platform };
  return () => makeRecording({ ...scenarioRecording(report, runs, 'bench'), made });
}

function perCall(act: () => unknown): number {
  const began = performance.now();
  for (let time = 0; time < TIMES; time++) act();
  return (performance.now() - began) / TIMES;
}
