import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { isFault, type FaultCode } from '../../core/fault.ts';
import type { SecretSource } from '../../core/platform.ts';
import {
  asDotenv,
  asJson,
  asYaml,
  sealFile,
  sealTo,
  type Plain,
  type PlainMap,
  type SopsFileOptions,
} from '../../test/support/sops-file.ts';
import { createSecretSources } from '../secret-sources.ts';
import { decimal } from './value.ts';

const signal = AbortSignal.timeout(60_000);

type Format = Extract<SecretSource, { kind: 'sops' }>['format'];
type Sealed = Awaited<ReturnType<typeof sealFile>>;

/** A folder with an identity, and a file sealed to it. */
async function ground(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'drayage-sops-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const identity = await generateX25519Identity();
  await writeFile(join(folder, 'keys.txt'), `# created: now\n${identity}\n`, { mode: 0o600 });
  const seal = [sealTo(await identityToRecipient(identity))];
  return {
    folder,
    seal,
    identity,
    sealed: (values: PlainMap, more: Partial<SopsFileOptions> = {}) => sealFile({ values, seal, ...more }),
    put: (text: string) => writeFile(join(folder, 'file'), text),
    read: async (key: readonly string[], format: Format = 'yaml'): Promise<string> => {
      const source = { kind: 'sops', file: 'file', format, key, identity: 'keys.txt' } as const;
      const { value, version } = await createSecretSources(folder).read(source, null, signal);
      assert.equal(version, null);
      return Buffer.from(value).toString('utf8');
    },
  };
}

async function rejectsWith(code: FaultCode, words: RegExp, work: () => Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(isFault(error, code), String(error));
    assert.match(error.message, words);
    const told = JSON.stringify([error.message, error.facts, error.next]);
    assert.ok(!told.includes('hunter2') && !told.includes('AGE-SECRET-KEY'), 'a fault quotes nothing');
    return true;
  });
}

const password = { db: { password: 'hunter2', user: 'cart' } };

