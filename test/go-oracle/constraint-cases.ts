import {
  altNames,
  basicConstraints,
  dns,
  email,
  hex,
  implicit,
  ip,
  ipRange,
  mint,
  nameConstraints,
  nameOf,
  uri,
} from '../certificate-builder';
import { bundle, type Case, caseOf, deepLeafSpec, leafSpec, middleSpec, rootSpec } from './case';
import { uris } from './host-cases';

const constraintLists: readonly (readonly [string, readonly Buffer[]])[] = [
  ['example', [dns('example')]],
  ['.example', [dns('.example')]],
  ['upper EXAMPLE', [dns('A.EXAMPLE')]],
  ['several', [dns('b.example'), dns('a.example'), dns('x-a.example'), dns('.c.example')]],
  ['every name', [dns('')]],
  ['host', [dns('a.b.example')]],
  ['10/8', [ipRange('10.0.0.0', '255.0.0.0')]],
  ['10/8 with host bits', [ipRange('10.9.9.9', '255.0.0.0')]],
  ['no address', [ipRange('0.0.0.0', '255.255.255.255')]],
  ['every address', [ipRange('0.0.0.0', '0.0.0.0')]],
  [
    'several ranges',
    [
      ipRange('10.2.0.0', '255.255.0.0'),
      ipRange('9.0.0.0', '255.0.0.0'),
      ipRange('10.0.0.0', '255.255.255.0'),
    ],
  ],
  ['several ranges with host bits', [ipRange('9.0.0.0', '255.0.0.0'), ipRange('10.9.9.9', '255.0.0.0')]],
  ['fd00::/8', [ipRange('fd000000000000000000000000000000', 'ff000000000000000000000000000000')]],
  ['mapped', [ipRange('00000000000000000000ffff00000000', 'ffffffffffffffffffffffff00000000')]],
  ['mailbox', [email('me@mail.example')]],
  ['mailboxes and domain', [email('Me@Mail.Example'), email('"q r"@mail.example'), email('other.example')]],
  ['mail domain', [email('mail.example')]],
  ['mail subdomains', [email('.mail.example')]],
  ['uri', [uri('host.example')]],
  ['uri subdomains', [uri('.example')]],
  ['all kinds', [dns('example'), ipRange('10.0.0.0', '255.0.0.0'), email('mail.example'), uri('example')]],
];

const nameLists: readonly (readonly [string, readonly Buffer[]])[] = [
  ['example', [dns('example')]],
  ['a.example', [dns('a.example')]],
  ['a.b.example', [dns('A.B.Example')]],
  ['*.example', [dns('*.example')]],
  ['*.b.example', [dns('*.b.example')]],
  ['wildcard of a part', [dns('*x.b.example')]],
  ['notexample', [dns('notexample')]],
  ['y.x-a.example', [dns('y.x-a.example')]],
  ['odd dns', [dns('a..example')]],
  ['dot at the end', [dns('example.')]],
  ['leading dot', [dns('.example')]],
  ['empty dns', [dns('')]],
  ['space', [dns('a b.example')]],
  ['10.0.0.11', []],
  ['10.9.9.8', [ip('10.9.9.8')]],
  ['11.0.0.1', [ip('11.0.0.1')]],
  ['fd00::1', [ip('fd000000000000000000000000000001')]],
  ['mapped', [ip('00000000000000000000ffff0a00000b')]],
  ['me@mail.example', [email('me@mail.example')]],
  ['ME@mail.example', [email('ME@MAIL.example')]],
  ['quoted mail', [email('"q r"@mail.example')]],
  ['escaped mail', [email('q\\ r@mail.example')]],
  ['mail below', [email('x@a.mail.example')]],
  ['no mail', [email('mail.example')]],
  ['mail dots', [email('a..b@mail.example')]],
  ['mail star', [email('x@*.example')]],
  ['uri', [uri('https://host.example/')]],
  ['uri port', [uri('https://HOST.example:443/x')]],
  ['uri other', [uri('https://host.other/')]],
  ['uri address', [uri('https://10.0.0.11/')]],
  ['uri ipv6', [uri('https://[::1]:80/')]],
  ['urn', [uri('urn:x')]],
  ['path', [uri('/x')]],
  ['uri colons', [uri('db://a:1,b:2/')]],
];

/** Every list permitted, and excluded, over every list of names. */
export function constraintCases(): Case[] {
  return constraintLists.flatMap(([constraintId, list]) =>
    (['permitted', 'excluded'] as const).flatMap((side) => {
      const constraints = side === 'permitted' ? nameConstraints(list) : nameConstraints(null, list);
      const roots = bundle(mint(rootSpec({ extensions: [basicConstraints(true), constraints] })));
      return nameLists.map(([nameId]) =>
        caseOf(`constraint: ${side} ${constraintId}, names ${nameId}`, [leafWith(nameId)], { roots }),
      );
    }),
  );
}

const leaves = new Map<string, Buffer>();

function leafWith(nameId: string): Buffer {
  const names = nameLists.find(([id]) => id === nameId)?.[1] ?? [];
  const leaf = leaves.get(nameId) ?? mint(leafSpec({ extensions: [altNames([ip('10.0.0.11'), ...names])] }));
  leaves.set(nameId, leaf);
  return leaf;
}

