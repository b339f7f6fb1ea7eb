import { describe, expect, test } from '@jest/globals';
import { readFeatureGates } from './feature-gates';

describe('--feature-gates', () => {
  test.each([
    [[], false],
    [['KubeletCertCNValidation=true'], true],
    [['KubeletCertCNValidation = T '], true],
    [['KubeletCertCNValidation=true', 'KubeletCertCNValidation=false'], false],
    [['AllAlpha=true'], true],
    [['KubeletCertCNValidation=false', 'AllAlpha=true'], false],
    [['AllBeta=true'], false],
    [[''], false],
  ])('%j has the common name of kubelets compared: %s', (words, expected) => {
    expect(readFeatureGates(words)).toEqual({ KubeletCertCNValidation: expected });
  });

  test.each([
    ['Kubelet', 'missing bool value for Kubelet'],
    ['WatchList=true', 'unrecognized feature gate: WatchList'],
    ['kubeletcertcnvalidation=true', 'unrecognized feature gate: kubeletcertcnvalidation'],
    ['__proto__=true', 'unrecognized feature gate: __proto__'],
    [
      'KubeletCertCNValidation=yes',
      'invalid value of KubeletCertCNValidation=yes, err: strconv.ParseBool: parsing "yes": invalid syntax',
    ],
    [
      'KubeletCertCNValidation=',
      'invalid value of KubeletCertCNValidation=, err: strconv.ParseBool: parsing "": invalid syntax',
    ],
  ])('%j is refused in the words of component-base', (word, text) => {
    expect(() => readFeatureGates([word])).toThrow(
      expect.objectContaining({ code: 'USAGE', message: `--feature-gates: ${text}` }),
    );
  });
});