suite('a SOPS file', () => {
  test('gives the value at a key, of every type, from YAML and JSON', async (t) => {
    const { sealed, put, read } = await ground(t);
    const values: PlainMap = {
      text: 'hunter2: "ünïcode"\n',
      count: 9007199254740993n,
      ratio: { float: '0.0000001' },
      large: { float: '1000000000000000000000000' },
      on: true,
      empty: '',
      nothing: null,
      list: [{ name: 'first' }, 'second', [false, 3n]],
      a: { b: { c: 'deep' } },
    };
    for (const [format, write] of [
      ['yaml', asYaml],
      ['json', asJson],
    ] as const) {
      await put(write(await sealed(values)));
      assert.equal(await read(['text'], format), 'hunter2: "ünïcode"\n');
      assert.equal(await read(['count'], format), '9007199254740993');
      assert.equal(await read(['ratio'], format), '0.0000001');
      assert.equal(await read(['large'], format), '1000000000000000000000000');
      assert.equal(await read(['on'], format), 'true');
      assert.equal(await read(['list', '0', 'name'], format), 'first');
      assert.equal(await read(['list', '2', '1'], format), '3');
      assert.equal(await read(['a', 'b', 'c'], format), 'deep');
    }
  });

  test('gives the value at a key of a dotenv file, and a whole file that was encrypted as one', async (t) => {
    const { sealed, put, read } = await ground(t);
    await put(asDotenv(await sealed({ USER: 'cart', PASSWORD: 'two\nlines=2', open_unencrypted: 'x' })));
    assert.equal(await read(['PASSWORD'], 'dotenv'), 'two\nlines=2');
    assert.equal(await read(['open_unencrypted'], 'dotenv'), 'x');
    await put(asJson(await sealed({ data: '-----BEGIN KEY-----\nhunter2\n' })));
    assert.equal(await read(['data'], 'binary'), '-----BEGIN KEY-----\nhunter2\n');
  });

  test('says by its rule what is sealed, and by a mark whether its MAC covers the rest', async (t) => {
    const { sealed, put, read } = await ground(t);
    const rules: NonNullable<SopsFileOptions['rule']>[] = [
      { metadata: { encrypted_regex: '(?i)^PASSWORD$' }, isSealed: (path) => path.includes('password') },
      { metadata: { unencrypted_regex: '^user$' }, isSealed: (path) => !path.includes('user') },
      { metadata: { encrypted_suffix: 'word' }, isSealed: (path) => path.includes('password') },
      { metadata: { unencrypted_suffix: 'ser' }, isSealed: (path) => !path.includes('user') },
    ];
    for (const rule of rules)
      for (const macOnlyEncrypted of [false, true]) {
        const found = await sealed(password, { rule, macOnlyEncrypted });
        await put(asYaml(found));
        assert.equal(await read(['db', 'password']), 'hunter2');
        if (!macOnlyEncrypted) assert.equal(await read(['db', 'user']), 'cart');
        await put(asYaml(found).replace('"cart"', '"root"'));
        if (macOnlyEncrypted) assert.equal(await read(['db', 'password']), 'hunter2');
        else await rejectsWith('secret.broken', /its MAC is not that of its values/, () => read(['db', 'password']));
      }
  });

  test('gives out no value that stands open where its MAC covers the sealed ones alone: anybody could have changed it', async (t) => {
    const { sealed, put, read } = await ground(t);
    const rule = { metadata: { unencrypted_suffix: '_open' }, isSealed: (path: readonly string[]) => path[0] === 'a' };
    await put(
      asYaml(
        await sealed({ a: 'hunter2', b_open: 'cart', c_open: { list: ['web'] } }, { rule, macOnlyEncrypted: true }),
      ),
    );
    assert.equal(await read(['a']), 'hunter2');
    for (const key of [['b_open'], ['c_open', 'list', '0']])
      await rejectsWith('secret.broken', /stands open, .*covers sealed values alone \(mac_only_encrypted\)/, () =>
        read(key),
      );
  });

  test('opens for each of its recipients, one of them after quantum computers', async (t) => {
    const { folder, put, read, seal } = await ground(t);
    const hybrid = await generateHybridIdentity();
    const other = sealTo(await identityToRecipient(await generateX25519Identity()));
    const both = [other, sealTo(await identityToRecipient(hybrid)), ...seal];
    await put(asYaml(await sealFile({ values: password, seal: both })));
    assert.equal(await read(['db', 'password']), 'hunter2');
    await writeFile(join(folder, 'keys.txt'), `${hybrid}\n`);
    assert.equal(await read(['db', 'password']), 'hunter2');
  });
});

suite('a SOPS file that was tampered with', () => {
  /** What was done to it, and what is said. */
  const changes: readonly [string, RegExp, (found: Sealed) => Sealed][] = [
    [
      'a value changed',
      /db\.password does not open/,
      (it) => inDb(it, (db) => ({ ...db, password: flipped(db['password']) })),
    ],
    [
      'two values swapped',
      /does not open/,
      (it) => inDb(it, ({ user, password: own }) => ({ password: user ?? '', user: own ?? '' })),
    ],
    ['a sealed value replaced by an open one', /never sealed/, (it) => inDb(it, (db) => ({ ...db, password: 'open' }))],
    [
      'its type changed',
      /is not of the type/,
      (it) => inDb(it, (db) => ({ ...db, password: retyped(db['password']) })),
    ],
    ['a value left out', /MAC is not that/, (it) => inDb(it, ({ password: own }) => ({ password: own ?? '' }))],
    [
      'the MAC changed',
      /its MAC does not open/,
      (it) => ({ ...it, sops: { ...it.sops, mac: flipped(it.sops['mac']) } }),
    ],
    [
      'the moment changed',
      /its MAC does not open/,
      (it) => ({ ...it, sops: { ...it.sops, lastmodified: '2026-03-22T02:24:07Z' } }),
    ],
    ['the MAC gone', /\(mac\)/, (it) => ({ ...it, sops: { ...it.sops, mac: null } })],
    [
      'the data key changed',
      /data key does not open/,
      (it) => ({ ...it, sops: { ...it.sops, age: damaged(it.sops['age']) } }),
    ],
    [
      'the mark of the MAC added',
      /MAC is not that/,
      (it) => ({ ...it, sops: { ...it.sops, mac_only_encrypted: true } }),
    ],
    [
      'two rules',
      /several rules/,
      (it) => ({ ...it, sops: { ...it.sops, encrypted_suffix: 'a', unencrypted_suffix: 'b' } }),
    ],
    ['a rule that is none', /no regular expression/, (it) => ({ ...it, sops: { ...it.sops, encrypted_regex: '(' } })],
  ];
  for (const [what, words, change] of changes)
    test(`is broken: ${what}`, async (t) => {
      const { sealed, put, read } = await ground(t);
      await put(asYaml(change(await sealed(password))));
      await rejectsWith('secret.broken', words, () => read(['db', 'password']));
    });

  test('is broken whichever character of its values or its MAC is another', async (t) => {
    const { sealed, put, read } = await ground(t);
    const text = asJson(await sealed({ a: 'hunter2', b: true, c: 7n }));
    await put(text);
    assert.equal(await read(['a'], 'json'), 'hunter2');
    const places = [...text.matchAll(/ENC\[[^\]]*\]/g)].flatMap(({ index, 0: { length } }) =>
      Array.from({ length: length - 1 }, (_, offset) => index + offset),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), fc.constantFrom('A', 'b', '7', '/', ','), async (at, character) => {
        fc.pre(text[at] !== character);
        await put(text.slice(0, at) + character + text.slice(at + 1));
        await assert.rejects(read(['a'], 'json'), (error) => isFault(error, 'secret.broken'));
      }),
      { numRuns: 150 },
    );
  });
});

