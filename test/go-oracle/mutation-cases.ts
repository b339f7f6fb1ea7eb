import { altNames, mint, policies } from '../certificate-builder';
import {
  bundle,
  type Case,
  caseOf,
  deepLeafSpec,
  goodLeaf,
  goodRoot,
  leafNames,
  leafSpec,
  middleSpec,
  randomNumbers,
  rootSpec,
} from './case';

/** Certificates with changed octets and a signature made afterwards, so that only reading and meaning are at stake. */
export function mutationCases(count: number, seed: number): Case[] {
  const random = randomNumbers(seed);
  const mutate = (bytes: Buffer) => mutated(bytes, random);
  return Array.from({ length: count }, (_, i) => {
    const host = ['10.0.0.11', 'node-1', 'x.nodes.example', 'other'][random(4)] ?? '';
    switch (i % 4) {
      case 0: {
        const extensions = [...(leafSpec().extensions ?? []), policies('1.2.3')];
        return caseOf(`mutated leaf ${i}`, [mint(leafSpec({ extensions, alterTbs: mutate }))], { host });
      }
      case 1: {
        const leaf = mint(deepLeafSpec({ extensions: [altNames(leafNames)] }));
        return caseOf(`mutated intermediate ${i}`, [leaf, mint(middleSpec({ alterTbs: mutate }))], { host });
      }
      case 2:
        return caseOf(`mutated root ${i}`, [goodLeaf], {
          host,
          roots: bundle(mint(rootSpec({ alterTbs: mutate })), goodRoot),
        });
      default:
        return caseOf(`mutated whole ${i}`, [mutated(goodLeaf, random)], { host });
    }
  });
}

/** One to three octets changed, or one cut out or put in. */
function mutated(bytes: Buffer, random: (below: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  const at = random(copy.length);
  switch (random(8)) {
    case 0:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1)]);
    case 1:
      return Buffer.concat([copy.subarray(0, at), Buffer.from([random(256)]), copy.subarray(at)]);
    default:
      for (let i = random(3); i >= 0; i -= 1) {
        const place = random(copy.length);
        copy[place] = random(2) === 0 ? random(256) : (copy[place] ?? 0) ^ (1 << random(8));
      }
      return copy;
  }
}
