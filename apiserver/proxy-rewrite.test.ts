import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeValues, joinPath, pathEscape, queryEscape } from './go-url';
import { type RewriteRules, rewriteHtml, rewriteLocation } from './proxy-rewrite';
import { proxiedPath } from './reverse-proxy';

const prefix = '/api/v1/namespaces/ns/pods/web/proxy';
const rules: RewriteRules = {
  pathPrepend: prefix,
  backendHost: '10.244.1.2:80',
  requestHost: 'api.example:6443',
};

describe('Location', () => {
  test.each([
    ['/login', `${prefix}/login`],
    ['/login/', `${prefix}/login/`],
    ['/login?next=/a#b', `${prefix}/login?next=/a#b`],
    [`${prefix}/x`, `${prefix}/x`],
    ['/', `${prefix}/`],
    ['relative', 'relative'],
    ['?only=query', '?only=query'],
    ['http://10.244.1.2:80/a', `${prefix}/a`],
    ['https://api.example:6443/a', `https://api.example:6443${prefix}/a`],
    [`https://api.example:6443${prefix}/a`, `https://api.example:6443${prefix}/a`],
    ['https://evil.example/steal', 'https://evil.example/steal'],
    ['http://10.244.1.2/other-port', 'http://10.244.1.2/other-port'],
  ])('%s becomes %s', (location, expected) => {
    expect(rewriteLocation(location, rules)).toEqual({ value: expected });
  });

  test.each([
    ['/a%zz', 'parse "/a%zz": invalid URL escape "%zz"'],
    ['/a\u0001', 'parse "/a\\x01": net/url: invalid control character in URL'],
    [':nope', 'parse ":nope": missing protocol scheme'],
    ['1a:b', 'parse "1a:b": first path segment in URL cannot contain colon'],
  ])('%j cannot be parsed', (location, problem) => {
    expect(rewriteLocation(location, rules)).toEqual({ problem });
  });
});

describe('a page', () => {
  test.each([
    ['<a href="/x">', `<a href="${prefix}/x">`],
    ["<A HREF='/x' class=y>", `<A HREF="${prefix}/x" class=y>`],
    ['<img src=/i.png usemap="#m">', `<img src="${prefix}/i.png" usemap="#m">`],
    ['<form action="/go" method=post>', `<form action="${prefix}/go" method=post>`],
    ['<a href="https://evil.example/x">', '<a href="https://evil.example/x">'],
    ['<a href="x">', '<a href="x">'],
    ['<div href="/x">', '<div href="/x">'],
    ['<p data="/x">', '<p data="/x">'],
    ['<!-- <a href="/x"> -->', '<!-- <a href="/x"> -->'],
    [
      '<script src="/s.js">var t = \'<a href="/x">\';</script><a href="/y">',
      `<script src="${prefix}/s.js">var t = '<a href="/x">';</script><a href="${prefix}/y">`,
    ],
    ['a < b and "c" > d', 'a < b and "c" > d'],
  ])('%j becomes %j', (html, expected) => {
    expect(rewriteHtml(html, rules)).toBe(expected);
  });

  test('without tags stays what it is, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('<')),
        (text) => rewriteHtml(text, rules) === text,
      ),
    );
  });
});

describe('the path behind /proxy', () => {
  test.each([
    ['/api/v1/nodes/n/proxy', ''],
    ['/api/v1/nodes/n/proxy/', '/'],
    ['/api/v1/nodes/n/proxy/a/b', '/a/b'],
    ['/api/v1/nodes/n/proxy/a/b/', '/a/b/'],
    ['/api/v1/nodes/n/proxy//a', '/a'],
  ])('%s is %j', (path, expected) => {
    const parts = path
      .replace(/^\/api\/v1\//, '')
      .replace(/\/+$/, '')
      .split('/');
    expect(proxiedPath(parts, path)).toBe(expected);
  });
});

describe("Go's spelling of URLs", () => {
  test('query values are sorted by key and escaped', () => {
    expect(
      encodeValues([
        ['tty', '1'],
        ['command', 'sh'],
        ['command', '-c'],
        ['command', "echo 'a b' ~*!"],
      ]),
    ).toBe('command=sh&command=-c&command=echo+%27a+b%27+~%2A%21&tty=1');
    expect(queryEscape('a/b?c=d&e')).toBe('a%2Fb%3Fc%3Dd%26e');
  });

  test.each([
    ['/a b', '/a%20b'],
    ['/a:b@c&d=e+f$g,h;i', '/a:b@c&d=e+f$g,h;i'],
    ['/q?', '/q%3F'],
    ['/ü', '/%C3%BC'],
    ["/it's(!)*", '/it%27s%28%21%29%2A'],
  ])('path %j is %j', (path, expected) => {
    expect(pathEscape(path)).toBe(expected);
  });

  test.each([
    ['/p', '/a/', '/p/a'],
    ['/p/', '//a', '/p/a'],
    ['/p', '/../x', '/x'],
    ['/p', '/', '/p'],
  ])('%s joined with %s is %s', (first, second, expected) => {
    expect(joinPath(first, second)).toBe(expected);
  });
});