suite('a SOPS file is refused with the reason', () => {
  test('a key that is not there, or that leads to more than a value', async (t) => {
    const { sealed, put, read } = await ground(t);
    await put(asYaml(await sealed(password)));
    await rejectsWith('secret.unknown', /has no value at db\.pasword/, () => read(['db', 'pasword']));
    await rejectsWith('secret.unknown', /db in .* is no single value/, () => read(['db']));
    await rejectsWith('secret.unknown', /no value at db\.password\.x/, () => read(['db', 'password', 'x']));
  });

  test('an identity of somebody else, or none at all', async (t) => {
    const { folder, sealed, put, read } = await ground(t);
    await put(asYaml(await sealed(password)));
    await writeFile(join(folder, 'keys.txt'), `${await generateX25519Identity()}\n`);
    await rejectsWith('secret.key-wrong', /No age identity in .*keys\.txt opens/, () => read(['db', 'password']));
    for (const text of ['', '# nothing\n', 'hunter2\n', 'AGE-PLUGIN-YUBIKEY-1QQQ\n', 'AGE-SECRET-KEY-1QQQ\n']) {
      await writeFile(join(folder, 'keys.txt'), text);
      await rejectsWith('secret.key-wrong', /is no file of age identities/, () => read(['db', 'password']));
    }
    await rm(join(folder, 'keys.txt'));
    await rejectsWith('secret.unreachable', /cannot be read: ENOENT/, () => read(['db', 'password']));
  });

  test('an identity that others may read, or that lies in the same repository', async (t) => {
    const { folder, sealed, put, read } = await ground(t);
    await put(asYaml(await sealed(password)));
    await chmod(join(folder, 'keys.txt'), 0o640);
    await rejectsWith('secret.key-exposed', /by others than its owner/, () => read(['db', 'password']));
    await chmod(join(folder, 'keys.txt'), 0o600);
    await mkdir(join(folder, '.git'));
    await rejectsWith('secret.key-exposed', /lies in the repository/, () => read(['db', 'password']));
  });

  test('keys that are not of age are named', async (t) => {
    const { sealed, put, read } = await ground(t);
    const { values, sops } = await sealed(password);
    const { age, ...rest } = sops;
    await put(asYaml({ values, sops: { ...rest, pgp: [{ fp: 'F' }], kms: [{ arn: 'a' }], age: [] } }));
    await rejectsWith('secret.denied', /sealed by pgp, kms alone; only age is read/, () => read(['db', 'password']));
    await put(asYaml({ values, sops: { ...rest, key_groups: [{ age: age ?? null }, { pgp: [] }] } }));
    await rejectsWith('secret.denied', /split over key groups/, () => read(['db', 'password']));
    await put(asYaml({ values, sops: rest }));
    await rejectsWith('secret.broken', /names no key/, () => read(['db', 'password']));
    await put(asYaml({ values, sops: { ...sops, encrypted_comment_regex: 'sops:enc' } }));
    await rejectsWith('secret.denied', /encrypted_comment_regex lets comments say/, () => read(['db', 'password']));
    await put(asDotenv({ values: {}, sops: { ...rest, pgp: [{ fp: 'F' }] } }));
    await rejectsWith('secret.denied', /sealed by pgp alone/, () => read(['db', 'password'], 'dotenv'));
  });

  test('a file that sops did not write, is too large, or is not there', async (t) => {
    const { folder, put, read } = await ground(t);
    for (const text of [
      'db: { password: hunter2 }\n',
      '[hunter2]',
      'hunter2: [',
      'a: hunter2\na: hunter2\nsops: {}\n',
    ]) {
      await put(text);
      await rejectsWith('secret.broken', /cannot be used/, () => read(['db', 'password']));
    }
    await put('hunter2');
    await rejectsWith('secret.broken', /line 1 is none of a dotenv file/, () => read(['a'], 'dotenv'));
    await put('PASSWORD=hunter2\n');
    await rejectsWith('secret.broken', /cannot be used/, () => read(['PASSWORD'], 'dotenv'));
    await put(`# ${'x'.repeat(1_048_576)}`);
    await rejectsWith('secret.broken', /a SOPS file has 1 to 1048576/, () => read(['a']));
    await rm(join(folder, 'file'));
    await rejectsWith('secret.unreachable', /cannot be read now: ENOENT/, () => read(['a']));
  });

  test('a value that is empty, or larger than a secret may be', async (t) => {
    const { sealed, put, read } = await ground(t);
    await put(asYaml(await sealed({ empty: '', large: 'x'.repeat(512_000) })));
    await rejectsWith('secret.broken', /empty has 0 bytes/, () => read(['empty']));
    await rejectsWith('secret.broken', /large has 512000 bytes/, () => read(['large']));
  });
});

