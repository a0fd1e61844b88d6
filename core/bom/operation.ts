import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { firstKnown, known, missing, type Answer } from './answer.ts';
import type { ImageFacts } from './image.ts';
import { keptText } from './text.ts';

/** How one component is started, validated and updated, as far as its definition and its image tell. */
export interface Operation {
  readonly start: Answer<string>;
  readonly validate: Answer<string>;
  readonly update: Answer<string>;
}

/** What a definition says of a whole service for those who run it. */
export interface ServiceTelling {
  readonly owner: Answer<string>;
  readonly project: Answer<string>;
  readonly runbook: Answer<string>;
  readonly monitor: Answer<string>;
  readonly probes: readonly string[];
}

/** Reads `x-drayage` of a stored definition. */
export function tellingOf(definition: Json): ServiceTelling {
  const told = memberOf(isJsonObject(definition) ? definition : {}, 'x-drayage');
  return {
    owner: textMember(told, 'owner'),
    project: textMember(told, 'project'),
    runbook: textMember(told, 'runbook'),
    monitor: textMember(told, 'metrics'),
    probes: wordsOf(told['probes']),
  };
}

/** Reads one component of a stored definition; what it leaves to its image is taken from there. */
export function operationOf(
  definition: Json,
  component: string,
  image: Answer<ImageFacts>,
  probes: readonly string[],
): Operation {
  const services = memberOf(isJsonObject(definition) ? definition : {}, 'services');
  const own = memberOf(services, component);
  return {
    start: startOf(own, image),
    validate: validateOf(own, image, probes),
    update: updateOf(memberOf(memberOf(own, 'deploy'), 'update_config')),
  };
}

function startOf(own: JsonObject, image: Answer<ImageFacts>): Answer<string> {
  const entrypoint = commandOf(own['entrypoint']);
  const command = commandOf(own['command']);
  if (entrypoint !== null) return known([entrypoint, command ?? ''].join(' ').trim(), 'entrypoint of the definition');
  const ofImage =
    image.kind === 'known' ? [...image.value.entrypoint, ...(command === null ? image.value.command : [])] : null;
  if (ofImage === null) return command === null ? missing(whyOf(image)) : known(command, 'command of the definition');
  const words = [shown(ofImage), command ?? ''].join(' ').trim();
  if (words === '') return missing('neither the definition nor the image names a command');
  return known(
    words,
    command === null ? 'configuration of the image' : 'command of the definition, below the entrypoint of the image',
  );
}

function validateOf(own: JsonObject, image: Answer<ImageFacts>, probes: readonly string[]): Answer<string> {
  const check = memberOf(own, 'healthcheck');
  const isOff = check['disable'] === true || check['disable'] === 'true';
  const test = isOff ? null : testOf(check['test']);
  const ofImage = image.kind === 'known' && !isOff ? shownTest(image.value.healthCheck) : null;
  const health = firstKnown<string>([
    test === null ? missing('') : known(`health check: ${test}`, 'healthcheck of the definition'),
    ofImage === null ? missing('') : known(`health check: ${ofImage}`, 'health check of the image'),
  ]);
  if (probes.length === 0)
    return health.kind === 'known'
      ? health
      : missing(isOff ? 'the definition turns the health check off' : 'there is no health check and no probe');
  const after = `probes: ${probes.join(', ')}`;
  if (health.kind === 'missing') return known(after, 'x-drayage.probes');
  return known(`${health.value}; ${after}`, `${health.source}, x-drayage.probes`);
}

function updateOf(config: JsonObject): Answer<string> {
  const said = Object.entries(config)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, value]) => (typeof value === 'object' ? [] : [`${key} ${String(value)}`]));
  return said.length === 0
    ? missing('the definition has no deploy.update_config')
    : known(keptText(said.join(', ')) ?? '', 'deploy.update_config of the definition');
}

function testOf(test: Json | undefined): string | null {
  if (typeof test === 'string') return keptText(test);
  return Array.isArray(test) ? shownTest(wordsOf(test)) : null;
}

/** `CMD` and `CMD-SHELL` say how, not what. */
function shownTest(test: readonly string[]): string | null {
  const [first = '', ...rest] = test;
  if (first === '' || first === 'NONE') return null;
  return keptText((first === 'CMD' || first === 'CMD-SHELL' ? rest : test).join(' '));
}

function commandOf(value: Json | undefined): string | null {
  if (typeof value === 'string') return keptText(value);
  const words = wordsOf(value);
  return words.length === 0 ? null : shown(words);
}

function shown(words: readonly string[]): string {
  return keptText(words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ')) ?? '';
}

function whyOf(answer: Answer<unknown>): string {
  return answer.kind === 'missing' ? answer.why : '';
}

function textMember(of: JsonObject, key: string): Answer<string> {
  const value = of[key];
  const text = typeof value === 'string' || typeof value === 'number' ? keptText(String(value)) : null;
  return text === null ? missing(`the definition has no x-drayage.${key}`) : known(text, `x-drayage.${key}`);
}

function wordsOf(value: Json | undefined): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((word: Json) => (typeof word === 'string' || typeof word === 'number' ? [String(word)] : []));
}

function memberOf(of: JsonObject, key: string): JsonObject {
  const member = Object.hasOwn(of, key) ? of[key] : undefined;
  return isJsonObject(member) ? member : {};
}
