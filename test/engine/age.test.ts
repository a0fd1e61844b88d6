import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSecretSources } from '../../adapter/secret-sources.ts';
import { runCommand } from '../../local/command.ts';
import { asYaml, sealFile } from '../support/sops-file.ts';

const signal = AbortSignal.timeout(30_000);

test('a data key that age itself sealed, to an identity that age-keygen made, opens the file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'drayage-age-'));
  try {
    const at = (name: string) => join(folder, name);
    await runCommand('age-keygen', ['-o', at('keys.txt')], signal);
    const recipient = (await runCommand('age-keygen', ['-y', at('keys.txt')], signal)).trim();
    const encrypt = async (key: Uint8Array) => {
      await writeFile(at('key'), key);
      await runCommand('age', ['--armor', '--recipient', recipient, '--output', at('key.age'), at('key')], signal);
      return await readFile(at('key.age'), 'utf8');
    };
    const values = { db: { password: 'opened' } };
    await writeFile(at('prod.yaml'), asYaml(await sealFile({ values, seal: [{ recipient, encrypt }] })));
    const key = ['db', 'password'];
    const source = { kind: 'sops', file: 'prod.yaml', format: 'yaml', key, identity: 'keys.txt' } as const;
    const { value } = await createSecretSources(folder).read(source, null, signal);
    assert.equal(Buffer.from(value).toString('utf8'), 'opened');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
