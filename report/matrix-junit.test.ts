import { describe, expect, test } from '@jest/globals';
import { hostileWords, judgedMatrix } from './judged-sample.test.data';
import { renderMatrixJUnit } from './matrix-junit';
import { sampleMatrix } from './matrix-sample.test.data';
import { renderScenarioJUnit } from './scenario-junit';
import { sampleScenario } from './scenario-sample.test.data';
import { hasXmllint, junitFaults, notValidated } from './schemas.test.fixtures';

const withXmllint = hasXmllint ? test : test.skip;

describe('the matrix as JUnit', () => {
  const text = renderMatrixJUnit(judgedMatrix);

  test('tells failed expectations from faults of the lab, and both from what there was nothing to try', () => {
    expect(text).toContain('<testsuites name="midplane matrix" tests="5" failures="2" errors="1">');
    expect(text).toMatch(
      /<testcase classname="midplane\.none\.exec" name="self-signed">\n +<failure type="verdict" message="exec \/ none \/ self-signed: expected open: false, seen verdict: impersonated \(the shells of our operators\)">[^<]*\n {2}ci\/expectations\.yaml:7:5<\/failure>/,
    );
    expect(text).toMatch(
      /classname="midplane\.none\.attach" name="relay">\n +<error type="broken" message="Without any attacker the path fails">/,
    );
    expect(text).toMatch(/classname="midplane\.none\.pod-proxy-http" name="rogue-ca">\n +<skipped /);
    expect(text).toMatch(
      /classname="midplane\.none\.logs" name="self-signed">\n +<system-out>accepted by the/,
    );
  });

  test('fails nothing when nothing was expected', () => {
    const { expectations: _, ...unjudged } = judgedMatrix;
    expect(renderMatrixJUnit(unjudged)).toContain('tests="5" failures="0" errors="1"');
  });

  test('lets no foreign word out of its quotation', () => {
    expect(text).not.toContain('<img');
    expect(text).toContain(
      'the user saw: &lt;/script&gt;&lt;img src=x onerror=&quot;x&quot;&gt; ]]&gt; &amp; &#39;q&#39; \\x00\\x1b[31m \ufffd \ufffd',
    );
    expect(hostileWords).toContain('\u0000');
  });

  withXmllint(`is valid by the common schema${notValidated}`, () => {
    expect(junitFaults(text)).toBe('');
    expect(junitFaults(renderMatrixJUnit(sampleMatrix()))).toBe('');
    expect(junitFaults(renderScenarioJUnit(sampleScenario))).toBe('');
    expect(junitFaults(text.replace('<error ', '<fault ').replace('</error>', '</fault>'))).toContain(
      'fault',
    );
  });
});

describe('a scenario as JUnit', () => {
  test('is a case a twin, and fails where one did not come out as claimed', () => {
    const text = renderScenarioJUnit(sampleScenario);
    expect(text).toContain('tests="2" failures="1" errors="0" skipped="0" time="0.002"');
    expect(text).toMatch(
      /<failure type="closed" message="twin fixed came out closed, and not as claimed: saw: [^"]*">.*\ndoors\/open-door\.yaml:9:5</,
    );
  });

  test('is an error where nothing was proved', () => {
    const runs = sampleScenario.runs.map(
      (run) => ({ ...run, outcome: 'unproved', asClaimed: false }) as const,
    );
    expect(renderScenarioJUnit({ ...sampleScenario, runs })).toContain('failures="0" errors="2"');
  });
});
