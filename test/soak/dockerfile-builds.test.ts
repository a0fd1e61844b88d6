import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import type { Dockerfile } from '../../core/dockerfile/instruction.ts';
import { lintDockerfile } from '../../core/dockerfile/lint.ts';
import { adviseOrder, type OrderAdvice } from '../../core/dockerfile/order.ts';
import { parseDockerfile } from '../../core/dockerfile/parse.ts';
import { startPrivateEngine, type PrivateEngine } from '../../local/docker-engine.ts';
import { importBaseImage } from '../../local/images.ts';
import { builders, openBuildFloor, type Builder, type BuildFloor, type Said } from './support/builder.ts';
import { project, toolsImage } from './support/tools-image.ts';

const signal = AbortSignal.timeout(1_500_000);
const folder = join(import.meta.dirname, '../dockerfile');
/** Needs a newer Dockerfile language than that of Docker 20.10 without a network. */
const tooNew = ['heredocs.dockerfile'];

let directory: string;
let engine: PrivateEngine;
let floor: BuildFloor;

before(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'drayage-builds-')));
  engine = await startPrivateEngine({ directory: join(directory, 'engine'), signal });
  floor = openBuildFloor(engine, directory, signal);
  await importBaseImage(engine.api, signal);
  const { Dockerfile: text = '', ...files } = toolsImage;
  const said = await floor.build({ builder: 'classic', text, files }, 'tools');
  assert.equal(said.code, 0, said.text);
});

/** For each Dockerfile how many layers a change made anew, as it was and in the corrected order. */
const tally: Readonly<Record<Builder, (readonly [number, number])[]>> = { classic: [], buildkit: [] };

after(async () => {
  for (const builder of builders) {
    const of = (at: 0 | 1) => tally[builder].reduce((sum, pair) => sum + pair[at], 0);
    console.log(
      `fact: ${builder}, ${tally[builder].length} Dockerfiles: ${of(0)} layers made anew, corrected ${of(1)}`,
    );
  }
  await engine?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function textOf(...names: readonly string[]): Promise<string> {
  const text = await readFile(join(folder, ...names), 'utf8');
  // It would have the builder fetch its language from a registry.
  return text.replace(/^# *syntax=.*\n/m, '');
}

const dockerfiles = (await readdir(folder)).filter((name) => name.endsWith('.dockerfile')).toSorted();
const corrected = (await readdir(join(folder, 'corrected'))).filter((name) => !tooNew.includes(name));

for (const builder of builders) {
  test(`${builder} reads every Dockerfile that is read here, and refuses what is refused here`, async (t) => {
    const asked = async (text: string) =>
      await floor.build({ builder, text, files: {}, target: 'no-such-stage' }, 'none');
    for (const name of dockerfiles) {
      const { text: said } = await asked(await textOf(name));
      // Which stage is to be built is asked when all is read, before anything is fetched.
      const expected = tooNew.includes(name)
        ? /unknown instruction: SET/
        : /no-such-stage|base name \(\$GIVEN\) should not be blank/;
      assert.match(said, expected, name);
      if (!tooNew.includes(name)) assert.doesNotMatch(said, /parse error/, name);
    }
    for (const wrong of ['RUNN x', 'FROM', 'FROM a AS', 'COPY a', 'ENV A', 'ONBUILD FROM a']) {
      const text = `FROM busybox:stable\n${wrong}\n`;
      assert.throws(() => parseDockerfile({ name: 'Dockerfile', text }), wrong);
      assert.doesNotMatch((await asked(text)).text, /no-such-stage/, wrong);
    }
    t.diagnostic(`${dockerfiles.length} Dockerfiles`);
  });
}

for (const name of corrected) {
  for (const builder of builders) {
    test(`${name} in the corrected order is the same image, and ${builder} makes fewer layers anew`, async (t) => {
      await compareOrders(t, name, builder);
    });
  }
}

async function compareOrders(t: TestContext, name: string, builder: Builder): Promise<void> {
  const text = await textOf(name);
  const better = await textOf('corrected', name);
  const dockerfile = parseDockerfile({ name, text });
  assert.equal(lintDockerfile({ name, text }).corrected, better);
  for (const image of imagesOf(dockerfile)) await floor.tag('tools', image);
  const advice = adviseOrder(dockerfile, null).find(({ remedy }) => remedy.kind === 'order');
  assert.ok(advice?.remedy.kind === 'order');

  const of = { name, builder, advice };
  const was = await madeBySecond({ ...of, text, order: 'as it was' });
  const is = await madeBySecond({ ...of, text: better, order: 'corrected' });
  // The older builder makes all anew below a LABEL that names a changed ARG.
  const isExact = builder === 'buildkit' || advice.rule === 'sources-before-dependencies';
  const told = [advice.before.layers, advice.remedy.text === better ? advice.remedy.after.layers : is] as const;
  if (isExact) assert.deepEqual([was, is], told);
  else assert.ok(was >= told[0] && is >= told[1]);
  assert.ok(is < was, `${is} layers instead of ${was}`);
  tally[builder].push([was, is]);
  t.diagnostic(`${was} layers were made anew, ${is} in the corrected order`);
  assert.deepEqual(await imageOf({ ...of, text: better }), await imageOf({ ...of, text }));
}

interface Order {
  readonly name: string;
  readonly builder: Builder;
  readonly advice: OrderAdvice;
  readonly text: string;
}

/** Builds, changes what the advice is about, and builds again: how many layers that made. */
async function madeBySecond({ order, ...of }: Order & { readonly order: string }): Promise<number> {
  // Of its own for each file, builder and order: what was built before must not be in the cache.
  await build(of, `${of.name}, ${order}, once`);
  return (await build(of, `${of.name}, ${order}, twice`)).made;
}

/** What is in the image, and its config. */
async function imageOf(of: Order) {
  await build(of, `${of.name}, the same for both`);
  return { tree: await floor.treeOf('built'), config: await floor.configOf('built') };
}

/** Builds with what the advice is about at some value: a source file, or an argument. */
async function build({ builder, advice, text }: Order, value: string): Promise<Said> {
  const isArgument = advice.rule === 'argument-before-dependencies';
  const files = { ...project, 'src/main.txt': isArgument ? 'a source' : value };
  const args = isArgument ? { GIT_SHA: value } : {};
  const said = await floor.build({ builder, text, files, args }, 'built');
  assert.equal(said.code, 0, said.text);
  if (builder === 'classic') assert.deepEqual(said.keywords, keywordsOf(text));
  return said;
}

function keywordsOf(text: string): readonly string[] {
  return parseDockerfile({ name: 'Dockerfile', text }).entries.map(({ instruction }) => instruction.content.keyword);
}

/** The images that a Dockerfile starts from or copies from. */
function imagesOf({ stages }: Dockerfile): readonly string[] {
  const own = stages.map(({ from }) => from.content.name);
  const named = stages.flatMap(({ from, instructions }) => [
    from.content.image.text,
    ...instructions.flatMap(({ content }) => ('from' in content && content.from !== null ? [content.from] : [])),
  ]);
  return named.filter((image) => !own.includes(image));
}
