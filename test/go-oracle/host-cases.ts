import { altNames, dns, hex, implicit, ip, mint, nameOf, uri } from '../certificate-builder';
import { type Case, caseOf, leafSpec } from './case';

const hosts = [
  '10.0.0.11',
  '10.0.0.011',
  '[10.0.0.11]',
  '::ffff:10.0.0.11',
  '[::ffff:10.0.0.11]',
  'fd00::1',
  'FD00:0:0::1',
  '[fd00::1]',
  'fe80::1%eth0',
  'node-1',
  'NODE-1',
  'node-1.',
  'node-1..',
  'a.nodes.example',
  'A.Nodes.Example',
  'a.b.nodes.example',
  'nodes.example',
  '.nodes.example',
  '*.nodes.example',
  '*',
  'x.com',
  'a_b',
  '-node',
  'node-',
  'узел',
  'node 1',
  '10.0.0',
  '1.2.3.4.5',
  '12345',
  '::',
  '::1',
  '1:2:3:4:5:6:7:8',
  '.',
  'xn--e1afmkfd',
  'a..b',
  '0x0a.0.0.11',
  '[node-1]',
  '10.0.0.256',
  '1:2:3:4:5:6:1.2.3.4',
  'fd00::1::2',
  ':',
  '[]',
  'localhost',
];

const nameLists: readonly (readonly [id: string, names: readonly Buffer[] | null])[] = [
  ['usual', [dns('node-1'), dns('*.nodes.example'), ip('10.0.0.11')]],
  ['no extension', null],
  ['empty', []],
  [
    'addresses',
    [ip('10.0.0.12'), ip('fd000000000000000000000000000001'), ip('00000000000000000000ffff0a00000b')],
  ],
  [
    'odd names',
    [
      dns('node-1.'),
      dns('-node'),
      dns('*'),
      dns('a..b'),
      dns('node 1'),
      dns('.nodes.example'),
      dns(''),
      dns('.'),
    ],
  ],
  [
    'wildcards',
    [dns('*.com'), dns('node-*.example'), dns('*.*.example'), dns('a.*.example'), dns('**.example')],
  ],
  [
    'address as name',
    [dns('10.0.0.11'), dns('fd00::1'), dns('12345'), dns('10.0.0'), dns('a_b'), dns('[node-1]')],
  ],
  ['upper case', [dns('NODE-1'), dns('*.NODES.EXAMPLE')]],
  ['other kinds only', [uri('https://node-1/'), implicit(1, 'node-1'), implicit(8, hex('2a03'))]],
];

/** Every list of names against every host, and the common name repeating the host. */
export function hostCases(): Case[] {
  return nameLists.flatMap(([id, names]) => {
    const leaf = mint(
      leafSpec({ subject: nameOf('*.nodes.example'), extensions: names === null ? [] : [altNames(names)] }),
    );
    return hosts.map((host) => caseOf(`host: ${id}, ${host}`, [leaf], { host }));
  });
}

/** At 100 names Go stops printing them. */
export function manyNamesCases(): Case[] {
  return [99, 100, 101].flatMap((count) => {
    const names = Array.from({ length: count }, (_, i) => dns(`n${i}`));
    const addresses = Array.from({ length: count }, (_, i) => ip(`10.1.0.${i}`));
    const leaf = mint(leafSpec({ extensions: [altNames([...names, ...addresses])] }));
    return ['n100', 'n5', 'other', '10.1.0.7', '10.2.0.7'].map((host) =>
      caseOf(`${count} names, ${host}`, [leaf], { host }),
    );
  });
}

const uris = [
  'https://node-1/',
  'spiffe://cluster.local/ns/a/sa/b',
  'urn:node:1',
  'mailto:a@b',
  'http://',
  'http:///path',
  '//host/path',
  '///path',
  'path/a:b',
  'a:b/c',
  ':x',
  '1a:b',
  '*',
  '',
  '?q',
  '#f',
  'http://a b/',
  'http://a%20b/',
  'http://a%zz/',
  'http://h/%zz',
  'http://h/%4',
  'http://h/#%zz',
  'http://h#f',
  'http://h?%zz',
  'http://h:80/',
  'http://h:/',
  'http://h:x/',
  'http://h:80:80/',
  'db://h:80,i:81/',
  'ldap://a:1:2/',
  'http://[::1]/',
  'http://[::1]:80/',
  'http://[::1]x/',
  'http://[::1/',
  'http://a[::1]/',
  'http://[1.2.3.4]/',
  'http://[fe80::1%25en0]/',
  'http://[fe80::1%en0]/',
  'http://[x]/',
  'http://10.0.0.1/',
  'http://10.0.0.1:80/',
  'http://user@h/',
  'http://user:p@h/',
  'http://us er@h/',
  'http://u%zz@h/',
  'http://a@b@h/',
  'http://h./',
  'http://h..x/',
  'http://.h/',
  'http://%C3%A4/',
  'http://h\x01/',
  'http://h\x7f/',
  'HTTP://H/',
  'http://h_x-y/',
  'http://h<x/',
  'http://h|x/',
  'http://h"/',
  'a b',
  'http://h/a b',
];

export function uriCases(): Case[] {
  return uris.map((value) => {
    const leaf = mint(leafSpec({ extensions: [altNames([ip('10.0.0.11'), uri(value)])] }));
    return caseOf(`uri: ${JSON.stringify(value)}`, [leaf]);
  });
}

export { uris };