/** URIs of every shape under a URI constraint, and under one of another kind. */
export function constrainedUriCases(): Case[] {
  const uriRoot = bundle(
    mint(rootSpec({ extensions: [basicConstraints(true), nameConstraints([uri('h')])] })),
  );
  const dnsRoot = bundle(
    mint(rootSpec({ extensions: [basicConstraints(true), nameConstraints([dns('h')])] })),
  );
  return uris.flatMap((value) => {
    const leaf = mint(leafSpec({ extensions: [altNames([ip('10.0.0.11'), uri(value)])] }));
    return [
      caseOf(`constrained uri: ${JSON.stringify(value)}`, [leaf], { roots: uriRoot }),
      caseOf(`uri under a dns constraint: ${JSON.stringify(value)}`, [leaf], { roots: dnsRoot }),
    ];
  });
}

/** Constraints that cannot be read, and where in a chain they stand. */
export function placedConstraintCases(): Case[] {
  const bad: readonly (readonly [string, Buffer])[] = [
    ['dns dot at the end', dns('a.')],
    ['dns dots', dns('a..b')],
    ['dns two leading dots', dns('..a')],
    ['dns dot', dns('.')],
    ['dns high', implicit(2, hex('c3a4'))],
    ['dns broken utf8', implicit(2, hex('41ff'))],
    ['email two ats', email('a@b@c')],
    ['email empty local', email('@b')],
    ['email quote open', email('"a@b')],
    ['email space', email('a b@c')],
    ['email dot first', email('.a@b')],
    ['email escape last', email('a\\')],
    ['email high', implicit(1, hex('e4'))],
    ['uri address', uri('10.0.0.1')],
    ['uri ipv6', uri('::1')],
    ['uri slash', uri('a/b')],
    ['uri space', uri('a b')],
    ['uri high', implicit(6, hex('e4'))],
    ['ip of 4', implicit(7, hex('0a000000'))],
    ['ip of 16', implicit(7, hex('0a0000000a0000000a0000000a000000'))],
    ['ip mask', ipRange('10.0.0.0', '255.0.255.0')],
    ['ip mask 0.255', ipRange('10.0.0.0', '0.255.0.0')],
    ['registered id', implicit(8, hex('2a03'))],
  ];
  const constrained = [
    basicConstraints(true),
    nameConstraints([dns('example'), ipRange('10.0.0.0', '255.0.0.0')]),
  ];
  const strict = [basicConstraints(true), nameConstraints([dns('a.example')])];
  const leaf = mint(deepLeafSpec({ extensions: [altNames([dns('b.example'), ip('10.0.0.11')])] }));
  const middle = mint(middleSpec({ extensions: constrained }));
  const ownNames = mint(middleSpec({ extensions: [basicConstraints(true), altNames([dns('ca.other')])] }));
  const many = (count: number, make: (i: number) => Buffer) =>
    Array.from({ length: count }, (_, i) => make(i));
  const crowd = mint(
    leafSpec({ extensions: [altNames([ip('10.0.0.11'), ...many(600, (i) => dns(`n${i}.example`))])] }),
  );
  const crowdedRoot = (count: number) =>
    bundle(
      mint(
        rootSpec({
          extensions: [
            basicConstraints(true),
            nameConstraints(
              null,
              many(count, (i) => dns(`x${i}.other`)),
            ),
          ],
        }),
      ),
    );
  return [
    ...bad.flatMap(([id, constraint]) => [
      caseOf(`bad constraint: ${id}`, [
        leaf,
        mint(middleSpec({ extensions: [basicConstraints(true), nameConstraints([constraint])] })),
      ]),
      caseOf(`bad constraint excluded: ${id}`, [
        leaf,
        mint(
          middleSpec({ extensions: [basicConstraints(true), nameConstraints(null, [constraint], false)] }),
        ),
      ]),
    ]),
    caseOf('constraint on the intermediate', [leaf, middle]),
    caseOf('constraint on both', [leaf, middle], { roots: bundle(mint(rootSpec({ extensions: strict }))) }),
    caseOf('constraint on the names of an intermediate', [leaf, ownNames], {
      roots: bundle(mint(rootSpec({ extensions: constrained }))),
    }),
    caseOf('constraint does not bind its own names', [
      leaf,
      mint(middleSpec({ extensions: [...constrained, altNames([dns('ca.other')])] })),
    ]),
    caseOf('constraint, second authority without', [
      leaf,
      mint(middleSpec({ extensions: strict })),
      mint(middleSpec()),
    ]),
    caseOf('constraint does not bind the common name', [
      mint(deepLeafSpec({ subject: nameOf('b.other'), extensions: [altNames([ip('10.0.0.11')])] })),
      middle,
    ]),
    caseOf(
      'constraint on a self-issued leaf',
      [
        mint(
          leafSpec({ subject: nameOf('test-ca'), extensions: [altNames([dns('b.other'), ip('10.0.0.11')])] }),
        ),
      ],
      { roots: bundle(mint(rootSpec({ extensions: constrained }))) },
    ),
    caseOf('constraint on names that are not there', [mint(deepLeafSpec({ extensions: null })), middle], {
      host: 'x',
    }),
    caseOf('constraints: 600 names, 400 of them', [crowd], { roots: crowdedRoot(400) }),
    caseOf('constraints: 600 names, 420 of them', [crowd], { roots: crowdedRoot(420) }),
  ];
}