test('numbers are written as Go writes them without an exponent', () => {
  const rows: [number, string][] = [
    [0, '0'],
    [-0, '-0'],
    [1.5, '1.5'],
    [-1e21, '-1000000000000000000000'],
    [1.25e-9, '0.00000000125'],
    [123456.789e3, '123456789'],
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
    [NaN, 'NaN'],
  ];
  for (const [value, text] of rows) assert.equal(decimal(value), text);
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      assert.match(decimal(value), /^-?\d+(?:\.\d+)?$/);
      assert.ok(Object.is(Number(decimal(value)), value));
    }),
  );
});

function inDb({ values, sops }: Sealed, change: (db: PlainMap) => PlainMap): Sealed {
  return { values: { ...values, db: change(mapOf(values['db'])) }, sops };
}

function flipped(text: Plain | undefined): string {
  const found = textOf(text);
  const at = found.indexOf('data:') + 5;
  return found.slice(0, at) + (found[at] === 'A' ? 'B' : 'A') + found.slice(at + 1);
}

function retyped(text: Plain | undefined): string {
  return textOf(text).replace('type:str', 'type:int');
}

function damaged(age: Plain | undefined): Plain {
  const [first] = Array.isArray(age) ? age : [];
  const { recipient = '', enc = '' } = mapOf(first);
  const lines = textOf(enc).split('\n');
  return [
    {
      recipient,
      enc: [
        ...lines.slice(0, 4),
        (lines[4] ?? '').replace(/^./, (c) => (c === 'A' ? 'B' : 'A')),
        ...lines.slice(5),
      ].join('\n'),
    },
  ];
}

function textOf(value: Plain | undefined): string {
  assert.ok(typeof value === 'string');
  return value;
}

function mapOf(value: Plain | undefined): PlainMap {
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value) && !('float' in value));
  return value as PlainMap;
}
