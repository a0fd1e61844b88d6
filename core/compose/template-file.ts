import { createProblems } from '../document/problems.ts';
import type { Parameter } from '../release.ts';
import { nearestParameter } from './parameters.ts';
import { parseFileTemplate, TemplateError, variablesOf } from './template.ts';

/** The largest file that parameters are filled into. */
const templateBytesMost = 256 * 1_024;

/**
 * The text of a file in which `${NAME}` is a parameter. Throws `document.invalid` with every place at which it is no
 * template or names what is no parameter of the release, and for a file that is no text, or a large one.
 */
export function readTemplateFile(path: string, bytes: Uint8Array, parameters: readonly Parameter[]): string {
  const text = bytes.length > templateBytesMost ? null : textOf(bytes);
  const problems = createProblems({ name: path, text: text ?? '' });
  const start = { line: 1, column: 1 };
  const hint = 'take its config out of x-drayage.templates';
  if (bytes.length > templateBytesMost)
    problems.add(start, `a template has at most ${templateBytesMost} bytes, and this file has ${bytes.length}`, hint);
  else if (text === null) problems.add(start, 'it is no text in UTF-8, and so no template', hint);
  else {
    try {
      const known = new Set(parameters.map(({ name }) => name));
      for (const { name } of variablesOf(parseFileTemplate(text))) {
        if (known.has(name)) continue;
        const at = placeIn(text, text.search(new RegExp(`(?<!\\$)\\$\\{${name}(?![A-Za-z0-9_])`)));
        problems.add(at, `\${${name}} is no parameter of the release`, nearestParameter(name, parameters));
      }
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      problems.add(placeIn(text, error.offset), error.message, 'write $${ for a ${ that stands for itself');
    }
  }
  problems.throwIfAny();
  return text ?? '';
}

function textOf(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function placeIn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, Math.max(0, offset));
  const line = before.split('\n').length;
  return { line, column: before.length - before.lastIndexOf('\n') };
}
