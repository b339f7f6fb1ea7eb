import { describe, expect, test } from '@jest/globals';
import { openIdMetadata } from './openid-metadata';

describe('discovery', () => {
  test.each([
    ['https://issuer', '', 'https://10.0.0.10:6443/openid/v1/jwks'],
    ['https://issuer/path', 'https://keys.example/jwks', 'https://keys.example/jwks'],
    ['http://issuer', '', 'issuer URL must use https scheme, got: http://issuer'],
    ['kubernetes/serviceaccount', '', 'issuer URL must use https scheme, got: kubernetes/serviceaccount'],
    ['https://issuer?a=b', '', 'issuer URL may not include a query, got: https://issuer?a=b'],
    ['https://issuer#a', '', 'issuer URL may not include a fragment, got: https://issuer#a'],
    ['https://issuer', 'http://keys', 'jwksURI requires https scheme, parsed as: http://keys'],
  ])('of %s with keys at "%s" is %s', (issuer, jwksUri, expected) => {
    const metadata = openIdMetadata(issuer, jwksUri, '10.0.0.10:6443');
    expect('kind' in metadata ? metadata.text : metadata.jwksUri).toBe(expected);
  });
});
