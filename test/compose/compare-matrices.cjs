// compare-matrices.cjs EMBEDDED.json CONTAINERS.json: the same cells with the same verdicts and the same parts of them.
// What a user saw quotes addresses, canaries and times, which no two labs share: it is compared without them.
const { readFileSync } = require('node:fs');

const [embedded, containers] = process.argv
  .slice(2)
  .map((file) => JSON.parse(readFileSync(file, 'utf8')).cells);
const key = ({ path, defence, technique, side = 'no side' }) =>
  `${path} / ${defence} / ${technique} / ${side}`;
const facts = ({
  verdict,
  works,
  read,
  forged,
  tampered,
  clientCertificateShown,
  credential,
  tls,
  clientSaw,
}) => ({
  verdict,
  works,
  read,
  forged,
  tampered,
  clientCertificateShown,
  credential,
  tls,
  clientSaw: withoutPlaces(clientSaw),
});

function withoutPlaces(text) {
  return (
    text
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replace(/Date: [^\r\n]*/g, 'Date: TIME')
      .replace(/\b10(\.\d+){3}(:\d+)?/g, 'ADDRESS')
      .replace(/(up|down|forged|tampered)-[0-9a-f]{16}/g, '$1-CANARY')
      .split('\n')
      // A log's other lines tell what was done to the container before.
      .filter((line) => !/^(GET|POST) \//.test(line) && !/^canary down-/.test(line))
      .join('\n')
      .trim()
  );
}

// Where the clients of the apiserver are the victims, the embedded lab starts them itself; in containers nobody does yet.
const embeddedOnly = new Set(['client-ca', 'client-insecure']);
const comparable = embedded.filter(({ defence }) => !embeddedOnly.has(defence));

const other = new Map(containers.map((cell) => [key(cell), cell]));
const differences = [];
for (const cell of comparable) {
  const twin = other.get(key(cell));
  other.delete(key(cell));
  if (twin === undefined) differences.push(`${key(cell)}: missing in the containers' matrix`);
  else if (cell.technique === 'steer') {
    // The attacker of the lab in containers leads nobody elsewhere, and says so.
    if (twin.verdict !== 'not-applicable') differences.push(`${key(cell)}: ${twin.verdict} in containers`);
  } else {
    const [a, b] = [facts(cell), facts(twin)];
    for (const name of Object.keys(a)) {
      const [ours, theirs] = [JSON.stringify(a[name]), JSON.stringify(b[name])];
      if (ours !== theirs)
        differences.push(`${key(cell)}: ${name} is ${ours} embedded, ${theirs} in containers`);
    }
  }
}
for (const left of other.keys()) differences.push(`${left}: missing in the embedded matrix`);
for (const line of differences) console.log(line);
console.log(
  `${comparable.length} cells compared, ${differences.length} differences; ${embedded.length - comparable.length} of the embedded lab alone`,
);
process.exitCode = comparable.length > 0 && differences.length === 0 ? 0 : 1;
