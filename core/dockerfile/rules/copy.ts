import { isArchive, isRemote } from '../copy-knowledge.ts';
import { readHeredocWord } from '../read-content.ts';
import { instructionsOf, type Rule } from '../rule.ts';

/** ADD where COPY does. */
export const addForLocalFiles: Rule = {
  id: 'add-for-local-files',
  severity: 'note',
  finds: 'ADD of files that are neither an archive nor an address',
  reason:
    'ADD also unpacks archives and fetches addresses; whoever reads it has to look which. COPY copies, and nothing else.',
  find: ({ dockerfile }) =>
    instructionsOf(dockerfile).flatMap((instruction) => {
      const { content } = instruction;
      if (content.keyword !== 'ADD') return [];
      const other = content.sources.some(
        ({ text, raw }) => isArchive(text) || isRemote(text) || /[*?[$]/.test(text) || readHeredocWord(raw) !== null,
      );
      return other ? [] : [{ at: instruction, message: 'ADD copies local files', fix: 'COPY, with the same words' }];
    }),
};

/** All of the folder is copied, and nothing is left out. */
export const dockerignoreMissing: Rule = {
  id: 'dockerignore-missing',
  severity: 'warning',
  finds: '`COPY . ` without a .dockerignore beside it',
  reason:
    'Then .git, node_modules and local settings are sent to the builder and end up in the image, and each of their changes makes the layers below anew.',
  find: ({ dockerfile, context }) => {
    if (context === null || context.ignore !== null) return [];
    const whole = instructionsOf(dockerfile).find(
      ({ content }) =>
        (content.keyword === 'COPY' || content.keyword === 'ADD') &&
        content.from === null &&
        content.sources.some(({ text }) => /^(?:\.?\/)?(?:\.|\*)?\/?$/.test(text)),
    );
    const there = ['.git', 'node_modules', '.venv', 'target', 'vendor', '.env'].filter((name) =>
      context.names.has(name),
    );
    const names = there.length === 0 ? '.git and node_modules' : there.join(', ');
    return whole === undefined
      ? []
      : [
          {
            at: whole,
            message: 'all of the folder is copied, and there is no .dockerignore',
            fix: `a .dockerignore with ${names}`,
          },
        ];
  },
};
