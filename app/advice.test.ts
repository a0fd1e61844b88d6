import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../core/hash.ts';
import { makePlan } from '../core/planning/make-plan.ts';
import { after, component, input, service } from '../core/testing/shop.ts';
import { adviceFor } from './advice.ts';

const signal = AbortSignal.timeout(10_000);
const texts = ['upstream a { server b; }\n', 'upstream a {\n  ip_hash;\n}\n', `ip_hash;${' '.repeat(65_536)}`];
const stored = new Map(texts.map((text) => [sha256(text), Buffer.from(text)]));
const read = async (digest: string) => await Promise.resolve(stored.get(digest) ?? assert.fail(`no blob ${digest}`));

function proxy(text: string) {
  const configs = [{ config: 'nginx', content: sha256(text), target: '/c', mode: 0o444, uid: '0', gid: '0' }];
  return service('proxy', { components: { proxy: component({ configs, replicas: 2 }) } });
}

test('configs of what the plan changes are read, and one that is too large is not', async () => {
  const [plain = '', sticky = '', large = ''] = texts;
  const adviceOf = async (text: string) => await adviceFor(read, makePlan(input([proxy(text)])), signal);
  assert.deepEqual(await adviceOf(plain), []);
  assert.match((await adviceOf(sticky)).join('\n'), /^sticky sessions.*: proxy \(nginx\)$/);
  assert.deepEqual(await adviceOf(large), []);
});

test('what the plan leaves alone or removes is not advised on', async () => {
  const first = makePlan(input([service('cart'), service('catalog')]));
  assert.match((await adviceFor(read, first, signal)).join('\n'), /cart, catalog$/);
  const inventory = after(first);
  assert.deepEqual(await adviceFor(read, makePlan(input([service('cart')], { inventory })), signal), []);
});
