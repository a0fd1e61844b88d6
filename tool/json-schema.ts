import { Ajv2020 } from 'ajv/dist/2020.js';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';

/** Says what is wrong with a value by a schema of an OpenAPI document; null when nothing is. */
export type ValueCheck = (schema: JsonObject, value: unknown) => string | null;

const document = 'https://drayage.invalid/openapi.json';

/**
 * Checks values by the schemas of an OpenAPI 3.1 document, as JSON Schema 2020-12 has it, with a validator that shares
 * nothing with the one of the server. Throws when a schema is none: an unknown keyword or format, a dead reference.
 */
export function createValueCheck(components: JsonObject): ValueCheck {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, validateFormats: true });
  ajv.addKeyword('components');
  ajv.addFormat('base64', /^(?:[0-9A-Za-z+/]{4})*(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?$/);
  ajv.addSchema({ $id: document, components });
  const compiled = new Map<string, ReturnType<typeof ajv.compile>>();
  return (schema, value) => {
    const key = JSON.stringify(schema);
    const check = compiled.get(key) ?? ajv.compile(anchored(schema));
    compiled.set(key, check);
    return check(value) ? null : ajv.errorsText(check.errors, { dataVar: 'value' });
  };
}

/** The schema with its references leading into the document, wherever it stands itself. */
function anchored(schema: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).map(([key, member]) => [
      key,
      key === '$ref' && typeof member === 'string' ? `${document}${member}` : anchoredMember(member),
    ]),
  );
}

function anchoredMember(member: Json): Json {
  if (Array.isArray(member)) return member.map(anchoredMember);
  return isJsonObject(member) ? anchored(member) : member;
}
